/**
 * `zab check --distributed`: a server and two workers on loopback find what one process finds, and leave
 * nothing behind. About 20 s.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runCheck } from '../../../conformance/check/check.js';
import { loadManifest } from '../../../conformance/check/manifest.js';
import { mismatchesOf } from '../../../conformance/check/run-models.js';
import { packageRoot } from '../../../conformance/package-root.js';
import { runDistributed } from '../../../conformance/tla2tools-runner/index.js';
import type { TlcResult } from '../../../conformance/tla2tools-runner/index.js';
import { sharedTools, tinySpec } from '../tla2tools-runner/helper.js';

const MANIFEST = join(packageRoot(), 'spec', 'models', 'manifest.json');
/** The whole protocol with two servers, fast leader election and a fault. */
const MODEL = 'TwoServersElection';

async function check(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (l: string) => out.push(l), err: (l: string) => err.push(l), status: null };
  return { code: await runCheck(args, io), out, err };
}

/** Java processes of distributed TLC that this process has started and that still run. */
function left(): readonly string[] {
  const listed = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], {
    encoding: 'utf8',
  });
  return listed.split('\n').filter((line) => line.includes('tlc2.tool.distributed'));
}

test('a server and two workers on loopback: the pinned number of states of one process', async () => {
  const model = loadManifest(MANIFEST).models.find(({ name }) => name === MODEL);
  assert.ok(model?.distinct, 'the model is pinned');
  const { code, out, err } = await check('--distributed', MODEL);
  assert.equal(code, 0, [...out, ...err].join('\n'));
  const found = model.distinct.toLocaleString('en-US');
  assert.match(
    out.join('\n'),
    new RegExp(`ok {3}${MODEL}: holds \\(${found} distinct, depth \\d+`),
  );
  assert.ok(out.some((line) => /server ready: zab check --join 127\.0\.0\.1:\d+$/.test(line)));
  assert.equal(out.filter((line) => line.endsWith('a worker has joined')).length, 2);
  assert.deepEqual(left(), []);
});

test('a depth counts where it is sure: of one worker, as a lower bound of several, never of a server', () => {
  const model = loadManifest(MANIFEST).models.find(({ name }) => name === MODEL);
  assert.ok(model?.depth && model.distinct);
  const found = (depth: number): TlcResult => ({
    verdict: { kind: 'holds' },
    progress: { distinct: model.distinct, generated: 9999, queue: 0, depth },
    ...{ exitCode: 0, elapsedMs: 1, counterexample: null, coverage: [], output: [], version: '' },
  });
  const differs = (depth: number, workers: number, distributed = false) =>
    mismatchesOf(model, found(depth), workers, distributed).length;
  assert.deepEqual([differs(model.depth, 1), differs(model.depth + 1, 1)], [0, 1]);
  assert.deepEqual([differs(model.depth + 1, 2), differs(model.depth - 1, 2)], [0, 1]);
  assert.equal(differs(model.depth - 4, 2, true), 0);
});

test('a violation is not passed over, though distributed TLC ends with 0', async (t) => {
  const { module, config } = await tinySpec(
    t,
    "VARIABLE x\nInit == x = 0\nNext == x < 40 /\\ x' = x + 1\nSmall == x < 30",
    'INIT Init\nNEXT Next\nINVARIANT Small\n',
  );
  const run = { mode: 'check', module, config, timeoutMs: 120_000 } as const;
  const local = { workers: 2, host: '127.0.0.1', port: null };
  const { verdict, counterexample } = await runDistributed(run, await sharedTools(), local);
  assert.equal(verdict.kind, 'error');
  assert.match(verdict.kind === 'error' ? verdict.message : '', /found a violation/);
  assert.equal(counterexample, null);
  assert.deepEqual(left(), []);
});

test('an interrupted run ends server and workers', async (t) => {
  const { module, config } = await tinySpec(
    t,
    "VARIABLES x, y\nInit == x = 0 /\\ y = 0\nNext == x' = x + 1 /\\ y' \\in 0..9",
    'INIT Init\nNEXT Next\n',
  );
  const abort = new AbortController();
  const run = { mode: 'check', module, config, signal: abort.signal } as const;
  const result = await runDistributed(run, await sharedTools(), {
    ...{ workers: 2, host: '127.0.0.1', port: null },
    onEvent: ({ kind }) => {
      if (kind === 'joined') abort.abort();
    },
  });
  assert.deepEqual(result.verdict, { kind: 'stopped', reason: 'aborted' });
  assert.deepEqual(left(), []);
});

test('what distributed TLC cannot check, and options that are none: exit 2, one line', async (t) => {
  const wrong = async (expected: RegExp, ...args: readonly string[]) => {
    const { code, out, err } = await check(...args);
    assert.deepEqual([code, out, err.length], [2, [], 1], err.join('\n'));
    assert.match(err[0] ?? '', expected);
  };
  await wrong(/^zab check --distributed: which MODEL\?/, '--distributed');
  await wrong(/does not name what is violated/, '--distributed', 'WitnessTrunc');
  await wrong(
    /would pass over Eventually\w+ \(liveness\)/,
    '--distributed',
    'ThreeServersLiveness',
  );
  await wrong(/--workers many: expected a number/, '--distributed', MODEL, '--workers', 'many');
  await wrong(/0 is no port/, '--distributed', MODEL, '--port', '0');
  await wrong(/a b is no host name/, '--distributed', MODEL, '--host', 'a b');
  await wrong(/go with --distributed or --join/, MODEL, '--workers', '2');
  await wrong(/--join nowhere: expected HOST:PORT/, '--join', 'nowhere');
  await wrong(/99999 is no port/, '--join', 'host:99999');
  const { module, config } = await tinySpec(t, 'VARIABLE x\nInit == x = 0\nNext == x = x', '');
  await writeFile(config, 'INIT Init\nNEXT Next\n');
  const run = { mode: 'trace', module, config } as const;
  const local = { workers: 1, host: '127.0.0.1', port: null };
  await assert.rejects(runDistributed(run, await sharedTools(), local), /no mode trace/);
  const lost = { ...run, mode: 'check', config: join(dirname(config), 'none.cfg') } as const;
  await assert.rejects(runDistributed(lost, await sharedTools(), local), /cannot read .*none\.cfg/);
});
