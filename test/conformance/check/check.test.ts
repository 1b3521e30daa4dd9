import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runCheck } from '../../../conformance/check/check.js';
import { runOnCores } from '../../../conformance/check/schedule.js';
import { readSaved } from '../../../conformance/story/saved.js';
import { textOf } from '../../../conformance/story/values.js';
import { temporaryFolder } from '../tla2tools-runner/helper.js';
import { parseXml } from '../xml.js';

const MODULE = `---- MODULE Counter ----
EXTENDS Naturals
VARIABLE x
Init == x = 0
Next == x < 3 /\\ x' = x + 1
Small == x < 2
Smaller == x < 1
Broken == x < 2 \\/ x = "a"
====
`;

const BASE = {
  name: 'Holds',
  module: 'Counter.tla',
  config: 'Holds.cfg',
  mode: 'check',
  expect: 'holds',
  distinct: 4,
  depth: 4,
  class: 'quick',
  bounds: 'x ≤ 3',
  workers: 1,
  deadlock: false,
  timeoutSeconds: 60,
  mutant: null,
  description: 'counts',
};
const VIOLATED = {
  ...BASE,
  name: 'Violated',
  config: 'Small.cfg',
  expect: { violates: 'Small', kind: 'invariant' },
  distinct: 3,
  depth: 3,
  class: 'witness',
};

async function project(t: TestContext, manifest: unknown): Promise<string> {
  const models = join(await temporaryFolder(t), 'models');
  await mkdir(models);
  await writeFile(join(models, 'Counter.tla'), MODULE);
  for (const name of ['Small', 'Smaller', 'Broken']) {
    await writeFile(join(models, `${name}.cfg`), `INIT Init\nNEXT Next\nINVARIANT ${name}\n`);
  }
  await writeFile(join(models, 'Holds.cfg'), 'INIT Init\nNEXT Next\n');
  const path = join(models, 'manifest.json');
  await writeFile(path, typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return path;
}

async function check(manifest: string, ...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = {
    out: (line: string) => out.push(line),
    err: (line: string) => err.push(line),
    status: null,
  };
  // Nothing that these models violate belongs into the current folder.
  const save = args.includes('--save') ? [] : ['--save', join(dirname(manifest), 'saved')];
  const code = await runCheck(['--manifest', manifest, ...save, ...args], io);
  return { code, out, err };
}

test('all is as the manifest says: exit 0, a line for each model, then the table', async (t) => {
  const path = await project(t, [BASE, VIOLATED, { ...BASE, name: 'Deep', class: 'deep' }]);
  const { code, out, err } = await check(path);
  assert.equal(code, 0, out.join('\n'));
  assert.deepEqual(err, []);
  assert.ok(out.some((l) => l.startsWith('ok   Holds: holds (4 distinct, depth 4, ')));
  assert.ok(out.some((l) => l.startsWith('ok   Violated: violates Small (invariant) (3 distinct')));
  assert.match(out.at(-4)!, /^model +bounds +distinct +depth +time +verdict$/);
  assert.match(out.at(-2)!, /^Violated +x ≤ 3 +3 +3 +\d+\.\d s +ok: violates Small \(invariant\)$/);
  assert.ok(!out.join('\n').includes('Deep'));
});

test('--deep adds the deep models; a name picks any of them; --json is one object', async (t) => {
  const path = await project(t, [BASE, { ...BASE, name: 'Deep', class: 'deep' }]);
  const deep = await check(path, '--deep', '--json');
  const parsed = JSON.parse(deep.out.join('\n')) as {
    ok: boolean;
    models: { model: string; distinct: number }[];
  };
  assert.equal(parsed.ok, true);
  assert.deepEqual(
    parsed.models.map((m) => [m.model, m.distinct]),
    [
      ['Holds', 4],
      ['Deep', 4],
    ],
  );
  const named = await check(path, 'Deep');
  assert.equal(named.code, 0);
  assert.ok(!named.out.join('\n').includes('Holds:'));
});

const WRONG: readonly (readonly [string, object, RegExp])[] = [
  ['a wrong count', { ...BASE, distinct: 5 }, /expected 5 distinct states, got 4/],
  ['a wrong depth', { ...BASE, depth: 9 }, /expected depth 9, got 4/],
  ['a violation where none may be', { ...BASE, config: 'Small.cfg' }, /expected holds, got viol/],
  ['a mutant that survives', { ...VIOLATED, config: 'Holds.cfg' }, /expected violates Small/],
  [
    'a mutant killed by another property',
    { ...VIOLATED, config: 'Smaller.cfg', distinct: null, depth: null, mutant: 'm' },
    /expected violates Small \(invariant\), got violates Smaller \(invariant\)/,
  ],
  [
    'an evaluation error',
    { ...VIOLATED, expect: { violates: 'Broken', kind: 'invariant' }, config: 'Broken.cfg' },
    /expected violates Broken \(invariant\), got error: /,
  ],
  ['a deadlock that was looked for', { ...BASE, deadlock: true }, /expected holds, got deadlock/],
];
for (const [what, model, expected] of WRONG) {
  test(`exit 1: ${what}`, async (t) => {
    const { code, out } = await check(await project(t, [model]));
    assert.equal(code, 1);
    assert.match(out.join('\n'), expected);
    assert.match(out.at(-2)!, /FAIL/);
    assert.match(out.at(-1)!, /^1 models: 1 not as the manifest says; /);
  });
}

test('exit 2, one line: what is unusable', async (t) => {
  const refused = async (manifest: unknown, expected: RegExp, ...args: readonly string[]) => {
    const { code, out, err } = await check(await project(t, manifest), ...args);
    assert.equal(code, 2);
    assert.deepEqual(out, []);
    assert.equal(err.length, 1);
    assert.match(err[0]!, expected);
    assert.doesNotMatch(err[0]!, /\n/);
  };
  await refused([BASE], /^no model 'Nope' \(zab check --list/, 'Nope');
  await refused([BASE], /Unknown option '--fast'/, '--fast');
  await refused('{', /manifest\.json: no JSON/);
  await refused([{ ...BASE, class: 'slow' }], /0\.class: expected "quick" or .*, got "slow"/);
  await refused([{ ...BASE, distinct: 'many' }], /json: 0\.distinct: expected .* got "many"/);
  await refused(
    [{ ...BASE, expect: { violates: 'Small', kind: 'invariant', extra: 1 } }],
    /expect.*unknown field 'extra'/,
  );
  await refused([BASE, BASE], /two models named Holds/);
  await refused([{ ...BASE, config: 'None.cfg' }], /Holds: cannot read .*None\.cfg/);
  await refused([{ ...BASE, module: 'None.tla' }], /Holds: the specification does not parse/);
  const { code, err } = await check(join(await temporaryFolder(t), 'none.json'));
  assert.equal(code, 2);
  assert.match(err.join('\n'), /^cannot read .*none\.json$/);
});

const LOOP = `---- MODULE Loop ----
EXTENDS Naturals
VARIABLE x
Init == x = 0
Up == x < 3 /\\ x' = x + 1
Back == x = 3 /\\ x' = 1
Next == Up \\/ Back
Fair == Init /\\ [][Next]_x /\\ WF_x(Next)
Lazy == Init /\\ [][Next]_x
\\* L9. In the end x
\\* is five (nobody, 1999).
Ends == <>(x = 5)
====
`;

test('a counterexample: told step by step, with the sentence of the property, and saved', async (t) => {
  const loop = { ...BASE, module: 'Loop.tla', distinct: null, depth: null };
  const path = await project(t, [
    { ...loop, name: 'Lasso', config: 'Lasso.cfg' },
    { ...loop, name: 'Stutters', config: 'Stutters.cfg' },
    VIOLATED,
  ]);
  const models = dirname(path);
  await writeFile(join(models, 'Loop.tla'), LOOP);
  await writeFile(join(models, 'Lasso.cfg'), 'SPECIFICATION Fair\nPROPERTY Ends\n');
  await writeFile(join(models, 'Stutters.cfg'), 'SPECIFICATION Lazy\nPROPERTY Ends\n');
  const folder = join(models, 'kept');
  const junit = join(models, 'out', 'junit.xml');
  const { code, out } = await check(path, '--save', folder, '--junit', junit);
  assert.equal(code, 1);
  const said = out.join('\n');
  const lasso = `counterexample of Lasso
  start
      x: nothing → 0
  step 1  Up
      x: 0 → 1
  step 2  Up
      x: 1 → 2
  step 3  Up
      x: 2 → 3
  step 4  Back
      all is as after step 1; steps 2 to 4 go on for ever
  violated (liveness): Ends
      Ends [Loop.tla:12]: L9. In the end x is five (nobody, 1999).
  saved as ${join(folder, 'Lasso.json')}`;
  assert.ok(said.includes(lasso), said);
  assert.match(
    said,
    /and then nothing happens any more, for ever\n {2}violated \(liveness\): Ends/,
  );
  assert.ok(!said.includes('counterexample of Violated'), 'it was expected');
  assert.deepEqual((await readdir(folder)).sort(), [
    'Lasso.json',
    'Stutters.json',
    'Violated.json',
  ]);
  const saved = readSaved('Lasso', await readFile(join(folder, 'Lasso.json'), 'utf8'));
  assert.equal(saved.counterexample.backTo, 2);
  assert.deepEqual(
    saved.counterexample.states.map(({ action, state }) => [action, textOf(state.get('x'))]),
    [
      [null, '0'],
      ['Up', '1'],
      ['Up', '2'],
      ['Up', '3'],
    ],
  );
  const told = await check(path, 'Violated', '--story');
  assert.match(told.out.join('\n'), /counterexample of Violated\n {2}start/);

  const [suite] = parseXml(await readFile(junit, 'utf8')).children;
  assert.deepEqual([suite?.attributes['tests'], suite?.attributes['failures']], ['3', '2']);
  const failed = suite?.children.find(({ attributes }) => attributes['name'] === 'Lasso');
  assert.equal(failed?.attributes['classname'], 'zab.check.quick');
  assert.match(failed?.children[0]?.text ?? '', /step 4 {2}Back\n/);
});

test('the files of --save and --junit that cannot be written: exit 2', async (t) => {
  const path = await project(t, [VIOLATED]);
  for (const option of ['--save', '--junit']) {
    const { code, err } = await check(path, option, join(path, 'below-a-file'));
    assert.equal(code, 2);
    assert.match(err.join('\n'), /^cannot write .*below-a-file.*: (ENOTDIR|EEXIST)$/);
  }
});

test('--list and --help run nothing', async (t) => {
  const path = await project(t, [{ ...BASE, module: 'None.tla' }, VIOLATED]);
  const list = await check(path, '--list');
  assert.equal(list.code, 0);
  assert.match(list.out[2]!, /^Violated +witness +x ≤ 3 +3 +3 +violates Small +counts$/);
  const asJson = await check(path, '--list', '--json');
  assert.equal((JSON.parse(asJson.out[0]!) as unknown[]).length, 2);
  const help = await check(path, '--help');
  assert.match(help.out[0]!, /^Usage: zab check/);
});

test('an interrupted check starts nothing more', async (t) => {
  const abort = new AbortController();
  abort.abort();
  const err: string[] = [];
  const path = await project(t, [BASE]);
  const io = { out: () => undefined, err: (l: string) => err.push(l), status: null };
  const code = await runCheck(['--manifest', path], { ...io, signal: abort.signal });
  assert.equal(code, 2);
  assert.deepEqual(err, ['zab check: interrupted']);
});

test('on a terminal the status shows what runs', async (t) => {
  const shown: string[] = [];
  const path = await project(t, [BASE]);
  const io = { out: () => undefined, err: () => undefined, status: (s: string) => shown.push(s) };
  assert.equal(await runCheck(['--manifest', path], io), 0);
  assert.equal(shown[0], '[0/1] Holds …');
  assert.ok(
    shown.includes('[0/1] Holds 4 distinct, depth 4, 0 queued, 100 %, at most 0 left'),
    shown.join('\n'),
  );
  assert.equal(shown.at(-1), '');
});

test('jobs never take more cores than there are, and a wide one runs alone', async () => {
  let used = 0;
  let peak = 0;
  const order: number[] = [];
  const jobs = [1, 2, 1, 1, 4, 1].map((cores, index) => ({ cores, index }));
  const results = await runOnCores(
    jobs,
    { cores: 2, memoryMb: 100 },
    (job) => ({ cores: job.cores, memoryMb: 10 }),
    async (job) => {
      used += Math.min(2, job.cores);
      peak = Math.max(peak, used);
      order.push(job.index);
      await Promise.resolve();
      used -= Math.min(2, job.cores);
      return job.index * 10;
    },
  );
  assert.deepEqual(results, [0, 10, 20, 30, 40, 50]);
  assert.equal(peak, 2);
  assert.deepEqual([...order].sort(), [0, 1, 2, 3, 4, 5]);
  await assert.rejects(
    runOnCores(
      [1, 2, 3],
      { cores: 1, memoryMb: 1 },
      () => ({ cores: 1, memoryMb: 1 }),
      (n) => (n === 2 ? Promise.reject(new Error('two')) : Promise.resolve(n)),
    ),
    /two/,
  );
});
