import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../../conformance/package-root.js';
import { runValidate } from '../../../conformance/trace/command.js';
import { openTrace, readTraceFile } from '../../../conformance/trace/file.js';
import { closeSync } from 'node:fs';
import { temporaryFolder } from '../tla2tools-runner/helper.js';

const GOLDEN = join(packageRoot(), 'traces', 'golden', 'leader-dies-before-commit.ndjson');
const text = readFileSync(GOLDEN, 'utf8');
const lines = text.trimEnd().split('\n');

async function validate(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    status: null,
  };
  return { code: await runValidate(args, io), out, err };
}

async function file(t: TestContext, content: string): Promise<string> {
  const path = join(await temporaryFolder(t), 'trace.ndjson');
  await writeFile(path, content);
  return path;
}

/** The golden trace as one file for each server, numbered anew. */
async function perServer(t: TestContext): Promise<{ folder: string; paths: string[] }> {
  const folder = join(await temporaryFolder(t), 'servers');
  await mkdir(folder);
  const paths: string[] = [];
  for (const sid of [1, 2, 3]) {
    const own = lines.filter((l) => (JSON.parse(l) as { server: number }).server === sid);
    const path = join(folder, `${sid}.ndjson`);
    const renumbered = own.map((l, i) =>
      JSON.stringify({ ...(JSON.parse(l) as object), seq: i + 1 }),
    );
    await writeFile(path, `${renumbered.join('\n')}\n`);
    paths.push(path);
  }
  return { folder, paths };
}

test('exit 0: accepted, with the lines a second', async () => {
  const { code, out, err } = await validate(GOLDEN);
  assert.deepEqual([code, err], [0, []]);
  assert.match(out[0]!, /^accepted .*leader-dies-before-commit\.ndjson \(\d+ lines\)$/);
  assert.match(out.at(-1)!, /^\d+ lines in \d+\.\d s: \d+ lines a second/);
});

test('a folder with a file of each server is one run, even if one was killed in a line', async (t) => {
  const { folder, paths } = await perServer(t);
  await appendFile(paths[1]!, '{"v":1,"seq":9');
  const { code, out } = await validate(folder, '--allow-cut', '--json');
  const body = JSON.parse(out[0]!) as { accepted: boolean; traces: { lines: number }[] };
  assert.deepEqual([code, body.accepted, body.traces.length], [0, true, 1]);
  assert.equal(body.traces[0]!.lines, lines.length);
});

test('exit 1: the line, why, the state before it and what could have happened there', async (t) => {
  const at = lines.findIndex((l) => l.includes('"action":"FollowerProcessCOMMIT"'));
  const wrong = lines.with(
    at,
    lines[at]!.replace(/"lastCommitted":\[1,\d+\]/, '"lastCommitted":[1,9]'),
  );
  const path = await file(t, `${wrong.join('\n')}\n`);
  const { code, out } = await validate(path);
  assert.equal(code, 1);
  assert.match(
    out[0]!,
    new RegExp(`^rejected .*trace\\.ndjson:${at + 1}: .*FollowerProcessCOMMIT of server`),
  );
  assert.match(out[0]!, /lastCommitted is <<1, 9>>, the model has <<1, 1>>/);
  assert.match(out[1]!, /^ {2}state 1 of server \d before it: \[.*zabState \|-> "BROADCAST"/);
  assert.match(out[2]!, /could have taken: .*FollowerProcessCOMMIT/);
});

test('exit 1 without the first line, and where a packet is read that nobody sent', async (t) => {
  const { code, out } = await validate(await file(t, `${lines.slice(1).join('\n')}\n`));
  assert.equal(code, 1);
  assert.match(out[0]!, /trace\.ndjson:1: seq is 2 after 0/);
  const { paths } = await perServer(t);
  const only = await validate(paths[0]!);
  assert.equal(only.code, 1);
});

test('exit 2: arguments, files and folders that cannot be used', async (t) => {
  assert.match((await validate()).err[0]!, /^zab validate: no trace given/);
  assert.match((await validate('--fast', GOLDEN)).err[0]!, /Unknown option '--fast'/);
  assert.match(
    (await validate('nowhere.ndjson')).err[0]!,
    /^nowhere\.ndjson: no such file or folder$/,
  );
  assert.match((await validate(await temporaryFolder(t))).err[0]!, /no \.ndjson file in it$/);
  const help = await validate('--help');
  assert.equal(help.code, 0);
  assert.match(help.out[0]!, /^Usage: zab validate/);
});

test('a killed server goes on in its file behind the last whole line', async (t) => {
  const path = await file(t, `${lines[0]!}\n${lines[1]!.slice(0, 100)}`);
  const { fd, nextSeq } = openTrace(path);
  closeSync(fd);
  assert.equal(nextSeq, 2);
  assert.equal(readFileSync(path, 'utf8'), `${lines[0]!}\n`);
  assert.equal(readTraceFile(path).lines.length, 1);
  const fresh = openTrace(join(await temporaryFolder(t), 'new.ndjson'));
  closeSync(fresh.fd);
  assert.equal(fresh.nextSeq, 1);
  await assert.rejects(async () => openTrace(await file(t, 'something else\n')), {
    name: 'UnusableTrace',
  });
});
