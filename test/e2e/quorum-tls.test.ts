/** TLS between servers, which are processes of their own. About 15 s on a quiet machine. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { ChangingEnsemble, type MemberChoice } from '../support/changing-ensemble.js';
import { makeKeyMaterial, tlsLines, type KeyMaterial } from '../support/key-material.js';
import { makeFolder } from '../support/server-process.js';
import { Workload } from './workload.js';

const SECURE = ['sslQuorum=true', 'portUnification=false'];

function zab(extra: readonly string[]): MemberChoice {
  return { kind: 'zab', extra };
}

async function withKeys(run: (keys: KeyMaterial, folder: string) => Promise<void>): Promise<void> {
  const folder = makeFolder('zab-tls-');
  await run(makeKeyMaterial(folder), folder);
}

/** What a plain connection hears that sends what a server would. */
async function plainAnswer(port: number): Promise<number> {
  const socket = connect({ host: '127.0.0.1', port });
  let received = 0;
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => (received += chunk.length));
  socket.write(Buffer.from('ffffffffffff00000000000000000009000000093132372e302e302e31', 'hex'));
  await once(socket, 'close');
  return received;
}

test('an ensemble over TLS serves through the death of its members; plain connections are refused', () =>
  withKeys(async (keys, folder) => {
    const lines = [...SECURE, ...tlsLines('ssl.quorum.', keys)];
    const choices = [zab(lines), zab(lines), zab(lines)];
    await using ensemble = await ChangingEnsemble.start(choices, folder);
    const workload = await Workload.start(ensemble.addresses, 4);
    for (const i of [2, 0]) {
      await workload.progress(50);
      await ensemble.change(i, zab(lines));
    }
    await workload.progress(50);
    await workload.stop();
    await workload.check();
    for (const { election } of ensemble.members) assert.equal(await plainAnswer(election), 0);
  }));

test('from plain to TLS, server by server, under writes: nothing acknowledged is lost', () =>
  withKeys(async (keys, folder) => {
    const stores = tlsLines('ssl.quorum.', keys);
    const phases: readonly (readonly string[])[] = [
      ['sslQuorum=false', 'portUnification=true', ...stores],
      ['sslQuorum=true', 'portUnification=true', ...stores],
      [...SECURE, ...stores],
    ];
    await using ensemble = await ChangingEnsemble.start([zab([]), zab([]), zab([])], folder);
    const workload = await Workload.start(ensemble.addresses, 4);
    for (const lines of phases) {
      for (const i of [0, 1, 2]) {
        await workload.progress(20);
        await ensemble.change(i, zab(lines));
      }
    }
    await workload.progress(50);
    await workload.stop();
    await workload.check();
  }));
