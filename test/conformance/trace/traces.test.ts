import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../conformance/package-root.js';
import { traceFiles } from '../../../conformance/trace/generate.js';
import { everyBranch, isNamed, UNREACHABLE } from '../../../conformance/trace/branches.js';
import {
  actionCoverage,
  branchCoverage,
  coverageLines,
} from '../../../conformance/trace/coverage.js';
import { loadRuns } from '../../../conformance/trace/load.js';
import { mergeTraces } from '../../../conformance/trace/merge.js';
import { validateRuns } from '../../../conformance/trace/validate.js';
import type { Run } from '../../../conformance/trace/validate.js';
import { sharedTools } from '../tla2tools-runner/helper.js';
import { recordedRun, splitByServer } from './helper.js';

const root = join(packageRoot(), 'traces');
const { files, refusedAt } = traceFiles();
const goldenPaths = [...files.keys()].filter((p) => p.startsWith('golden'));

test('traces/ is what the generator makes of the code as it is', () => {
  for (const [path, text] of files)
    assert.equal(readFileSync(join(root, path), 'utf8'), text, path);
  for (const folder of ['golden', 'rejected']) {
    const names = readdirSync(join(root, folder)).map((name) => join(folder, name));
    const made = [...files.keys()].filter((p) => p.startsWith(folder));
    assert.deepEqual(names.sort(), made.sort());
  }
});

test('golden traces show TRUNC and SNAP', () => {
  const sent = (type: string) =>
    goldenPaths.some((p) => files.get(p)!.includes(`{"type":"${type}"`));
  for (const type of ['DIFF', 'TRUNC', 'SNAP', 'INFORM']) assert.ok(sent(type), type);
});

test('TLC accepts every golden trace, random runs with faults, and runs merged from files', async () => {
  const golden = goldenPaths.flatMap((p) => loadRuns([join(root, p)]));
  const random = [11, 12, 13].map((seed) => recordedRun(seed, 250));
  const merged = [golden[0]!, golden[3]!, random[0]!].map((run): Run => {
    const { lines, refused } = mergeTraces(splitByServer(run.lines));
    assert.equal(lines.length, run.lines.length);
    return { name: `${run.name}, merged`, lines, refused };
  });
  const options = { tools: await sharedTools() };
  const validations = await validateRuns([...golden, ...random, ...merged], options);
  for (const { name, refusal } of validations) {
    assert.equal(refusal, null, `${name}:${refusal?.at.number} ${refusal?.why.join('\n')}`);
  }
  const covered = actionCoverage(validations.slice(0, golden.length));
  assert.deepEqual(covered.missing, [], 'every action is in a golden trace');
});

test('golden traces take at least 95 % of the branches of actions', async () => {
  const runs = goldenPaths.flatMap((p) => loadRuns([join(root, p)]));
  const covered = await branchCoverage(runs, { tools: await sharedTools() });
  for (const line of coverageLines('branches of actions', covered)) console.log(line);
  assert.ok(covered.total > 150);
  assert.ok(covered.taken >= 0.95 * covered.total, covered.missing.join('\n'));
  assert.deepEqual(covered.surprising, [], 'what is named as unreachable is not taken');
});

test('each arm named as unreachable is one; what constants decide is no branch', () => {
  const branches = everyBranch();
  for (const named of UNREACHABLE) {
    assert.equal(branches.filter((b) => isNamed(b, named)).length, 1, named.arm);
    assert.ok(named.why.length > 5);
  }
  const text = branches.map(({ definition, kind, text: arm }) => `${definition} ${kind} ${arm}`);
  const has = (start: string) => text.some((line) => line.startsWith(start));
  assert.ok(has('FollowerProcessLEADERINFO THEN BecomeLooking'));
  assert.ok(has('LeaderShutdown THEN MayTimeOut'));
  // A planted fault, the oracle, coarse granularity, an action that only models have.
  for (const gone of ['TruncBegun', 'ElectLeader', 'ElectionInit', 'BecomeLooking']) {
    assert.ok(!has(gone), gone);
  }
  assert.ok(!has('LeaderPropose THEN [acked'));
});

test('every corrupted trace is refused, at the line that is wrong', async () => {
  assert.ok(refusedAt.size >= 20);
  const paths = [...refusedAt.keys()];
  const runs = paths.flatMap((p) => loadRuns([join(root, p)]));
  const validations = await validateRuns(runs, { tools: await sharedTools(), explain: false });
  const got = validations.map(({ refusal }, i) => [paths[i], refusal?.at.number ?? null]);
  assert.deepEqual(got, [...refusedAt]);
});
