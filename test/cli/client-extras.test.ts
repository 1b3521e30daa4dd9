/** What `zab cli` has beside zkCli.sh's commands; completion, history, colours, client configuration. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { clientConfig } from '../../src/cli/commands/cli/ensemble.js';
import { readClientConfig } from '../../src/cli/commands/cli/client-config.js';
import { hexDump, javaDate } from '../../src/cli/commands/cli/format.js';
import { paintFor } from '../../src/cli/commands/cli/paint.js';
import { complete, loadHistory, saveHistory } from '../../src/cli/commands/cli/terminal.js';
import { UsageError } from '../../src/cli/command.js';
import { ZooKeeper } from '../../src/client/index.js';
import { ZooKeeperServer } from '../../src/testing/index.js';
import { MAIN } from './process.js';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let server: ZooKeeperServer;
let zk: ZooKeeper;
const folder = mkdtempSync(join(tmpdir(), 'zab-cli-'));

before(async () => {
  server = await ZooKeeperServer.start();
  zk = await ZooKeeper.connect(server.connectString);
});

after(async () => {
  await zk.close();
  await server.close();
  rmSync(folder, { recursive: true });
});

function cli(
  args: readonly string[],
  {
    input = '',
    onLine = () => undefined as void,
  }: { input?: string; onLine?: (line: string) => void } = {},
): Promise<Run> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [MAIN, 'cli', ...args], { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      chunk.toString().split('\n').forEach(onLine);
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (code) => {
      resolve({ code, stdout, stderr });
    });
    child.stdin.end(input);
  });
}

const at = (...args: readonly string[]): readonly string[] => [
  '-server',
  server.connectString,
  ...args,
];

/** Without what a connection says of itself. */
const body = (stdout: string): readonly string[] =>
  stdout
    .replace(/^Connecting to .*\n/, '')
    .replace(/\nWATCHER::\n\nWatchedEvent state:\w+ type:None .*\n/g, '')
    .split('\n')
    .slice(0, -1);

test('tree', async () => {
  await zk.create('/tree', 'abc');
  await zk.create('/tree/a');
  await zk.create('/tree/a/b', 'x');
  await zk.create('/tree/c', null, { mode: 'ephemeral' });
  const { code, stdout } = await cli(at('tree', '/tree'));
  assert.equal(code, 0);
  assert.deepEqual(body(stdout), ['/tree', '├── a', '│   └── b', '└── c (ephemeral)']);
  const shallow = await cli(at('tree', '-d', '1', '-s', '/tree'));
  assert.deepEqual(body(shallow.stdout), [
    '/tree',
    '├── a 0 bytes, version 0',
    '└── c (ephemeral) 0 bytes, version 0',
  ]);
  assert.equal((await cli(at('tree', '/none'))).code, 1);
  assert.doesNotMatch(stdout, /\u001b/, 'no colours but on a terminal');
});

test('export and import: data, ACLs, null and empty; ephemerals are named', async () => {
  await zk.create('/from', Buffer.from([0, 255, 10]));
  await zk.create('/from/null');
  await zk.create('/from/empty', '', { acl: [{ perms: 1, scheme: 'world', id: 'anyone' }] });
  await zk.create('/from/e', 'x', { mode: 'ephemeral' });
  const file = join(folder, 'export.json');
  const exported = await cli(at('export', '/from', file));
  assert.equal(exported.code, 0, exported.stderr);
  assert.match(exported.stderr, /skipped \/from\/e: ephemeral/);
  const json = JSON.parse(readFileSync(file, 'utf8')) as {
    nodes: { path: string; data: string | null }[];
    skippedEphemerals: string[];
  };
  assert.deepEqual(json.skippedEphemerals, ['/from/e']);
  assert.deepEqual(
    json.nodes.map(({ path, data }) => [path, data]),
    [
      ['', 'AP8K'],
      ['/empty', ''],
      ['/null', null],
    ],
  );
  const imported = await cli(at('import', file, '/deep/er/to'));
  assert.deepEqual(
    [imported.code, imported.stderr],
    [0, '3 znodes created, 0 overwritten, 0 kept\n'],
  );
  assert.deepEqual((await zk.getData('/deep/er/to')).data, Buffer.from([0, 255, 10]));
  assert.equal((await zk.getData('/deep/er/to/null')).data, null);
  assert.deepEqual((await zk.getData('/deep/er/to/empty')).data, Buffer.alloc(0));
  assert.equal((await zk.getACL('/deep/er/to/empty')).acl[0]?.perms, 1);
  await zk.setData('/deep/er/to', 'changed');
  const kept = await cli(at('import', file, '/deep/er/to'));
  assert.match(kept.stderr, /0 znodes created, 0 overwritten, 3 kept/);
  assert.equal((await zk.getData('/deep/er/to')).data?.toString(), 'changed');
  const piped = await cli(at('export', '/from/null'));
  assert.equal(JSON.parse(body(piped.stdout).join('\n')) !== null, true);
  writeFileSync(join(folder, 'other.json'), '{"nodes":[]}');
  const refused = await cli(at('import', join(folder, 'other.json')));
  assert.deepEqual([refused.code, refused.stderr.includes('no export of zab cli')], [2, true]);
  assert.equal((await cli(at('import', join(folder, 'none.json')))).code, 2);
});

test('watch prints events as they come', async () => {
  await zk.create('/watched');
  // The watch stands when the connection has made another round.
  const children = zk.childrenChanges('/watched');
  await children.next();
  const running = cli(at('watch', '-r', '-n', '3', '/watched'));
  let writes = 0;
  const stop = { now: false };
  const writing = (async () => {
    while (!stop.now) await zk.setData('/watched', String(writes++));
  })();
  const { code, stdout } = await running;
  stop.now = true;
  await writing;
  assert.equal(code, 0);
  const lines = body(stdout);
  assert.equal(lines.length, 3);
  for (const line of lines) assert.match(line, /NodeDataChanged \/watched zxid 0x[0-9a-f]+$/);
  await children.return();
});

test('completion: commands, and znodes', async () => {
  const shell = { client: zk };
  assert.deepEqual(await complete(shell, 'getA'), [['getAcl', 'getAllChildrenNumber'], 'getA']);
  assert.deepEqual(await complete(shell, 'get nonsense'), [[], 'nonsense']);
  await zk.create('/complete');
  await zk.create('/complete/one');
  await zk.create('/complete/onto');
  await zk.create('/complete/two');
  assert.deepEqual(await complete(shell, 'get /compl'), [['/complete'], '/compl']);
  assert.deepEqual(await complete(shell, 'ls -s /complete/on'), [
    ['/complete/one', '/complete/onto'],
    '/complete/on',
  ]);
  assert.deepEqual(await complete(shell, 'ls /none/x'), [[], '/none/x']);
  assert.deepEqual(await complete({ client: null }, 'ls /'), [[], '/']);
});

test('the history file: newest first, kept short, not for others', () => {
  const file = join(folder, 'history');
  assert.deepEqual(loadHistory(file), []);
  saveHistory(file, 'ls /');
  saveHistory(file, 'get /a');
  assert.deepEqual(loadHistory(file), ['get /a', 'ls /']);
  for (let i = 0; i < 2_100; i++) saveHistory(file, `get /${i}`);
  assert.equal(loadHistory(file)[0], 'get /2099');
  assert.ok(readFileSync(file, 'utf8').split('\n').length <= 2_001);
  saveHistory(join(folder, 'no', 'such', 'folder'), 'x');
  assert.equal(existsSync(join(folder, 'no')), false);
});

test('colours on a terminal only', () => {
  assert.equal(paintFor({ isTTY: true })('red', 'x'), '\u001b[31mx\u001b[0m');
  assert.equal(paintFor({ isTTY: false })('red', 'x'), 'x');
  assert.equal(paintFor({})('red', 'x'), 'x');
});

test('client configuration', async () => {
  const file = join(folder, 'client.properties');
  writeFileSync(file, '# a comment\nzookeeper.request.timeout = 5000\njute.maxbuffer=0x1000\n');
  assert.deepEqual(readClientConfig(file), { requestTimeout: 5_000, maxBuffer: 4_096 });
  await zk.create('/configured', 'x');
  const ok = await cli(['-client-configuration', file, ...at('get', '/configured')]);
  assert.deepEqual([ok.code, body(ok.stdout)], [0, ['x']]);
  writeFileSync(file, 'zookeeper.request.timeout=soon\n');
  assert.throws(() => readClientConfig(file), UsageError);
  const bad = await cli(['-client-configuration', join(folder, 'none'), 'ls', '/']);
  assert.equal(bad.code, 2);
});

test('options: wrong ones are one line and exit code 2', async () => {
  for (const args of [
    ['-server'],
    ['-nonsense', 'ls', '/'],
    ['-timeout', 'x', 'ls', '/'],
    ['-server', 'a:b:c', 'ls'],
  ]) {
    const { code, stderr } = await cli(args);
    assert.equal(code, 2, args.join(' '));
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  }
  const waited = await cli([
    '-server',
    '127.0.0.1:1',
    '-timeout',
    '300',
    '-waitforconnection',
    'ls',
    '/',
  ]);
  assert.deepEqual([waited.code, waited.stderr], [1, 'KeeperErrorCode = ConnectionLoss\n']);
  const there = await cli([
    ...at('-waitforconnection', '-r', '-timeout', '5000', 'ls', '/configured'),
  ]);
  assert.deepEqual([there.code, body(there.stdout)], [0, ['[]']]);
});

test('commands from a pipe: the last exit code, words in quotes, empty lines', async () => {
  const input = "create /pipe 'two words'\n\nget /pipe\nget /none\n";
  const { code, stdout, stderr } = await cli(at(), { input });
  assert.equal(code, 1);
  assert.deepEqual(body(stdout), ['Welcome to ZooKeeper!', 'two words']);
  assert.equal(stderr, 'Created /pipe\nNode does not exist: /none\n');
});

test('an ephemeral of one command stays until its session times out, as with zkCli.sh', async () => {
  const { code } = await cli(at('create', '-e', '/one-shot', 'x'));
  assert.equal(code, 0);
  const stat = await zk.exists('/one-shot');
  assert.notEqual(stat?.ephemeralOwner, 0n);
  await server.expireSession(stat!.ephemeralOwner);
});

test('forms: dates, hex dumps, the configuration for clients', () => {
  assert.match(javaDate(0n), /^(Wed|Thu) \w{3} \d\d \d\d:\d\d:\d\d \S+ (1969|1970)$/);
  assert.equal(hexDump(Buffer.alloc(0)), '');
  assert.match(hexDump(Buffer.from('0123456789abcdefg')), /\|00000010\| 67 {46}\|g {15}\|/);
  const config = 'server.1=a:1:2:participant;0.0.0.0:3\nserver.2=b:1:2;4\nversion=100000000';
  assert.equal(clientConfig(config), '100000000 0.0.0.0:3,0.0.0.0:4');
});
