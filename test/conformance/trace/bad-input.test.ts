/**
 * What strangers may give `zab validate` that is no trace: each is named with file and line, exit code 2,
 * before TLC is started; never "accepted".
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { packageRoot } from '../../../conformance/package-root.js';
import { fieldTwice } from '../../../conformance/trace/field-twice.js';
import { runValidate } from '../../../conformance/trace/command.js';
import { temporaryFolder } from '../tla2tools-runner/helper.js';

const text = readFileSync(join(packageRoot(), 'traces', 'golden', 'alone-at-first.ndjson'), 'utf8');
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

/** The trace with line `at`, from 1, put into other words. */
function changed(at: number, change: (line: string) => string): string {
  const line = change(lines[at - 1]!);
  assert.notEqual(line, lines[at - 1]);
  return `${lines.with(at - 1, line).join('\n')}\n`;
}

type Line = { seq: number; server: number };

function renumbered(kept: readonly string[]): string {
  const parsed = kept.map((line, i) => ({ ...(JSON.parse(line) as Line), seq: i + 1 }));
  return parsed.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const cases: readonly (readonly [what: string, content: string | Buffer, says: RegExp])[] = [
  ['an unknown field', changed(5, (l) => l.replace('{', '{"x":1,')), /:5: unknown field 'x'$/],
  [
    'an unknown field within',
    changed(5, (l) => l.replace('"post":{', '"post":{"x":1,')),
    /:5: post: unknown field 'x'$/,
  ],
  [
    'another version',
    changed(5, (l) => l.replace('"v":1', '"v":2')),
    /:5: v: .* version 1, not 2$/,
  ],
  ['a cut last line', text.slice(0, -40), /:57: the line is cut off/],
  ['a last line without its end', text.slice(0, -1), /:57: the line is cut off/],
  [
    'two servers under one id',
    text.replaceAll('"server":2', '"server":1'),
    /:\d+: .*: are two servers recorded under one id\?$/,
  ],
  ['no line', '', /:1: no line of a trace$/],
  ['an empty line', '\n', /:1: no JSON$/],
  ['an empty line within', changed(6, (l) => `\n${l}`), /:6: no JSON$/],
  [
    'a field twice',
    changed(6, (l) => l.replace('"server":', '"server":9,"server":')),
    /:6: field 'server' twice in one object$/,
  ],
  [
    'a number beyond 32 bits',
    changed(6, (l) => l.replace('"round":1', '"round":2147483648')),
    /:6: .*round: expected integer from 0 to 2147483647, got 2147483648$/,
  ],
  [
    'a number that is no integer',
    changed(6, (l) => l.replace('"round":1', '"round":1.5')),
    /:6: .*round: expected integer .*got 1\.5$/,
  ],
  [
    'a number of a line that goes back',
    changed(6, (l) => l.replace('"seq":6', '"seq":3')),
    /:6: seq goes back: 3 after 5$/,
  ],
  ['a packed file', gzipSync(text), /:1: no text \(UTF-8\)$/],
  ['UTF-16', Buffer.from(text, 'utf16le'), /:1: no (JSON|text \(UTF-8\))$/],
  [
    'Latin-1',
    Buffer.from(
      changed(6, (l) => l.replace('notification', 'notificatión')),
      'latin1',
    ),
    /:6: no text \(UTF-8\)$/,
  ],
  ['an array of lines', `[${lines.join(',\n')}]\n`, /:1: no JSON$/],
  [
    'lines over several lines',
    `${JSON.stringify(JSON.parse(lines[0]!), null, 1)}\n`,
    /:1: no JSON$/,
  ],
  ['null', 'null\n', /:1: expected trace line, got null$/],
  ['an object of something else', '{}\n', /:1: v: expected number, got nothing$/],
  [
    'a server without its start',
    renumbered(lines.filter((l) => !/"server":2,.*"type":"start"/.test(l))),
    /:\d+: server 2 has not started yet$/,
  ],
  [
    'a member twice',
    text.replaceAll('"voters":[1,2,3]', '"voters":[1,2,3,3]'),
    /:1: server 3 is a member twice$/,
  ],
  [
    'no voters',
    text.replaceAll('"voters":[1,2,3]', '"voters":[]'),
    /:1: an ensemble without voters$/,
  ],
];

for (const [what, content, says] of cases) {
  test(`exit 2: ${what}`, async (t) => {
    const path = join(await temporaryFolder(t), 'trace.ndjson');
    await writeFile(path, content);
    const { code, out, err } = await validate(path);
    assert.deepEqual([code, out, err.length], [2, [], 1]);
    assert.ok(err[0]!.startsWith(`${path}:`), err[0]);
    assert.match(err[0]!, says);
  });
}

test('exit 2: a folder without traces, no file, the same server twice', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'empty'));
  const one = join(folder, '1.ndjson');
  await writeFile(one, renumbered(lines.filter((l) => l.includes('"server":1,'))));
  for (const [paths, says] of [
    [[join(folder, 'empty')], /empty: no \.ndjson file in it$/],
    [[join(folder, 'none')], /none: no such file or folder$/],
    [['/dev/null'], /neither a file nor a folder$/],
    [[one, one], /1\.ndjson:1: server 1 is also that of .*1\.ndjson$/],
  ] as const) {
    const { code, out, err } = await validate(...paths);
    assert.deepEqual([code, out], [2, []]);
    assert.match(err[0]!, says);
  }
});

test('a byte order mark and CR before a line’s end are no matter; files may come in any order', async (t) => {
  const folder = await temporaryFolder(t);
  const marked = join(folder, 'marked.ndjson');
  await writeFile(marked, `\ufeff${text.replaceAll('\n', '\r\n')}`);
  assert.equal((await validate(marked)).code, 0);
  const paths = [3, 1, 2].map((sid) => join(folder, `${sid}.ndjson`));
  for (const [i, sid] of [3, 1, 2].entries()) {
    await writeFile(paths[i]!, renumbered(lines.filter((l) => l.includes(`"server":${sid},`))));
  }
  assert.equal((await validate(...paths)).code, 0);
  // A server's file is missing.
  const { code, out } = await validate(...paths.slice(0, 2));
  assert.equal(code, 1);
  assert.match(
    out[0]!,
    /^rejected .*server \d (reads a notification that server 2 has not sent|.*)/,
  );
});

test('a field is there twice exactly if an object names it twice', () => {
  assert.equal(fieldTwice('{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}'), null);
  assert.equal(fieldTwice('{"a":"b\\":","b":"{"}'), null);
  assert.equal(fieldTwice('[{"a":1},{"b" : 1, "b":2}]'), 'b');
  assert.equal(fieldTwice('{"a":1,"\\u0061":2}'), 'a');
  fc.assert(
    fc.property(fc.json(), (json) => fieldTwice(JSON.stringify(JSON.parse(json))) === null),
  );
});
