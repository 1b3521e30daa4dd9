/**
 * A server comes back to a leader of the other kind: by DIFF, by TRUNC (its log has a tail that nobody
 * else has), by SNAP while clients write; its client's session, ephemeral node and watch live through
 * each. Both ways round. About 40 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ZooKeeper } from '../../../src/client/index.js';
import { missingAt, startLoad } from '../../e2e/faults/load.js';
import type { Kind } from '../../support/cluster.js';
import { fourLetterWord } from '../../support/four-letter-word.js';
import { eventually, MixedEnsemble, type MixedMember } from '../../support/mixed-ensemble.js';
import { assertAgree, assertAgreeFromNowOn } from './agreement.js';
import { testCfg } from '../../support/zoo-cfg.js';
import { patiently } from './keeper.js';

/** No transactions from Apache's logs: who is behind what the leader has in memory gets a snapshot. */
const cfg = { ...testCfg, extra: ['snapshotSizeFactor=-1'] };
const session = { sessionTimeout: 60_000, connectTimeout: 60_000 };
/** So that a snapshot is not written in a moment. */
const NODES = 400;
const NODE_BYTES = 10_000;

/** How many snapshots and how many histories `leader` has sent, by its own count. */
async function syncsOf(leader: MixedMember): Promise<{ snap: number; diff: number }> {
  const report = await fourLetterWord(leader.address, 'mntr');
  const count = (name: string): number =>
    Number(new RegExp(`^zk_${name}\\t(\\d+)`, 'm').exec(report)?.[1]);
  return { snap: count('snap_count'), diff: count('diff_count') };
}

/** Whether a log of the server has `text` in it. */
function logHas({ dataDir }: MixedMember, text: string): boolean {
  const folder = join(dataDir, 'version-2');
  const logs = readdirSync(folder).filter((name) => name.startsWith('log.'));
  return logs.some((name) => readFileSync(join(folder, name)).includes(text));
}

/** Server 3 is of one kind, and leads at first; the others are of the other kind. */
async function stages(other: Kind, own: Kind): Promise<void> {
  const kinds = [other, other, own];
  await using ensemble = await MixedEnsemble.start({ kinds, cfg }, [[1, 3], [2]]);
  const server = ensemble.member(3);
  assert.equal(await ensemble.leader(), server);
  /** Of server 3 alone: it follows that one. */
  await using own3 = await ZooKeeper.connect(server.address, session);
  await own3.create('/ephemeral', null, { mode: 'ephemeral' });
  await own3.create('/watched');
  const { sessionId } = own3;

  /**
   * What happens while server 3 is `away`, then, unless `quiet`, `changes` by a client of the others:
   * when it is back its client has missed nothing. A quiet leader has no transaction of its epoch.
   */
  const across = async (
    away: () => Promise<void>,
    changes: 'quiet' | ((zk: ZooKeeper) => Promise<unknown>),
  ) => {
    const told = new Promise<string>((resolve) => {
      void own3.getData('/watched', { watcher: ({ type }) => resolve(type) });
    });
    await own3.exists('/watched');
    await away();
    const leader = await ensemble.leader();
    assert.equal(leader.kind, other);
    const before = await syncsOf(leader);
    const change = async (more?: (zk: ZooKeeper) => Promise<unknown>): Promise<void> => {
      await using zk = await ZooKeeper.connect(leader.address, session);
      await zk.setData('/watched', 'changed');
      await more?.(zk);
    };
    if (changes !== 'quiet') await change(changes);
    await server.start();
    if (changes === 'quiet') await change();
    assert.equal(await told, 'NodeDataChanged');
    assert.equal(own3.sessionId, sessionId);
    const stat = await patiently(() => own3.exists('/ephemeral'));
    assert.equal(stat?.ephemeralOwner, sessionId);
    await patiently(() => own3.setData('/ephemeral', 'still there'));
    const after = await syncsOf(leader);
    return { snap: after.snap - before.snap, diff: after.diff - before.diff };
  };

  // TRUNC: server 3 logs a write that nobody else ever sees.
  const truncated = await across(async () => {
    const learners = await ensemble.learners();
    for (const one of learners) one.pause();
    const lost = new AbortController();
    own3.create('/tail', null, { signal: lost.signal }).catch(() => undefined);
    await eventually('the write in the log', () => Promise.resolve(logHas(server, '/tail')));
    await Promise.all(learners.map((one) => one.kill()));
    await server.kill();
    lost.abort();
    for (const one of learners) await one.launch();
  }, 'quiet');
  // Both kinds count a TRUNC as a history; that the tail is gone says which.
  assert.equal(truncated.snap, 0);
  assert.equal(await patiently(() => own3.exists('/tail')), null);
  await assertAgree(ensemble.members);

  // DIFF, of several transactions.
  const caughtUp = await across(
    () => server.kill(),
    async (zk) => {
      for (let i = 0; i < 20; i++) await zk.create(`/while-away-${i}`);
    },
  );
  assert.equal(caughtUp.snap, 0);
  assert.ok(caughtUp.diff >= 1);
  await assertAgree(ensemble.members);

  // SNAP to an empty disk, and clients go on writing.
  const addresses = [1, 2].map((sid) => ensemble.member(sid).address);
  const load = await startLoad(addresses, 2, 0);
  const fresh = await across(
    async () => {
      await server.kill();
      server.wipe();
    },
    async (zk) => {
      await zk.create('/big');
      const writes = Array.from({ length: NODES }, (_, i) =>
        zk.create(`/big/${i}`, Buffer.alloc(NODE_BYTES)),
      );
      await Promise.all(writes);
    },
  );
  await load.more(20);
  const acknowledged = await load.end();
  assert.ok(fresh.snap >= 1);
  await assertAgreeFromNowOn(ensemble.members);
  assert.deepEqual(await missingAt(server.address, load.root, acknowledged), []);
}

test('ours come back to a leader of Apache', { timeout: 300_000 }, () => stages('apache', 'zab'));
test("Apache's come back to a leader of ours", { timeout: 300_000 }, () => stages('zab', 'apache'));
