/**
 * The whole promise in one run: three servers as processes, a real client writing, the leader killed
 * by SIGKILL and started again meanwhile. No acknowledged write is lost on any server, and TLC finds
 * a behaviour of the specification that explains every recorded step of all three.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { runValidate } from '../../conformance/trace/command.js';
import { startCluster } from '../support/cluster.js';
import { kazooPython } from '../support/kazoo.js';
import { projectRoot } from '../support/provision.js';
import { dropFolder, makeFolder } from '../support/server-process.js';
import { Client, leaderOf } from './client.js';

const writerScript = join(projectRoot, 'test', 'interop', 'kazoo', 'writer.py');
const ROOT = '/written';

interface Writer {
  readonly acked: () => number;
  /** Resolves when `count` more writes than now are acknowledged. */
  readonly more: (count: number) => Promise<void>;
  /** Ends the client; the number of acknowledged writes. */
  readonly end: () => Promise<number>;
}

function startWriter(python: string, connectString: string): Writer {
  const child = spawn(python, [writerScript, connectString, ROOT], { stdio: 'pipe' });
  let errors = '';
  let acked = 0;
  const waiting: { readonly at: number; readonly resolve: () => void }[] = [];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('acked ')) return;
    acked = Number(line.slice('acked '.length)) + 1;
    for (const wait of waiting) if (acked >= wait.at) wait.resolve();
  });
  const exited = once(child, 'exit').then(([code]) => {
    assert.equal(code, 0, `the writer ended with ${String(code)}: ${errors}`);
    return acked;
  });
  return {
    acked: () => acked,
    more: (count) => {
      const reached = new Promise<void>((resolve) => waiting.push({ at: acked + count, resolve }));
      const tooEarly = exited.then(() => assert.fail(`the writer ended too early: ${errors}`));
      return Promise.race([reached, tooEarly]);
    },
    end: () => {
      child.stdin.end();
      return exited;
    },
  };
}

test('a leader dies under kazoo: nothing acknowledged is lost, and TLC accepts the trace', async () => {
  const python = await kazooPython();
  const traces = makeFolder('zab-trace-');
  try {
    await using cluster = await startCluster({ kind: 'zab', shape: 'ensemble', traces });
    const writer = startWriter(python, cluster.connectString);
    await writer.more(30);
    const leader = await leaderOf(cluster.addresses);
    await cluster.kill(leader);
    await writer.more(30);
    await cluster.restart(leader);
    await writer.more(30);
    const written = await writer.end();

    for (const address of cluster.addresses) {
      const client = await Client.connect(address);
      await client.sync();
      const there = new Set(await client.children(ROOT));
      const lost = Array.from({ length: written }, (_, n) => String(n)).filter(
        (n) => !there.has(n),
      );
      assert.deepEqual(lost, [], `acknowledged, and not on ${address}`);
      await client.close();
    }
    await cluster.close();

    const files = readdirSync(traces).map((name) => join(traces, name));
    assert.ok(files.length >= 3, files.join());
    const said: string[] = [];
    const code = await runValidate(files, {
      out: (line) => said.push(line),
      err: (line) => said.push(line),
      status: null,
    });
    assert.equal(code, 0, said.join('\n'));
    assert.match(said.join('\n'), /^accepted /m);
  } finally {
    dropFolder(traces);
  }
});
