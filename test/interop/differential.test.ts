/**
 * Answers in doubt: the same raw frames to Apache's standalone server and to ours; the transcripts must be the same.
 * What is normalised away is said in support/transcript.ts, and nothing else may differ.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster, type Cluster } from '../support/cluster.js';
import { Script } from '../support/transcript.js';
import { testCfg, type ZooCfg } from '../support/zoo-cfg.js';
import * as connections from './differential/connections.js';
import { deliberate } from './differential/deliberate.js';
import * as operations from './differential/operations.js';
import * as watches from './differential/watches.js';

const cfg: ZooCfg = { ...testCfg, tickTime: 2000 };

const transcript = async (
  cluster: Cluster,
  root: string,
  scenario: (s: Script) => Promise<void>,
): Promise<string[]> => {
  const [host = '', port = ''] = cluster.connectString.split(':');
  const script = new Script(host, Number(port), root);
  try {
    await scenario(script);
  } finally {
    script.end();
  }
  return script.lines;
};

/** Every line in which the two differ, with its number and the line before it. */
const differences = (theirs: readonly string[], ours: readonly string[]): string[] => {
  const found: string[] = [];
  for (let i = 0; i < Math.max(theirs.length, ours.length); i++) {
    if (theirs[i] === ours[i]) continue;
    found.push(
      `line ${i}, after: ${theirs[i - 1] ?? ''}\n  apache: ${theirs[i]}\n  zab:    ${ours[i]}`,
    );
  }
  return found;
};

const scenarios = { ...operations, ...connections, ...watches };

test('ours answers as Apache ZooKeeper does', { timeout: 480_000 }, async (t) => {
  await using apache = await startCluster({ kind: 'apache', shape: 'standalone', cfg });
  await using zab = await startCluster({ kind: 'zab', shape: 'standalone', cfg });
  for (const [name, scenario] of Object.entries(scenarios)) {
    await t.test(name, { timeout: 60_000 }, async () => {
      const theirs = await transcript(apache, `/${name}`, scenario);
      const ours = await transcript(zab, `/${name}`, scenario);
      assert.ok(theirs.length > 10, 'the script said next to nothing');
      const found = differences(theirs, ours);
      const shown = found.slice(0, 20).join('\n');
      assert.equal(found.length, 0, `${found.length} of ${theirs.length} lines differ\n${shown}`);
    });
  }
  for (const [i, { name, why, script, ...expected }] of deliberate.entries()) {
    await t.test(`on purpose different: ${name}`, { timeout: 60_000 }, async () => {
      for (const cluster of [apache, zab]) {
        const lines = await transcript(cluster, `/deliberate-${i}`, script);
        const last = expected[cluster.kind];
        assert.deepEqual(lines.slice(-last.length), last, `${cluster.kind}: ${why}`);
      }
    });
  }
});
