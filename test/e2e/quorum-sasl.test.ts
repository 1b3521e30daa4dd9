/** SASL DIGEST-MD5 between servers, ours and Apache's in one ensemble. About 30 s on a quiet machine. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChangingEnsemble, type MemberChoice } from '../support/changing-ensemble.js';
import { modeOf } from '../support/four-letter-word.js';
import { makeFolder } from '../support/server-process.js';
import { Client } from './client.js';
import { Workload } from './workload.js';

const DIGEST = 'org.apache.zookeeper.server.auth.DigestLoginModule';

const PERSISTENT_SEQUENTIAL = 2;

type Requirement = 'nobody' | 'learner' | 'all';

/** A folder with a JAAS file, and members that use it. */
const secured = (): {
  readonly folder: string;
  readonly member: (kind: MemberChoice['kind'], required: Requirement) => MemberChoice;
} => {
  const folder = makeFolder('zab-quorum-sasl-');
  const jaas = join(folder, 'jaas.conf');
  const users = `QuorumServer { ${DIGEST} required user_test="secret"; };`;
  const own = `QuorumLearner { ${DIGEST} required username="test" password="secret"; };`;
  writeFileSync(jaas, `${users}\n${own}\n`);
  const member = (kind: MemberChoice['kind'], required: Requirement): MemberChoice => ({
    kind,
    extra: [
      'quorum.auth.enableSasl=true',
      `quorum.auth.learnerRequireSasl=${required !== 'nobody'}`,
      `quorum.auth.serverRequireSasl=${required === 'all'}`,
      ...(kind === 'zab' ? [`java.security.auth.login.config=${jaas}`] : []),
    ],
    // In FIPS mode Apache's servers have no DIGEST-MD5.
    jvm: [`-Djava.security.auth.login.config=${jaas}`, '-Dzookeeper.fips-mode=false'],
  });
  return { folder, member };
};

/** Whether a connection that sends `bytes` and no proof is closed. */
const isClosed = async (port: number, bytes: string): Promise<void> => {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined).resume();
  socket.write(Buffer.from(bytes, 'hex'));
  await once(socket, 'close');
};

/** First message of server 9 on an election port, and a notification's first bytes. */
const STRANGER = 'ffffffffffff00000000000000000001000000093132372e302e302e310000002800000000';

test('server by server from nobody to all who prove themselves, under writes', async () => {
  const { folder, member } = secured();
  const start = [member('zab', 'nobody'), member('zab', 'nobody'), member('zab', 'learner')];
  await using ensemble = await ChangingEnsemble.start(start, folder);
  const workload = await Workload.start(ensemble.addresses, 4);
  for (const i of [0, 1]) {
    await workload.progress(20);
    await ensemble.change(i, member('zab', 'learner'));
  }
  for (const i of [0, 1, 2]) {
    await workload.progress(20);
    await ensemble.change(i, member('zab', 'all'));
  }
  await workload.progress(50);
  await workload.stop();
  await workload.check();
  for (const { election } of ensemble.members) await isClosed(election, STRANGER);
});

test('with Apache’s servers, led by them and leading them', async () => {
  const { folder, member } = secured();
  const start = [member('apache', 'all'), member('apache', 'all'), member('zab', 'all')];
  await using ensemble = await ChangingEnsemble.start(start, folder);
  const modes = async (): Promise<readonly (string | null)[]> => {
    await Promise.all([0, 1, 2].map((i) => ensemble.process(i).serving()));
    return Promise.all(ensemble.addresses.map(modeOf));
  };
  const workload = await Workload.start(ensemble.addresses, 4);
  await workload.progress(20);
  await ensemble.change(2, member('zab', 'all'));
  assert.equal((await modes())[2], 'follower', 'the others have elected one meanwhile');
  await workload.progress(50);
  await workload.stop();
  await workload.check();
  // Of two servers that have the same the one with the higher id leads.
  for (let tries = 1; (await modes())[2] !== 'leader'; tries++) {
    assert.ok(tries < 5, 'ours never leads');
    await ensemble.change((await modes()).indexOf('leader'), member('apache', 'all'));
  }
  for (const address of ensemble.addresses) {
    const client = await Client.connect(address);
    const path = await client.create('/led-by-ours-', '', PERSISTENT_SEQUENTIAL);
    assert.match(path, /-\d{10}$/);
    await client.close();
  }
});
