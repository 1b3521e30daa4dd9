/** The command `zab explore`: verdicts, figures, exit codes; the quick configurations in this process. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { runExplore } from '../../../conformance/explore/explore.js';
import type { Exploration } from '../../../conformance/explore/manifest.js';
import { packageRoot } from '../../../conformance/package-root.js';
import { temporaryFolder } from '../tla2tools-runner/helper.js';

const SPEC = join(packageRoot(), 'spec');
const MANIFEST = join(SPEC, 'explore', 'manifest.json');

interface Ran {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

async function run(...argv: readonly string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (l: string) => out.push(l), err: (l: string) => err.push(l), status: null };
  return { code: await runExplore(argv, io), out, err };
}

async function all(): Promise<readonly Exploration[]> {
  return JSON.parse(await readFile(MANIFEST, 'utf8')) as readonly Exploration[];
}

/** A copy of spec/ in which `change` was made to the first exploration. */
async function changed(t: TestContext, change: Partial<Exploration>): Promise<string> {
  const folder = join(await temporaryFolder(t), 'spec');
  await mkdir(join(folder, 'explore'), { recursive: true });
  await symlink(join(SPEC, 'models'), join(folder, 'models'));
  for (const name of (await readdir(SPEC)).filter((file) => file.endsWith('.tla'))) {
    await copyFile(join(SPEC, name), join(folder, name));
  }
  const [first] = await all();
  const path = join(folder, 'explore', 'manifest.json');
  await copyFile(join(SPEC, 'explore', first!.config), join(folder, 'explore', first!.config));
  await writeFile(path, JSON.stringify([{ ...first, ...change }]));
  return path;
}

test('the quick configurations are equal, and as pinned', async () => {
  const quick = (await all()).filter((one) => one.class === 'quick');
  const { code, out, err } = await run(...quick.map((one) => one.name));
  assert.equal(code, 0, [...out, ...err].join('\n'));
  for (const { name } of quick)
    assert.ok(out.some((line) => line.startsWith(`ok   ${name}: equal`)));
});

test('figures that are not as pinned end with 1, and name what differs', async (t) => {
  const [first] = await all();
  const pinned = { ...first!.pinned!, states: 1, digest: '0' };
  const { code, out } = await run('--manifest', await changed(t, { pinned }), '--json');
  assert.equal(code, 1);
  const { ok, models } = JSON.parse(out.join('')) as {
    readonly ok: boolean;
    readonly models: readonly { readonly equal: boolean; readonly mismatches: readonly string[] }[];
  };
  assert.equal(ok, false);
  assert.equal(models[0]?.equal, true);
  assert.deepEqual(models[0]?.mismatches, [
    `expected states 1, got ${first!.pinned!.states}`,
    `expected digest 0, got ${first!.pinned!.digest}`,
  ]);
});

test('another specification: the first difference is a path with what each step changes', async (t) => {
  const path = await changed(t, { pinned: null });
  const discovery = join(path, '..', '..', 'Discovery.tla');
  const text = await readFile(discovery, 'utf8');
  // What the explorer once found: an older connection's end took a newer one's FOLLOWERINFO with it.
  const guard = 'IF Arrives(f, l, InfoTypes) THEN msgs ELSE Clear(msgs, f, l)';
  assert.ok(text.includes(guard));
  await writeFile(discovery, text.replace(guard, 'Clear(msgs, f, l)'));
  const { code, out } = await run('--manifest', path.replace('manifest', 'both'));
  assert.equal(code, 2);
  const [first] = (await all()).filter((one) => one.name === 'TwoServersBoth');
  const folder = join(path, '..');
  await copyFile(join(SPEC, 'explore', first!.config), join(folder, first!.config));
  await writeFile(path, JSON.stringify([{ ...first, pinned: null }]));
  assert.deepEqual(out, []);
  const different = await run('--manifest', path);
  assert.equal(different.code, 1);
  const told = different.out.join('\n');
  assert.match(told, /DIFFERENT/);
  assert.match(
    told,
    /difference after \d+ steps:\n {2}1\. ElectLeader\(2, \{1,2\}\)\n {6}1 state: LOOKING → FOLLOWING/,
  );
  assert.match(told, /only the reducers can take here:\n {4}LeaderCloseConnection\(\d, \d\)/);
  assert.match(
    told,
    /only the specification can take here:\n {4}LeaderCloseConnection\(\d, \d\)\n.*\n {6}msgs \d>\d: FOLLOWERINFO \d → –/,
  );
});

test('--list names the configurations with their bounds', async () => {
  const { code, out } = await run('--list');
  assert.equal(code, 0);
  assert.match(out[0] ?? '', /^model +class +bounds +states +description$/);
  assert.equal(out.length, 1 + (await all()).length);
});

test('unusable input is one line and exit code 2', async (t) => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['Nothing'], /^no exploration 'Nothing'/],
    [['--nothing'], /^zab explore: Unknown option '--nothing'/],
    [['--manifest', '/nowhere.json'], /^cannot read \/nowhere.json$/],
    [['--manifest', await changed(t, { class: 'slow' as never })], /class/],
    [['--manifest', await changed(t, { config: 'None.cfg' })], /^cannot read .*None.cfg$/],
  ];
  for (const [args, message] of cases) {
    const { code, err } = await run(...args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(err.length, 1);
    assert.match(err[0]!, message);
  }
});

test('--help says how to use it', async () => {
  const { code, out } = await run('--help');
  assert.equal(code, 0);
  assert.match(out.join('\n'), /^Usage: zab explore/);
});
