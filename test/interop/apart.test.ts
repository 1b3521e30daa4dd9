/**
 * Local sessions, their upgrade, eager ACL checks, and read-only mode: a follower of Apache's and one of ours, first in their ensembles, then
 * cut off from them; the transcripts must be the same. About 20 s on a quiet machine, most of it Apache's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { testJvm } from '../support/apache.js';
import { startCluster, type Cluster, type Kind } from '../support/cluster.js';
import { modeOf } from '../support/four-letter-word.js';
import { createBody, Script, type Session } from '../support/transcript.js';
import { testCfg } from '../support/zoo-cfg.js';

const LOCAL = [
  ...['localSessionsEnabled=true', 'localSessionsUpgradingEnabled=true'],
  'enableEagerACLCheck=true',
];
/** Apache reads this one from the command line only. */
const READ_ONLY = 'readonlymode.enabled=true';

/** Between two attempts to be served. */
const POLL_MS = 100;

const start = (kind: Kind): Promise<Cluster> => {
  const extra = kind === 'zab' ? [...LOCAL, READ_ONLY] : LOCAL;
  const cfg = { ...testCfg, extra };
  return startCluster({ kind, shape: 'ensemble', cfg, jvm: [...testJvm, `-D${READ_ONLY}`] });
};

const follower = async (cluster: Cluster): Promise<string> => {
  for (const address of cluster.addresses)
    if ((await modeOf(address)) === 'follower') return address;
  throw new Error(`${cluster.kind}: no follower among ${cluster.connectString}`);
};

const inEnsemble = async (s: Script): Promise<void> => {
  const c = await s.begin();
  await c.create(`${s.root}/p`, '1');
  s.note('the first ephemeral costs a transaction more: the session becomes a global one');
  await c.create(`${s.root}/e`, '1', 1);
  await c.create(`${s.root}/e2`, '1', 1);
  s.note('a local session costs none');
  const other = await s.session();
  await other.create(`${s.root}/q`, '2');
  await other.get(`${s.root}/q`, true);
  await other.close();
  await c.exists(`${s.root}/e`);
  s.note('what the follower itself refuses costs none, and is answered without a zxid');
  const readOnly: [number, string, string][] = [[1, 'world', 'anyone']];
  await c.create(`${s.root}/r`, '1', 0, readOnly);
  await c.set(`${s.root}/r`, 'x');
  await c.create(`${s.root}/r/below`);
  await c.create2(`${s.root}/r/below`);
  await c.delete(`${s.root}/r/none`);
  await c.setAcl(`${s.root}/r`, readOnly);
  await c.create(`${s.root}/bad`, 'x', 0, [[31, 'nosuch', 'x']]);
  s.note('and what it leaves to the leader is answered with one');
  await c.create(`${s.root}/none/below`);
  await c.multi('below', [[1, createBody(`${s.root}/r/below`, 'x')]]);
  await c.delete(`${s.root}/none`);
  await c.exists(`${s.root}/r`);
  await c.close();
};

/** The first session that the server begins once it serves read-only clients. */
const reader = async (script: () => Script): Promise<readonly [Script, Session]> => {
  for (;;) {
    const s = script();
    try {
      const session = await s.session({ readOnly: true });
      if (session.id !== 0n) return [s, session];
    } catch {
      // Not even its port is open: the server is between two elections.
    }
    s.end();
    await setTimeout(POLL_MS);
  }
};

const cutOff = async (s: Script, c: Session): Promise<void> => {
  await c.get('/root/p', true);
  await c.create('/root/z', '1');
  await c.multi('empty', []);
  await c.sync('/');
  await c.ping();
  await c.children('/root');
  await c.close();
  s.note('who wants to write is sent away');
  await (await s.session()).untilClosed();
};

const run = async (kind: Kind): Promise<readonly string[]> => {
  await using cluster = await start(kind);
  const address = await follower(cluster);
  const [host = '', port = ''] = address.split(':');
  const script = (): Script => new Script(host, Number(port), '/root');
  const together = script();
  await inEnsemble(together);
  together.end();
  for (const other of cluster.addresses) if (other !== address) await cluster.kill(other);
  const [alone, session] = await reader(script);
  await cutOff(alone, session);
  alone.end();
  // Zxids of an ensemble begin with its epoch, and nothing is made here to count from.
  return [...together.lines, ...alone.lines.map((line) => line.replace(/\bz\d+/g, 'z'))];
};

test(
  'local sessions and read-only mode are as on Apache ZooKeeper',
  { timeout: 300_000 },
  async () => {
    const theirs = await run('apache');
    assert.ok(theirs.length > 20, 'the script said next to nothing');
    assert.deepEqual(await run('zab'), theirs);
  },
);
