/** The package as others get it: packed, installed into an empty project, and used there. */
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const project = mkdtempSync(join(tmpdir(), 'zab-package-'));
const env = { ...process.env };
delete env['NODE_V8_COVERAGE'];

before(async () => {
  // The build is there (this test is part of it), so no script has to run again.
  const pack = ['pack', '--ignore-scripts', '--pack-destination', project, '--json'];
  const { stdout } = await run('npm', pack, { cwd: root, env, maxBuffer: 1 << 26 });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  writeFileSync(
    join(project, 'package.json'),
    '{ "name": "user", "private": true, "type": "module" }',
  );
  const install = [
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    `./${packed.filename}`,
  ];
  await run('npm', install, { cwd: project, env });
});

after(() => {
  rmSync(project, { recursive: true });
});

test('npx zab start runs an ensemble', async () => {
  const child = spawn('npx', ['zab', 'start', '--port', '0'], {
    cwd: project,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit');
  try {
    const [line] = (await Promise.race([once(lines, 'line'), exited])) as [unknown];
    assert.match(String(line), /^ready 127\.0\.0\.1:\d+(,127\.0\.0\.1:\d+){2}$/);
  } finally {
    // The group: npx does not pass every signal on.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
    await exited;
  }
});

test("import 'zab/testing' starts and closes a server", async () => {
  const script = `
    import { ZooKeeperServer } from 'zab/testing';
    import 'zab';
    import 'zab/tla2tools-runner';
    const server = await ZooKeeperServer.start();
    console.log(server.connectString);
    await server.close();
  `;
  writeFileSync(join(project, 'use.js'), script);
  const { stdout } = await run(process.execPath, ['use.js'], {
    cwd: project,
    env,
    timeout: 60_000,
  });
  assert.match(stdout, /^127\.0\.0\.1:\d+$/m);
});

test("import 'zab/client' talks to the server, and so does npx zab cli", async () => {
  const script = `
    import { execFile } from 'node:child_process';
    import { promisify } from 'node:util';
    import { ZooKeeperServer } from 'zab/testing';
    import { Lock, ZooKeeper } from 'zab/client';
    const server = await ZooKeeperServer.start();
    const zk = await ZooKeeper.connect(server.connectString);
    await new Lock(zk, '/lock').use(() => zk.create('/a', 'held'));
    const args = ['zab', 'cli', '-server', server.connectString, 'get', '/a'];
    const { stdout } = await promisify(execFile)('npx', args);
    console.log(stdout.trim().split('\\n').at(-1));
    await zk.close();
    await server.close();
  `;
  writeFileSync(join(project, 'client.js'), script);
  const { stdout } = await run(process.execPath, ['client.js'], { cwd: project, env });
  assert.equal(stdout, 'held\n');
});

test('npx zab check runs a model, and npx zab validate a golden trace', async () => {
  const listed = await run('npx', ['zab', 'check', '--list'], { cwd: project, env });
  const manifestFile = join(project, 'node_modules', 'zab', 'spec', 'models', 'manifest.json');
  const manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as
    { models: { name: string; class: string }[] } | { name: string; class: string }[];
  const models = Array.isArray(manifest) ? manifest : manifest.models;
  const witness = models.find((model) => model.class === 'witness');
  assert.ok(witness, 'the manifest has a witness');
  assert.ok(listed.stdout.includes(witness.name));
  const checked = await run('npx', ['zab', 'check', witness.name], {
    cwd: project,
    env,
    timeout: 300_000,
  });
  assert.ok(checked.stdout.includes(witness.name));
  const golden = join(
    'node_modules',
    'zab',
    'traces',
    'golden',
    'leader-dies-before-commit.ndjson',
  );
  const validated = await run('npx', ['zab', 'validate', golden], {
    cwd: project,
    env,
    timeout: 300_000,
  });
  assert.match(validated.stdout, /^accepted /m);
});
