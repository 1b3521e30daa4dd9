/** Snapshots beside a running server, their policy, and what they make superfluous. */
import assert from 'node:assert/strict';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ImageNode, SnapshotImage } from '../../../src/core/image.js';
import { makeZxid } from '../../../src/core/zxid.js';
import type { Zxid } from '../../../src/core/zxid.js';
import type { ZxidFile } from '../../../src/shell/storage/files.js';
import { createSnapshotPolicy } from '../../../src/shell/storage/snapshot-policy.js';
import { purgeable } from '../../../src/shell/storage/snapshots.js';
import { contents, imageAt, openAt, temporaryFolder, txns } from './harness.js';

/** A state of many nodes. */
function largeImage(zxid: Zxid, count: number): SnapshotImage {
  const [root] = [...imageAt(zxid).nodes];
  function* nodes(): Generator<ImageNode> {
    yield root!;
    for (let i = 0; i < count; i++) yield { ...root!, path: `/n${i}`, data: Buffer.alloc(200, i) };
  }
  return { ...imageAt(zxid), nodes: { [Symbol.iterator]: nodes } };
}

test('appends are answered while a snapshot is being written, and go to a new file', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit, answered, persisted } = await openAt(folder);
  for (const txn of txns(0, 1, 5)) submit({ op: 'append', txn });
  await answered(5);
  let done = false;
  const snapshot = storage.snapshot(largeImage(makeZxid(0, 5), 20_000)).then(() => (done = true));
  void storage.snapshot(imageAt(makeZxid(0, 1))); // while one is under way: nothing
  for (const txn of txns(0, 6, 9)) submit({ op: 'append', txn });
  await answered(9);
  assert.equal(done, false, 'the append did not wait for the snapshot');
  await snapshot;
  await storage.close();
  assert.deepEqual(persisted, [5, 9]);
  assert.deepEqual((await readdir(join(folder, 'version-2'))).sort(), [
    'log.1',
    'log.6',
    'snapshot.5',
  ]);
  const again = await openAt(folder);
  await again.storage.close();
  assert.equal([...again.recovered.image!.nodes].length, 20_001);
  assert.deepEqual(contents(again.recovered.disk.log), contents(txns(0, 6, 9)));
});

test('an installation supersedes a snapshot that is being written', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit } = await openAt(folder);
  for (const txn of txns(0, 1, 5)) submit({ op: 'append', txn });
  const snapshot = storage.snapshot(largeImage(makeZxid(0, 5), 20_000));
  const zxid = makeZxid(0, 3);
  submit({ op: 'install', snapshot: { zxid, image: imageAt(zxid, 'received') } });
  await snapshot;
  await storage.close();
  assert.deepEqual(await readdir(join(folder, 'version-2')), ['snapshot.3']);
});

test('a truncation ends a snapshot that holds more', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit, failures } = await openAt(folder);
  for (const txn of txns(0, 1, 5)) submit({ op: 'append', txn });
  const snapshot = storage.snapshot(largeImage(makeZxid(0, 5), 20_000));
  submit({ op: 'truncate', zxid: makeZxid(0, 4) });
  await snapshot;
  await storage.close();
  assert.deepEqual(failures, []);
  assert.deepEqual(await readdir(join(folder, 'version-2')), ['log.1']);
});

test('abandoning leaves no half snapshot under its name', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit, answered } = await openAt(folder);
  for (const txn of txns(0, 1, 5)) submit({ op: 'append', txn });
  await answered(5);
  const snapshot = storage.snapshot(largeImage(makeZxid(0, 5), 20_000));
  await storage.abandon();
  await snapshot;
  const { recovered, storage: again } = await openAt(folder);
  await again.close();
  assert.equal(recovered.image, null);
  assert.equal(recovered.disk.log.length, 5);
});

test('a snapshot that is there already is not written again', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage } = await openAt(folder);
  await storage.snapshot(imageAt(makeZxid(0, 5), 'first'));
  await storage.snapshot(imageAt(makeZxid(0, 5), 'second'));
  await storage.close();
  await storage.snapshot(imageAt(makeZxid(0, 6), 'after the end'));
  const again = await openAt(folder);
  await again.storage.close();
  assert.deepEqual(again.recovered.image, imageAt(makeZxid(0, 5), 'first'));
});

test('old snapshots and their logs are purged', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit, answered } = await openAt(folder, { snapRetainCount: 2 });
  let ticket = 0;
  for (const to of [10, 20, 30, 40]) {
    for (const txn of txns(0, to - 9, to)) ticket = submit({ op: 'append', txn });
    await answered(ticket);
    await storage.snapshot(imageAt(makeZxid(0, to - 2)));
  }
  await storage.close();
  // The log that begins with 21 is needed for what comes after 28; the one with 11 is not.
  assert.deepEqual((await readdir(join(folder, 'version-2'))).sort(), [
    'log.15',
    'log.1f',
    'snapshot.1c',
    'snapshot.26',
  ]);
  const again = await openAt(folder);
  await again.storage.close();
  assert.deepEqual(contents(again.recovered.disk.log), contents(txns(0, 39, 40)));
});

test('what may be purged', () => {
  const files = (prefix: string, ...zxids: number[]): ZxidFile[] =>
    zxids.map((zxid) => ({
      path: `${prefix}.${zxid}`,
      zxid: zxid as Zxid,
      compression: 'none',
    }));
  const names = (snapshots: number[], logs: number[], retain: number): string[] =>
    purgeable(files('snapshot', ...snapshots), files('log', ...logs), retain).map((f) => f.path);
  assert.deepEqual(names([10, 20, 30], [1, 11, 21, 31], 1), [
    'snapshot.10',
    'snapshot.20',
    'log.1',
    'log.11',
    'log.21',
  ]);
  assert.deepEqual(names([10, 20, 30], [1, 15, 25, 35], 1), [
    'snapshot.10',
    'snapshot.20',
    'log.1',
    'log.15',
  ]);
  assert.deepEqual(names([10, 20, 30], [1, 11], 3), ['log.1']);
  assert.deepEqual(names([10], [1], 3), []);
  assert.deepEqual(names([], [1, 2], 3), []);
  assert.deepEqual(names([10, 20], [1, 2], 0), []);
});

test('a snapshot is due in the second half of snapCount, or of the size limit', () => {
  const due = (random: number, txns: number, bytes: number, limit = 1000): boolean => {
    const policy = createSnapshotPolicy({
      snapCount: 100,
      snapSizeLimit: limit,
      random: () => random,
    });
    policy.logged(txns, bytes);
    return policy.due();
  };
  assert.equal(due(0, 50, 0), false);
  assert.equal(due(0, 51, 0), true);
  assert.equal(due(0.999, 99, 0), false);
  assert.equal(due(0.999, 100, 0), true);
  assert.equal(due(0, 1, 500), false);
  assert.equal(due(0, 1, 501), true);
  assert.equal(due(0, 1, 1e9, 0), false, 'no size limit');
});

test('storage counts what it logs, and starts again with each snapshot', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit, answered } = await openAt(folder, { snapCount: 10, random: () => 0 });
  for (const txn of txns(0, 1, 5)) submit({ op: 'append', txn });
  await answered(5);
  assert.equal(storage.snapshotDue(), false);
  submit({ op: 'append', txn: txns(0, 6, 6)[0]! });
  await answered(6);
  assert.equal(storage.snapshotDue(), true);
  const written = storage.snapshot(imageAt(makeZxid(0, 6)));
  assert.equal(storage.snapshotDue(), false);
  await written;
  assert.equal(storage.snapshotDue(), false);
  await storage.close();
});

test('log files are padded with zeros, as much at a time as asked', async (t) => {
  const folder = await temporaryFolder(t);
  const sizes: number[] = [];
  for (const preAllocSizeKb of [0, 4, 64]) {
    const at = join(folder, String(preAllocSizeKb));
    const { storage, submit } = await openAt(at, { preAllocSizeKb });
    for (const txn of txns(0, 1, 10, 'x'.repeat(500))) submit({ op: 'append', txn });
    await storage.close();
    sizes.push((await stat(join(at, 'version-2', 'log.1'))).size);
  }
  assert.ok(sizes[0]! > 5000 && sizes[0]! < 8192);
  assert.deepEqual(sizes.slice(1), [8192, 65_536]);
});
