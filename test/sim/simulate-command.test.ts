/** `zab simulate`: arguments, output, exit codes. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommandIo } from '../../conformance/command-io.js';
import { decodeLine } from '../../conformance/trace/schema.js';
import { UsageError } from '../../src/cli/command.js';
import { runSimulate } from '../../src/cli/simulate/simulate.js';

interface Output {
  readonly code: number;
  readonly lines: readonly string[];
}

async function simulate(...args: string[]): Promise<Output> {
  const lines: string[] = [];
  const io: CommandIo = { out: (line) => lines.push(line), err: () => undefined, status: null };
  return { code: await runSimulate(args, io), lines };
}

function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'zab-simulate-'));
  return run(folder).finally(() => rmSync(folder, { recursive: true }));
}

test('a seed is replayed, and says the same each time', async () => {
  const figures = (lines: readonly string[]): readonly string[] =>
    lines.filter((line) => !/second|minute|steps/.test(line));
  const [first, second] = [await simulate('--seed', '16'), await simulate('--seed', '16')];
  assert.equal(first.code, 0);
  assert.deepEqual(figures(first.lines), figures(second.lines));
  assert.match(first.lines.at(-1) ?? '', /^digest [0-9a-f]{16}: all properties hold$/);
});

test('--verbose prints each event', async () => {
  const { lines } = await simulate('--seed', '16', '--verbose');
  assert.ok(lines.some((line) => / server 1 (opened|packet)/.test(line)));
  assert.ok(lines.some((line) => / client 1000 /.test(line)));
});

test('shards together run a range once, and print JSON', async () => {
  const seeds: number[] = [];
  for (const shard of ['1/2', '2/2']) {
    await inFolder(async (folder) => {
      const junit = join(folder, 'r.xml');
      const args = ['--seeds', '10..13', '--shard', shard, '--threads', '2', '--json'];
      const { code, lines } = await simulate(...args, '--junit', junit);
      assert.equal(code, 0);
      const report = JSON.parse(lines.join('\n')) as Record<string, unknown>;
      assert.equal(report['runs'], 2);
      assert.equal(report['shard'], shard);
      assert.ok((report['simulatedHours'] as number) > 0);
      const xml = readFileSync(junit, 'utf8');
      for (const [, seed] of xml.matchAll(/name="seed (\d+)"/g)) seeds.push(Number(seed));
    });
  }
  assert.deepEqual(seeds.sort(), [10, 11, 12, 13]);
});

test('--trace writes lines that zab validate reads', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'deep', 't.ndjson');
    const { code } = await simulate('--seed', '16', '--trace', path, '--json');
    assert.equal(code, 0);
    const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
    assert.ok(lines.length > 100);
    lines.forEach((text, i) => {
      const decoded = decodeLine(text);
      assert.ok(decoded.ok && decoded.value.seq === i + 1, `line ${i + 1}`);
    });
  });
});

test('--minutes ends a range', async () => {
  const { code, lines } = await simulate('--minutes', '0.001', '--threads', '1');
  assert.equal(code, 0);
  assert.match(lines[0] ?? '', /^fresh seeds from \d+ on, 1 threads$/);
});

test('bad arguments are named', async () => {
  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [['--seed', 'x'], /--seed must be a whole number from 0 to 4294967295, not 'x'/],
    [['--seed', '4294967296'], /--seed must be/],
    [['--seeds', '5'], /--seeds must be A\.\.B/],
    [['--seeds', '9..5'], /9 is above 5/],
    [['--seed', '1', '--count', '5'], /only one of/],
    [['--count', '0'], /--count must be above 0/],
    [['--count', '1.5'], /--count must be a whole number/],
    [['--shard', '3/2'], /--shard 3\/2: expected I\/N/],
    [['--minutes', '-1'], /--minutes must be above 0/],
    [['--threads', '0'], /--threads must be above 0/],
    [['--count', '3', '--verbose'], /--verbose goes with --seed only/],
    [['extra'], /unexpected argument 'extra'/],
    [['--nothing'], /unknown option '--nothing'/],
    [['--seed', '1', '--trace', '/dev/null/x'], /cannot write/],
    [['--seed', '16', '--junit', '/dev/null/x.xml'], /cannot write/],
  ];
  for (const [args, message] of bad) {
    await assert.rejects(simulate(...args), (error: unknown) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
