/** `zab inspect`: what it prints of whole files, and what it says of damaged ones, and where. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SessionId } from '../../src/core/ids.js';
import type { Txn, TxnBody } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { UsageError } from '../../src/cli/command.js';
import { runInspect } from '../../src/cli/inspect/inspect.js';
import { withDigest } from '../../src/server/digests.js';
import type { Compression } from '../../src/shell/storage/compression.js';
import { applyTxn } from '../../src/tree/apply.js';
import { imageOf } from '../../src/tree/image.js';
import { emptyTree } from '../../src/tree/tree.js';
import { openAt, temporaryFolder } from '../shell/storage/harness.js';

const open = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const closed = [{ perms: 5, scheme: 'digest', id: 'bob:x=' }];
const create = { data: Buffer.from('data'), acl: open, ephemeral: false, parentCVersion: -1 };

const BODIES: readonly TxnBody[] = [
  { type: 'createSession', timeout: 30_000 },
  { type: 'create', path: '/a', ...create },
  { type: 'create2', path: '/a/e', ...create, ephemeral: true },
  { type: 'createContainer', path: '/c', data: null, acl: closed, parentCVersion: -1 },
  { type: 'createTTL', path: '/t t', data: null, acl: open, parentCVersion: -1, ttl: 5000 },
  { type: 'setData', path: '/a', data: Buffer.alloc(9), version: 1 },
  { type: 'setACL', path: '/a', acl: closed, version: 1 },
  {
    type: 'multi',
    ops: [
      { type: 'check', path: '/a', version: 1 },
      { type: 'create', path: '/m', ...create },
    ],
  },
  { type: 'error', err: -101 },
  { type: 'delete', path: '/m' },
];
const SESSION = 0x100_0000_0000_0001n as SessionId;

/** A data folder with a snapshot in the middle; its log and its snapshot. */
async function dataFolder(
  t: TestContext,
  compression: Compression = 'none',
  stated: Zxid | null = null,
): Promise<{ readonly folder: string; readonly log: string; readonly snapshot: string }> {
  const folder = await temporaryFolder(t);
  const initial = imageOf(emptyTree());
  const { storage, submit, answered } = await openAt(folder, { initial, compression });
  let tree = emptyTree();
  for (const [i, body] of BODIES.entries()) {
    const bare: Txn = {
      ...{ zxid: (i + 1) as Zxid, sessionId: SESSION, cxid: i },
      ...{ time: 1_700_000_000_000 + i, body },
    };
    tree = applyTxn(tree, bare).tree;
    await answered(submit({ op: 'append', txn: withDigest(bare, tree) }));
    const wrong = { zxid: stated ?? (0 as Zxid), version: 2, high: 1, low: 2 };
    const image = imageOf(tree);
    if (i === 6) await storage.snapshot(stated === null ? image : { ...image, digest: wrong });
  }
  await storage.close();
  const version = join(folder, 'version-2');
  const suffix = compression === 'none' ? '' : `.${compression}`;
  return { folder, log: join(version, 'log.1'), snapshot: join(version, `snapshot.7${suffix}`) };
}

async function inspect(...args: string[]): Promise<{ code: number; lines: string[] }> {
  const lines: string[] = [];
  const code = await runInspect(args, (line) => {
    lines.push(line);
    return Promise.resolve();
  });
  return { code, lines };
}

async function json(...args: string[]): Promise<{ code: number; all: Record<string, unknown>[] }> {
  const { code, lines } = await inspect('--json', ...args);
  return { code, all: lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

test('a log: each transaction with its facts', async (t) => {
  const { log } = await dataFolder(t);
  const { code, lines } = await inspect(log);
  assert.equal(code, 0);
  assert.match(lines[0]!, /^log .*log\.1: version 2, dbid 0, \d+ bytes$/);
  assert.match(
    lines[2]!,
    /^ {2}0x2 2023-11-14T22:13:20.001Z session 0x100000000000001 cxid 0x1 create path=\/a dataLength=4 acl=\["world:anyone:cdrwa"\] ephemeral=false parentCVersion=-1 \(\d+ bytes at \d+, crc ok, digest 2\/\d+\)$/,
  );
  assert.match(lines.at(-1)!, /^ok .*log\.1: 7 transactions, 0x1 to 0x7$/);
  const { all } = await json(log);
  const txns = all.filter(({ kind }) => kind === 'txn');
  assert.deepEqual(
    txns.map(({ type }) => type),
    BODIES.slice(0, 7).map(({ type }) => type),
  );
  assert.deepEqual(txns[4]!['body'], {
    ...{ path: '/t t', dataLength: null, acl: ['world:anyone:cdrwa'] },
    ...{ parentCVersion: -1, ttl: 5000 },
  });
  // Where a record is said to be, it is: a length before it, its checksum, and 'B' behind it.
  const bytes = await readFile(log);
  for (const { offset, length } of txns as unknown as { offset: number; length: number }[]) {
    assert.equal(bytes.readInt32BE(offset + 8), length);
    assert.equal(bytes[offset + 12 + length], 0x42);
  }
});

for (const compression of ['none', 'gz', 'snappy'] as const) {
  test(`a snapshot, compression ${compression}: sessions, nodes, digest`, async (t) => {
    const { snapshot } = await dataFolder(t, compression);
    const { code, all } = await json(snapshot);
    assert.equal(code, 0);
    const kinds = (wanted: string) => all.filter(({ kind }) => kind === wanted);
    assert.deepEqual(kinds('session'), [
      {
        ...{ kind: 'session', file: snapshot, session: '0x100000000000001' },
        ...{ timeout: 30_000, ephemerals: 1 },
      },
    ]);
    assert.deepEqual(
      kinds('node').map(({ path, owner, dataLength, acl }) => [path, owner, dataLength, acl]),
      [
        ['/', null, 0, ['world:anyone:cdrwa']],
        ['/a', null, 9, ['digest:bob:x=:cr']],
        ['/a/e', 'ephemeral 0x100000000000001', 4, ['world:anyone:cdrwa']],
        ['/c', 'container', null, ['digest:bob:x=:cr']],
        ['/t t', 'ttl 5000 ms', null, ['world:anyone:cdrwa']],
        ['/zookeeper', null, 0, ['world:anyone:cdrwa']],
        ['/zookeeper/config', null, 0, ['world:anyone:r']],
        ['/zookeeper/quota', null, 0, ['world:anyone:cdrwa']],
      ].sort((a, b) => order(all, a[0] as string) - order(all, b[0] as string)),
    );
    assert.equal(kinds('digest')[0]!['matches'], true);
    const text = await inspect(snapshot);
    assert.match(text.lines.join('\n'), /^ {2}"\/t t" \[ttl 5000 ms\] no data czxid=0x5/m);
    // By what it begins with, whatever it is called.
    const copy = `${snapshot}.copy`;
    await copyFile(snapshot, copy);
    assert.equal((await inspect('--summary', copy)).code, 0);
    await writeFile(copy, (await readFile(copy)).subarray(0, -9));
    const cut = await inspect('--summary', copy);
    assert.equal(cut.code, 1);
    assert.match(cut.lines[0]!, /^DAMAGED /);
  });
}

/** Siblings come in the tree's own order. */
function order(all: readonly Record<string, unknown>[], path: string): number {
  return all.findIndex((line) => line['path'] === path);
}

test('a data folder: every file, and whether they fit together', async (t) => {
  const { folder, log } = await dataFolder(t);
  const whole = await inspect('--summary', folder);
  assert.equal(whole.code, 0, whole.lines.join('\n'));
  assert.match(whole.lines.at(-1)!, /the state at 0xa is 8 nodes, 1 sessions, digest \d+$/);
  assert.deepEqual(await inspect('--summary', join(folder, 'version-2')), whole);
  const names = await readdir(join(folder, 'version-2'));
  assert.deepEqual(names.sort(), ['log.1', 'log.8', 'snapshot.0', 'snapshot.7']);

  // The log may lie apart.
  const logs = join(folder, 'logs');
  await mkdir(logs);
  for (const name of ['log.1', 'log.8']) {
    await copyFile(join(folder, 'version-2', name), join(logs, name));
  }
  const alone = await inspect('--summary', logs);
  assert.equal(alone.code, 0);
  assert.match(alone.lines.join('\n'), /no snapshot that can be read/);

  // Without its first file the log has no gap behind the snapshot; without that, it has.
  const second = join(folder, 'second');
  await mkdir(second);
  await copyFile(join(logs, 'log.8'), join(second, 'log.8'));
  await copyFile(join(folder, 'version-2', 'snapshot.0'), join(second, 'snapshot.0'));
  const gap = await inspect('--summary', second);
  assert.equal(gap.code, 1);
  assert.match(gap.lines.at(-1)!, /^DAMAGED .*: 0x8 comes after 0x0: a gap$/);
  await copyFile(join(folder, 'version-2', 'snapshot.7'), join(second, 'snapshot.7'));
  assert.equal((await inspect('--summary', second)).code, 0);
  assert.equal(log, join(folder, 'version-2', 'log.1'));
});

test('a damaged log: the place, and what is intact behind it', async (t) => {
  const { folder, log } = await dataFolder(t);
  const bytes = await readFile(log);
  const { all } = await json(log);
  const offsets = all.filter(({ kind }) => kind === 'txn').map(({ offset }) => Number(offset));
  const [, second = 0, third = 0] = offsets;
  const broken = Buffer.from(bytes);
  broken[second + 30]! ^= 1;
  await writeFile(log, broken);
  const found = await json(log);
  assert.equal(found.code, 1);
  assert.deepEqual(
    found.all.filter(({ kind }) => kind === 'damage'),
    [
      {
        ...{ kind: 'damage', file: log, offset: second },
        reason: `checksum does not match; an intact record follows at ${third}`,
      },
    ],
  );
  assert.equal(found.all.filter(({ kind }) => kind === 'txn').length, 6);

  // A torn end, an end without an end, no file header, and nothing at all.
  const last = offsets.at(-1)!;
  const cases: readonly (readonly [Buffer, number, RegExp])[] = [
    [bytes.subarray(0, last + 20), last, /incomplete; nothing intact follows/],
    [Buffer.concat([bytes, Buffer.from('junk')]), -1, /bytes after the end; nothing intact/],
    [bytes.subarray(0, 7), 0, /file header incomplete/],
    [Buffer.alloc(0), 0, /file header incomplete/],
    [Buffer.concat([Buffer.from('ZKSN'), bytes.subarray(4)]), -1, /./],
  ];
  for (const [content, offset, reason] of cases) {
    await writeFile(log, content);
    const { code, all: lines } = await json(log);
    assert.equal(code, 1, String(reason));
    const damage = lines.find(({ kind }) => kind === 'damage')!;
    if (offset >= 0) assert.equal(damage['offset'], offset);
    assert.match(String(damage['reason']), reason);
  }

  // A record that is whole and says something else than what was agreed: the digest tells.
  const { folder: other } = await dataFolder(t);
  const initial = imageOf(emptyTree());
  const { storage, submit, answered } = await openAt(other, { initial });
  const body: TxnBody = { type: 'setData', path: '/a', data: null, version: 2 };
  const digest = { version: 2, high: 1, low: 2 };
  const txn = { zxid: 11 as Zxid, sessionId: SESSION, cxid: 99, time: 5, body, digest };
  await answered(submit({ op: 'append', txn }));
  await storage.close();
  const tampered = await inspect('--summary', other);
  assert.equal(tampered.code, 1);
  assert.match(tampered.lines.join('\n'), /DAMAGED .*: digest after 0xb: 4294967298, but the tree/);
  assert.notEqual(other, folder);
});

test('a snapshot with a part of the transaction after its digest is not damaged', async (t) => {
  // What is said of 0x8 is wrong; the transaction after it agrees (0x9 is an error, without a digest).
  const { folder } = await dataFolder(t, 'none', 8 as Zxid);
  const sound = await inspect('--summary', folder);
  assert.equal(sound.code, 0, sound.lines.join('\n'));
  assert.match(
    sound.lines.join('\n'),
    /note .*: digest after 0x8: .*\(part of the next transaction\)/,
  );
  // Nothing after it agrees: that may be anything.
  const { folder: other } = await dataFolder(t, 'none', 10 as Zxid);
  const damaged = await inspect('--summary', other);
  assert.equal(damaged.code, 1);
  assert.match(damaged.lines.join('\n'), /DAMAGED .*: digest after 0xa: 4294967298, but the tree/);
});

test('what is no file of ZooKeeper is said so', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'notes.txt'), 'nothing of ours');
  const refused = async (pattern: RegExp, ...args: string[]): Promise<void> => {
    await assert.rejects(inspect(...args), (error) => {
      assert.ok(error instanceof UsageError);
      assert.match(error.message, pattern);
      return true;
    });
  };
  await refused(/no file or folder given/);
  await refused(/notes\.txt: neither a log nor a snapshot/, join(folder, 'notes.txt'));
  await refused(/gone: ENOENT/, join(folder, 'gone'));
  await refused(/a folder without logs and snapshots/, folder);
  await refused(/unknown option '--what'/, '--what', folder);
  // Called a log, and none: that is the damage.
  await writeFile(join(folder, 'log.5'), 'nothing of ours');
  const { code, lines } = await inspect(join(folder, 'log.5'));
  assert.equal(code, 1);
  assert.match(lines[0]!, /^DAMAGED .*log\.5 at offset 0: /);
  // An epoch is a number.
  await writeFile(join(folder, 'currentEpoch'), '7');
  assert.deepEqual((await inspect(join(folder, 'currentEpoch'))).lines, [
    `epoch ${join(folder, 'currentEpoch')}: 7`,
  ]);
  await writeFile(join(folder, 'currentEpoch'), 'seven');
  assert.equal((await inspect(join(folder, 'currentEpoch'))).code, 1);
});
