/**
 * What is no trace, through the real command: one line on stderr that names file and line, exit 2,
 * nothing on stdout. Java is never asked.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { packageRoot } from '../../conformance/package-root.js';
import { LINE_MAX } from '../../conformance/trace/file.js';
import { dropFolder, makeFolder } from '../support/server-process.js';
import { zab } from './process.js';

const GOLDEN = join(packageRoot(), 'traces', 'golden', 'leader-dies-before-commit.ndjson');
const lines = readFileSync(GOLDEN, 'utf8').trimEnd().split('\n');
const first = lines[0]!;
const text = (all: readonly string[]): string => `${all.join('\n')}\n`;

function folderOf(t: TestContext): string {
  const folder = makeFolder('zab-bad-trace-');
  t.after(() => dropFolder(folder));
  return folder;
}

/** Refused as no trace, with `expected` behind the file's name. */
async function refused(
  t: TestContext,
  content: string | Uint8Array,
  expected: string | RegExp,
): Promise<void> {
  const path = join(folderOf(t), 'x.ndjson');
  writeFileSync(path, content);
  await refusedPaths([path], path, expected);
}

async function refusedPaths(
  args: readonly string[],
  path: string,
  expected: string | RegExp,
): Promise<void> {
  const { code, stdout, stderr } = await zab('validate', ...args);
  assert.deepEqual([code, stdout], [2, ''], stderr);
  assert.equal(stderr.split('\n').length, 2, stderr);
  assert.ok(stderr.startsWith(path), stderr);
  const rest = stderr.slice(path.length).trimEnd();
  if (typeof expected === 'string') assert.equal(rest, expected);
  else assert.match(rest, expected);
}

test('a field that there is not, or that is missing, or of another type', async (t) => {
  await refused(t, text([first.replace('{"v":1', '{"v":1,"x":0')]), ":1: unknown field 'x'");
  const second = lines[1]!.replace('"post":{', '"post":{"mood":"good",');
  await refused(t, text([first, second]), ":2: post: unknown field 'mood'");
  const deep = lines.map((l) => l.replace('"type":"LEADERINFO"', '"type":"LEADERINFO","x":1'));
  await refused(t, text(deep), /^:\d+: sent\.\d\.packet: unknown field .x.$/);
  await refused(
    t,
    text([first.replace('"server":1', '"sever":1')]),
    /^:1: server: .* got nothing$/,
  );
  await refused(t, text([first.replace('"server":1', '"server":-1')]), /^:1: server: expected int/);
  await refused(
    t,
    text([first.replace('"acceptedEpoch":0', '"acceptedEpoch":4e9')]),
    /^:1: .*4000/,
  );
});

test('another version', async (t) => {
  const why = ':1: v: this program reads version 1, not 2';
  await refused(t, text([first.replace('{"v":1', '{"v":2')]), why);
  await refused(t, text([first.replace('{"v":1,', '{')]), /^:1: v: expected number, got nothing$/);
  const at = `:${lines.length}:`;
  const late = lines.with(-1, lines.at(-1)!.replace('{"v":1', '{"v":3'));
  await refused(t, text(late), `${at} v: this program reads version 1, not 3`);
});

test('a last line that is cut off, of any number of servers', async (t) => {
  const why = `:${lines.length}: the line is cut off (--allow-cut drops it)`;
  const whole = text(lines);
  await refused(t, whole.slice(0, -1), why);
  await refused(t, whole.slice(0, -40), why);
  await refused(t, whole.slice(0, -lines.at(-1)!.length), why);
  // One file for each server.
  const folder = folderOf(t);
  for (const sid of [1, 2, 3]) {
    const own = lines.filter((l) => (JSON.parse(l) as { server: number }).server === sid);
    const numbered = own.map((l, i) => l.replace(/"seq":\d+/, `"seq":${i + 1}`));
    const cut = sid === 3 ? '{"v":1,"seq":' : '';
    writeFileSync(join(folder, `${sid}.ndjson`), text(numbered) + cut);
  }
  await refusedPaths([folder], join(folder, '3.ndjson'), /^:\d+: the line is cut off/);
});

test('two servers under one id', async (t) => {
  const why = 'are two servers recorded under one id?';
  for (const [from, to] of ['12', '21', '13', '31', '23', '32']) {
    const renamed = lines.map((l) => l.replace(`"server":${from!}`, `"server":${to!}`));
    await refused(
      t,
      text(renamed),
      new RegExp(`^:\\d+: server ${to!} .*: ${why.slice(0, -1)}\\?$`),
    );
  }
  // One process wrote behind another into one file, or beside it.
  await refused(
    t,
    text([...lines, ...lines]),
    `:${lines.length + 1}: seq goes back: 1 after ${lines.length}`,
  );
  await refused(t, text([first, first]), ':2: seq goes back: 1 after 1');
  const folder = folderOf(t);
  const one = join(folder, 'a.ndjson');
  const two = join(folder, 'b.ndjson');
  writeFileSync(one, text([first]));
  writeFileSync(two, text([first]));
  await refusedPaths([one, two], two, `:1: server 1 is also that of ${one}`);
  await refusedPaths([folder], two, `:1: server 1 is also that of ${one}`);
});

test('both ends of a connection at one server', async (t) => {
  const start = (seq: number, server: number) =>
    lines[server - 1]!.replace(/"seq":\d+/, `"seq":${seq}`).replace(
      /"sent":\[.*?\],"pers/,
      '"sent":[],"pers',
    );
  const opened = lines
    .filter((l) => l.includes('"type":"opened"'))
    .map((l) => l.replace(/"server":\d/, '"server":1').replace(/"conn":"[^"]*"/g, '"conn":"c"'));
  const ends = ['learner', 'leader'].map((end) => opened.find((l) => l.includes(`"as":"${end}"`))!);
  const all = [start(1, 1), ...ends.map((l, i) => l.replace(/"seq":\d+/, `"seq":${i + 2}`))];
  await refused(t, text(all), /^:3: server 1 is both ends of connection c: are two servers/);
});

test('no line', async (t) => {
  await refused(t, '', ':1: no line of a trace');
  await refused(t, '\n', ':1: no JSON');
  await refused(t, text([first, '', lines[1]!]), ':2: no JSON');
});

test('what is no text, no JSON, no object', async (t) => {
  const garbage = Uint8Array.from({ length: 5_000 }, (_, i) => (i * 7919 + (i >> 3)) % 256);
  await refused(t, garbage, /^:1: no (text \(UTF-8\)|JSON)$/);
  await refused(t, Uint8Array.of(0xff, 0xfe, 0x0a), ':1: no text (UTF-8)');
  await refused(t, 'PK\u0003\u0004', ':1: no JSON');
  await refused(t, text([first, 'state: LEADING']), ':2: no JSON');
  await refused(t, text(['[1,2]']), /^:1: v: expected number|^:1: expected/);
  await refused(t, text(['null']), /^:1: expected trace line, got null$/);
  await refused(t, text(['['.repeat(100_000)]), ':1: no JSON');
});

test('a seq that goes back, and a server that acts before it has started', async (t) => {
  const back = lines.with(5, lines[5]!.replace('"seq":6', '"seq":4'));
  await refused(t, text(back), ':6: seq goes back: 4 after 5');
  const early = lines[3]!.replace(/"seq":\d+/, '"seq":1');
  await refused(t, text([early]), /^:1: server \d has not started yet$/);
  const never = lines.filter((l) => !/"server":2,.*"type":"start"/.test(l));
  const numbered = never.map((l, i) => l.replace(/"seq":\d+/, `"seq":${i + 1}`));
  const at = never.findIndex((l) => l.includes('"server":2')) + 1;
  await refused(t, text(numbered), `:${at}: server 2 has not started yet`);
});

test('a line that is too long', async (t) => {
  const long = `${first}\n${'x'.repeat(LINE_MAX + 1)}`;
  await refused(t, long, `:2: the line is longer than ${LINE_MAX} bytes`);
});

test('what is no file, and a folder without traces', async (t) => {
  const folder = folderOf(t);
  const nowhere = join(folder, 'nowhere.ndjson');
  await refusedPaths([nowhere], nowhere, ': no such file or folder');
  await refusedPaths([folder], folder, ': no .ndjson file in it');
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  await refusedPaths([pipe], pipe, ': neither a file nor a folder');
  const inner = join(folder, 'inner.ndjson');
  mkdirSync(inner);
  await refusedPaths([folder], inner, ': cannot read it (EISDIR)');
});

test('one bad file among good ones', async (t) => {
  const path = join(folderOf(t), 'x.ndjson');
  writeFileSync(path, text([first, '{}']));
  await refusedPaths([GOLDEN, path], path, ':2: v: expected number, got nothing');
});
