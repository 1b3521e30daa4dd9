/**
 * One data folder that Apache's server and ours take over from each other, after a kill -9 each time:
 * every node, stat, ACL and session is there, and the digests in logs and snapshots are right, or
 * `zk_digest_mismatches_count` would say so. Snapshots are written plain, as gz and as snappy, by
 * either. About 30 s on a quiet machine, both tests together.
 */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInspect } from '../../../src/cli/inspect/inspect.js';
import { fourLetterWord } from '../../support/four-letter-word.js';
import { memberCommand, type Kind } from '../../support/cluster.js';
import { ServerProcess, dropFolder, freePorts, makeFolder } from '../../support/server-process.js';
import { testCfg, writeZooCfg, type MemberPorts } from '../../support/zoo-cfg.js';
import { wholeState, type WholeState } from './whole-state.js';
import { SUPER, SUPER_DIGEST, connectAs, writePart } from './workload.js';

/** Of one run of a server. */
interface Turn {
  readonly kind: Kind;
  /** `snapshot.compression.method`. */
  readonly compression: '' | 'gz' | 'snappy';
}

function suffixes(folder: string): Set<string> {
  const names = readdirSync(join(folder, 'version-2')).filter((name) => /^snapshot/.test(name));
  return new Set(names.map((name) => name.replace(/^snapshot\.[0-9a-f]+\.?/, '')));
}

/** `zab inspect` finds nothing wrong: no gap, and the right digest after each transaction. */
async function assertWhole(folder: string, by: string): Promise<void> {
  const lines: string[] = [];
  const code = await runInspect(['--summary', folder], (line) => {
    lines.push(line);
    return Promise.resolve();
  });
  const damage = lines.filter((line) => line.startsWith('DAMAGED'));
  // (See `assertReadWell`: a snapshot alone does not show that it is not damaged.)
  const digestOnly = damage.every((line) => line.endsWith('the digest does not match the nodes'));
  if (by.startsWith('apache') && damage.length === 1 && digestOnly) return;
  assert.equal(code, 0, `${by}: ${lines.join('\n')}`);
}

/** What the word `hash` says: of one zxid the same, whoever says it. */
async function collectDigests(address: string, known: Map<string, string>): Promise<void> {
  const lines = (await fourLetterWord(address, 'hash')).split('\n').filter((line) => line !== '');
  for (const line of lines) {
    const [zxid = '', digest = ''] = /^[0-9a-f]*[08]0: -?\d+$/.exec(line)?.[0].split(': ') ?? [];
    assert.notEqual(zxid, '', `${address}: ${line}`);
    assert.equal(known.get(zxid) ?? digest, digest, `${address} at 0x${zxid}`);
    known.set(zxid, digest);
  }
}

/** Runs the turns one after the other on the folder of `member`. */
async function takeTurns(
  home: string,
  member: MemberPorts,
  extra: readonly string[],
  turns: readonly Turn[],
): Promise<void> {
  let last: WholeState | null = null;
  const digests = new Map<string, string>();
  for (const [i, { kind, compression }] of turns.entries()) {
    const method = compression === '' ? [] : [`snapshot.compression.method=${compression}`];
    const lines = [...extra, ...method];
    const file = writeZooCfg(home, member, [member], { ...testCfg, extra: lines });
    const command = await memberCommand({ kind, shape: 'standalone' }, file, member.sid);
    const server = new ServerProcess(`${kind} ${i}`, member.client, command);
    server.spawn();
    try {
      await server.serving();
      const found = await wholeState(server.address);
      assertReadWell(found, turns[i - 1]?.kind, server.name);
      if (last !== null) {
        assert.deepEqual(found.lines, last.lines, `what ${server.name} has read`);
        assert.equal(found.digest, last.digest);
      }
      await writePart(server.address, `part-${i}`);
      last = await wholeState(server.address);
      assert.equal(last.mismatches, found.mismatches, `digests of ${server.name}'s own writes`);
      await collectDigests(server.address, digests);
      assert.ok(last.lines.length > found.lines.length + 30);
    } finally {
      await server.kill();
    }
    await assertWhole(join(home, String(member.sid), 'data'), server.name);
    assert.ok(suffixes(join(home, String(member.sid), 'data')).has(compression), server.name);
  }
  assert.ok(digests.size > turns.length / 2, [...digests.keys()].join(' '));
}

/**
 * Apache's server takes a snapshot while it applies transactions. When it notes the snapshot's digest, the
 * nodes may already hold a part of the next transaction (`DataTree.processTxn` changes them first and
 * records the digest last): whoever reads that snapshot, Apache's too, then counts that one digest as wrong,
 * and none after it. Ours are of one moment.
 */
function assertReadWell(found: WholeState, writer: Kind | undefined, name: string): void {
  const most = writer === 'apache' ? 1 : 0;
  assert.ok(found.mismatches <= most, `${name} has read ${found.mismatches} wrong digests`);
}

/** An ensemble of one, whose servers Apache's moves to a file of their own. */
async function takeTurnsInEnsemble(home: string, turns: readonly Kind[]): Promise<void> {
  const [client = 0, quorum = 0, election = 0] = await freePorts(3);
  const member = { sid: 1, client, quorum, election };
  const own = `server.1=127.0.0.1:${quorum}:${election}:participant;127.0.0.1:${client}`;
  const lines = [...common, 'standaloneEnabled=false', 'reconfigEnabled=true', own];
  const file = writeZooCfg(home, member, [member], { ...testCfg, extra: lines });
  // The client port stands in the server's line.
  const text = readFileSync(file, 'utf8').replace(/^clientPort.*\n/gm, '');
  writeFileSync(file, text);
  const data = join(home, '1', 'data');
  writeFileSync(join(data, 'myid'), '1\n');
  const epochs = (): number[] =>
    ['acceptedEpoch', 'currentEpoch'].map((name) =>
      Number(readFileSync(join(data, 'version-2', name), 'utf8')),
    );
  let last: WholeState | null = null;
  let config = '';
  for (const [i, kind] of turns.entries()) {
    const command = await memberCommand({ kind, shape: 'ensemble' }, file, 1);
    const server = new ServerProcess(`${kind} ${i}`, client, command);
    server.spawn();
    try {
      await server.serving();
      const found = await wholeState(server.address);
      assertReadWell(found, turns[i - 1], server.name);
      if (last !== null) assert.deepEqual(found.lines, last.lines, `what ${server.name} has read`);
      await writePart(server.address, `part-${i}`);
      last = await wholeState(server.address);
      assert.equal(last.mismatches, found.mismatches, server.name);
      assert.deepEqual(epochs(), [i + 1, i + 1], `each start begins an epoch: ${server.name}`);
      const { data } = await readConfig(server.address);
      // Once Apache's server has moved it to a file with a version, it is the same for both.
      if (i > 1) assert.equal(data, config, `${server.name} has the configuration of that file`);
      config = data;
    } finally {
      await server.kill();
    }
  }
  assert.match(readFileSync(file, 'utf8'), /^dynamicConfigFile=.*zoo\.cfg\.dynamic\.200000000$/m);
  assert.match(config, /^server\.1=.*\nversion=200000000$/);
}

async function readConfig(address: string): Promise<{ readonly data: string }> {
  const zk = await connectAs(address, SUPER);
  try {
    return { data: String((await zk.getConfig()).data) };
  } finally {
    await zk.close();
  }
}

const common = [
  ...['snapCount=60', 'extendedTypesEnabled=true', 'maxSessionTimeout=3600000'],
  ...['preAllocSize=64', `DigestAuthenticationProvider.superDigest=${SUPER_DIGEST}`],
];

test('a folder is handed over, plain and compressed', { timeout: 600_000 }, async () => {
  const home = makeFolder('zab-handover-');
  try {
    const [client = 0] = await freePorts(1);
    const member = { sid: 1, client, quorum: 0, election: 0 };
    await takeTurns(home, member, common, [
      { kind: 'apache', compression: '' },
      { kind: 'zab', compression: 'gz' },
      { kind: 'apache', compression: 'snappy' },
      { kind: 'zab', compression: 'snappy' },
      { kind: 'apache', compression: 'gz' },
      { kind: 'zab', compression: '' },
    ]);
  } finally {
    dropFolder(home);
  }
});

test(
  'the folder of an ensemble: epochs, and servers in a file of their own',
  { timeout: 600_000 },
  async () => {
    const home = makeFolder('zab-handover-');
    try {
      // Ours begins: Apache's server starts from a folder that it has never seen.
      await takeTurnsInEnsemble(home, ['zab', 'apache', 'zab', 'apache']);
    } finally {
      dropFolder(home);
    }
  },
);
