/**
 * `zab cli` beside Apache's zkCli.sh: the same commands on the same server, each below a chroot of its
 * own; what they print and their exit codes must be equal. Left out: the words of the JVM and of JLine,
 * the time and number of transactions, and when exactly between two lines an event is printed.
 * About 35 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ZooKeeper } from '../../src/client/index.js';
import { apacheCli } from '../support/apache-cli.js';
import { startCluster, type Cluster } from '../support/cluster.js';
import { projectRoot } from '../support/provision.js';
import type { Command } from '../support/server-process.js';
import { testCfg } from '../support/zoo-cfg.js';

interface Outcome {
  readonly code: number | null;
  /** What the commands print. */
  readonly lines: readonly string[];
  /** What the watchers were told, in order. */
  readonly events: readonly string[];
  readonly errors: readonly string[];
}

const ours: Command = {
  tool: process.execPath,
  args: [join(projectRoot, 'dist', 'src', 'cli', 'main.js'), 'cli'],
};
let apache: Command;
let cluster: Cluster;
let root: ZooKeeper;

before(async () => {
  apache = await apacheCli();
  const cfg = { ...testCfg, extra: ['extendedTypesEnabled=true'] };
  cluster = await startCluster({ kind: 'zab', shape: 'standalone', cfg });
  root = await ZooKeeper.connect(cluster.connectString);
});

after(async () => {
  await root.close();
  await cluster.close();
});

/** What differs between two runs of one program too. */
function normal(line: string): string {
  return line
    .replace(/^([cmp]Zxid) = 0x[0-9a-f]+$/, '$1 = ZXID')
    .replace(/^([cm]time) = \w{3} \w{3} \d\d \d\d:\d\d:\d\d (\w+) \d{4}$/, '$1 = DATE $2')
    .replace(/^ephemeralOwner = 0x[1-9a-f][0-9a-f]+$/, 'ephemeralOwner = SESSION')
    .replace(/zxid: \d+$/, 'zxid: ZXID')
    .replace(/^ZooKeeper CLI version: 3\.9\.5.*/, 'ZooKeeper CLI version: 3.9.5');
}

const NOISE = [/^JLine support/, /^\t/, /^ZooKeeper -server host:port/, /^Connecting to /];

function outcomeOf(code: number | null, stdout: string, stderr: string): Outcome {
  const events: string[] = [];
  const said = stdout.replace(/\n\x1b?WATCHER::\n\nWatchedEvent (.*)\n/g, (_, event: string) => {
    // The end of a run is a race between the event and the end of the process.
    if (!event.startsWith('state:Closed')) events.push(normal(event));
    return '';
  });
  const clean = (text: string): string[] =>
    text
      .split('\n')
      .filter((line) => line !== '' && !NOISE.some((noise) => noise.test(line)))
      .map(normal);
  return { code, lines: clean(said), events, errors: clean(stderr) };
}

function runCli(cli: Command, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(cli.tool, [...cli.args, ...args], {
      stdio: 'pipe',
      env: { ...process.env, TZ: 'UTC' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('error', reject);
    child.stdin.on('error', () => undefined);
    child.on('close', (code) => {
      resolve(outcomeOf(code, stdout, stderr));
    });
    child.stdin.end(input);
  });
}

let folders = 0;

/** Both programs, each in a folder of its own, which `prepare` fills. */
async function both(
  input: string,
  args: readonly string[] = [],
  prepare: (zk: ZooKeeper, folder: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<readonly [Outcome, Outcome]> {
  const outcomes: Outcome[] = [];
  for (const cli of [apache, ours]) {
    const folder = `/f${++folders}`;
    await root.create(folder);
    await prepare(root, folder);
    const server = `${cluster.connectString}${folder}`;
    outcomes.push(await runCli(cli, ['-server', server, ...args], input));
  }
  return outcomes as unknown as readonly [Outcome, Outcome];
}

const nodes = `
create /a hello
create /a again
create /a/b 'two words' world:anyone:cdrwa
create -e /e x
create -s /s- x
create -e -s /es- x
create -c /c x
create -t 100000 /t x
create -c -s /x
create -t 10 -e /x
create -t z /x
create -t 0 /x
create /n
create /no/child x
create /e/child x
create /bad x world:anyone
create /acl x digest:ben:hash:rw,ip:127.0.0.1:cdrwa
create
create relative x
create /a//b x
create /a/ x
create /a/../b x
ls /
ls -s /
ls -R /
ls -sR /a
ls /no
ls
ls / watch
ls -? /
ls -z /
get /a
get -s /a
get -b /a
get -x /a
get -sb /a
get /n
get -x /n
get /no
get
get /a watch
get -s=1 /a
set /a "new value"
set -s /a v2
set -v 2 -s /a v3
set -v 2 /a v4
set -v
set /a
set -b /a aGVsbG8=
get /a
set /no x
stat /a
stat /no
stat
stat /a watch
delete -v 7 /a/b
delete /a
delete /a/b
delete /no
delete /n 3
delete
sync /
sync
getAllChildrenNumber /
getAllChildrenNumber
deleteall /no
create /d x
create /d/1 x
create /d/1/2 x
create /d/3 x
deleteall -b 2 /d
ls /d
deleteall -b x /d
deleteall
history
redo 2
redo 1000
printwatches
printwatches off
printwatches
printwatches on
version
version now
nonsense
NONSENSE -x
"quoted" words
`;

const access = `
create /a x
getAcl /a
getAcl -s /a
getAcl /no
getAcl
setAcl /a world:anyone:r
setAcl -s -v 1 /a world:anyone:cdrwa
setAcl -v 1 /a world:anyone:r
setAcl /a nonsense
setAcl /a world:anyone:q
setAcl /a
setAcl /a auth::r
create /a/b x
setAcl -R /a world:anyone:cdra
getAcl /a/b
set /a y
addauth
addauth digest ben:secret
create /mine x auth::cdrwa
getAcl /mine
whoami
config -c
reconfig
reconfig -add x -members y
reconfig -v z -remove 1
setAcl /a world:anyone:cdrwa
quit
`;

const watching = `
create /a x
get -w /a
set /a y
ls -w /
create /b x
stat -w /b
delete /b
addWatch /a
set /a z
create /a/c x
addWatch -m PERSISTENT /p
create /p x
addWatch -m nonsense /p
addWatch
removewatches /a
removewatches /a
removewatches /p -p
removewatches
ls -w /
removewatches / -c
removewatches / -d
close
ls /
connect
get /nothing
quit
`;

test('nodes: the same words, the same exit code', { timeout: 240_000 }, async () => {
  const [theirs, mine] = await both(nodes);
  assert.deepEqual(mine.lines, theirs.lines);
  assert.deepEqual(mine.errors, theirs.errors);
  assert.equal(mine.code, theirs.code);
  assert.equal(theirs.code, 127, 'the last command counts');
  assert.ok(theirs.lines.length > 100 && theirs.errors.length > 40);
});

test('ACLs, authentication, configuration', { timeout: 240_000 }, async () => {
  const [theirs, mine] = await both(access);
  assert.deepEqual(mine.lines, theirs.lines);
  assert.deepEqual(mine.errors, theirs.errors);
  assert.equal(mine.code, theirs.code);
});

test('watches: the same events', { timeout: 240_000 }, async () => {
  const [theirs, mine] = await both(watching);
  assert.deepEqual(mine.lines, theirs.lines);
  assert.deepEqual(mine.errors, theirs.errors);
  assert.deepEqual(mine.events, theirs.events);
  assert.ok(theirs.events.length > 8, theirs.events.join('\n'));
  assert.deepEqual(
    [mine.code, theirs.code],
    [1, 1],
    'quit ends with the code of what was before it',
  );
});

const quotas = `
create /q x
create /q/a x
setquota -n 5 /q
setquota -b 100 /q
setquota -N 7 /q
setquota -B 200 /q
listquota /q
setquota -n 1 /q/a
setquota -n 0 /q
setquota -b -1 /q
setquota -n x /q
setquota -n 3 -b 4 /q
setquota /q
setquota -n 3
setquota -n 3 /none
setquota -n 3 /zookeeper/quota/q
listquota /none
listquota
delquota -n /q
listquota /q
delquota /q
delquota /q
delquota
setquota -n 1 /q/a
setquota -n 1 /q
delquota /q/a
`;

test('quotas', { timeout: 240_000 }, async () => {
  const [theirs, mine] = await both(quotas);
  assert.deepEqual(mine.lines, theirs.lines);
  assert.deepEqual(mine.errors, theirs.errors);
  assert.equal(mine.code, theirs.code);
});

for (const args of [
  ['get', '/a'],
  ['get', '-s', '/no'],
  ['create', '-e', '/e', 'x'],
  ['nonsense'],
  ['get'],
]) {
  test(`one command: ${args.join(' ')}`, { timeout: 120_000 }, async () => {
    const [theirs, mine] = await both('', args, (zk, folder) => zk.create(`${folder}/a`, 'x'));
    assert.deepEqual(mine, theirs);
  });
}

const ephemerals = `
create -e /cli-e x
create -e /cli-f x
getEphemerals
getEphemerals /cli-f
getEphemerals /none
delete /cli-e
delete /cli-f
`;

test('getEphemerals, where no chroot is (Apache leaves it in the paths)', async () => {
  const server = ['-server', cluster.connectString];
  const theirs = await runCli(apache, server, ephemerals);
  assert.deepEqual(await runCli(ours, server, ephemerals), theirs);
});

test('a server that is not there: the same words and code', { timeout: 120_000 }, async () => {
  for (const cli of [apache, ours]) {
    const { code, errors } = await runCli(cli, ['-server', '127.0.0.1:1', 'get', '/a']);
    assert.equal(code, 1);
    assert.deepEqual(errors, ['KeeperErrorCode = ConnectionLoss for /a']);
  }
});
