/** Traces of servers that are not ours: docs/examples/, and ours without what may be left out. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { packageRoot } from '../../../conformance/package-root.js';
import { runValidate } from '../../../conformance/trace/command.js';
import { temporaryFolder } from '../tla2tools-runner/helper.js';

const examples = join(packageRoot(), 'docs', 'examples');
const golden = join(packageRoot(), 'traces', 'golden');
const OPTIONAL = [
  ...['round', 'vote', 'pending', 'newEpoch', 'ackEpochs', 'ackNewLeader', 'history', 'delivered'],
];

async function validate(...args: readonly string[]) {
  const said: string[] = [];
  const say = (line: string): unknown => said.push(line);
  const code = await runValidate(args, { out: say, err: say, status: null });
  return { code, said };
}

type Line = { post: Record<string, unknown>; sent?: unknown } & Record<string, unknown>;

/** A golden trace without optional fields; `change` has the last word on each line. */
async function bare(
  t: TestContext,
  name: string,
  names: readonly string[],
  change: (line: Line, at: number) => void = () => undefined,
): Promise<string> {
  const lines = readFileSync(join(golden, name), 'utf8').trimEnd().split('\n');
  const fewer = lines.map((text, at) => {
    const line = JSON.parse(text) as Line;
    for (const field of names) {
      Reflect.deleteProperty(line.post, field);
      if (field === 'sent') delete line.sent;
    }
    change(line, at);
    return JSON.stringify(line);
  });
  const path = join(await temporaryFolder(t), name);
  writeFileSync(path, `${fewer.join('\n')}\n`);
  return path;
}

test('docs/examples: one is accepted, one refused where its leader delivers too early', async () => {
  const accepted = await validate(join(examples, 'accepted.ndjson'));
  assert.equal(accepted.code, 0, accepted.said.join('\n'));
  const refused = await validate(join(examples, 'refused.ndjson'));
  assert.equal(refused.code, 1);
  assert.match(
    refused.said[0]!,
    /refused\.ndjson:25: .*LeaderPersistLog of server 2: lastCommitted is <<1, 2>>, the model has <<1, 1>>/,
  );
  assert.match(refused.said[2]!, /could have taken: .*LeaderPersistLog, LeaderPropose/);
});

test('docs/examples: the files are what the program writes', () => {
  const program = join(examples, 'other_zab.py');
  for (const [file, args] of [
    ['accepted.ndjson', []],
    ['refused.ndjson', ['--early-commit']],
  ] as const) {
    const written = execFileSync('python3', [program, ...args], { encoding: 'utf8' });
    assert.equal(written, readFileSync(join(examples, file), 'utf8'), file);
  }
});

test('a golden trace is accepted without optional fields, and with any of them', async (t) => {
  const name = 'old-leader-truncated.ndjson';
  for (const names of [[...OPTIONAL, 'sent'], OPTIONAL.slice(0, 4), OPTIONAL.slice(4)]) {
    const { code, said } = await validate(await bare(t, name, names));
    assert.equal(code, 0, `without ${names.join()}: ${said.join('\n')}`);
  }
});

test('what is left is still checked', async (t) => {
  const name = 'leader-dies-after-commit.ndjson';
  const acts = (action: string) => (line: Line) => line['action'] === action;
  const wrong: readonly (readonly [string, (line: Line) => boolean, (line: Line) => void])[] = [
    ['lastZxid', acts('LeaderPropose'), ({ post }) => (post['lastZxid'] = [1, 9])],
    [
      'lastCommitted',
      acts('FollowerProcessCOMMIT'),
      ({ post }) => (post['lastCommitted'] = [0, 0]),
    ],
    ['currentEpoch', acts('FollowerPersistCurrentEpoch'), ({ post }) => (post['currentEpoch'] = 0)],
  ];
  for (const [what, here, change] of wrong) {
    let done = false;
    const path = await bare(t, name, [...OPTIONAL, 'sent'], (line) => {
      if (!done && here(line)) change(line);
      done ||= here(line);
    });
    assert.ok(done, what);
    const { code, said } = await validate(path);
    assert.equal(code, 1, said.join('\n'));
    assert.match(said[0]!, new RegExp(`${what} is `));
  }
});

test('a field is in all lines of a run or in none; files are merged only with what is sent', async (t) => {
  const name = 'leader-dies-after-commit.ndjson';
  const later = await bare(t, name, [], ({ post }, at) => at === 7 && delete post['round']);
  const one = await validate(later);
  assert.equal(one.code, 2);
  assert.match(one.said[0]!, /:8: no post\.round, which the first line has$/);
  const first = await bare(t, name, ['vote'], ({ post }, at) => at === 3 && (post['vote'] = null));
  const two = await validate(first);
  assert.equal(two.code, 2);
  assert.match(two.said[0]!, /:4: post\.vote, which the first line has not$/);
  const folder = await temporaryFolder(t);
  const lines = readFileSync(await bare(t, name, ['sent']), 'utf8')
    .trimEnd()
    .split('\n');
  for (const sid of [1, 2, 3]) {
    const own = lines
      .filter((l) => l.includes(`"server":${sid},`))
      .map((l, i) => l.replace(/"seq":\d+/, `"seq":${i + 1}`));
    writeFileSync(join(folder, `${sid}.ndjson`), `${own.join('\n')}\n`);
  }
  const merged = await validate(folder);
  assert.equal(merged.code, 2);
  assert.match(
    merged.said[0]!,
    /2\.ndjson:1: files of one server each can be merged only if .*sent/,
  );
});
