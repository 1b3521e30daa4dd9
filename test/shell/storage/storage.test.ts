/** The queue of durable writes: order, answers, restarts, failures. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeZxid } from '../../../src/core/zxid.js';
import { contents, imageAt, openAt, temporaryFolder, txns } from './harness.js';

test('appends are answered by the last ticket and found again', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openAt(folder, { fsync: true });
  assert.deepEqual(first.recovered.disk, {
    acceptedEpoch: 0,
    currentEpoch: 0,
    snapshotZxid: 0,
    log: [],
  });
  assert.equal(first.recovered.image, null);
  first.submit({ op: 'acceptedEpoch', epoch: 1 });
  first.submit({ op: 'currentEpoch', epoch: 1 });
  const log = txns(1, 1, 50);
  for (const txn of log) first.submit({ op: 'append', txn });
  assert.deepEqual(first.persisted, [], 'never answered from within submit');
  await first.answered(52);
  assert.deepEqual(first.persisted, [1, 2, 52], 'one answer for a run of appends');
  await first.storage.close();

  const second = await openAt(folder);
  assert.equal(second.recovered.disk.acceptedEpoch, 1);
  assert.equal(second.recovered.disk.currentEpoch, 1);
  assert.deepEqual(contents(second.recovered.disk.log), contents(log));
  assert.deepEqual(
    second.recovered.disk.log,
    log.map((txn) => ({ ...txn })),
  );
  await second.storage.close();
});

test('truncation cuts across files, and appends go on after it', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [from, to] of [
    [1, 10],
    [11, 20],
    [21, 30],
  ] as const) {
    const { storage, submit } = await openAt(folder);
    for (const txn of txns(0, from, to)) submit({ op: 'append', txn });
    await storage.close();
  }
  const opened = await openAt(folder);
  assert.equal(opened.recovered.disk.log.length, 30);
  opened.submit({ op: 'truncate', zxid: makeZxid(0, 15) });
  for (const txn of txns(0, 16, 18, 'new')) opened.submit({ op: 'append', txn });
  await opened.storage.close();
  assert.deepEqual(opened.persisted, [1, 4]);

  const { recovered, storage } = await openAt(folder);
  await storage.close();
  assert.deepEqual(
    contents(recovered.disk.log),
    contents([...txns(0, 1, 15), ...txns(0, 16, 18, 'new')]),
  );
  const files = (await readdir(join(folder, 'version-2'))).sort();
  assert.deepEqual(files, ['log.1', 'log.10', 'log.b']);
});

test('an installed snapshot replaces snapshots and log', async (t) => {
  const folder = await temporaryFolder(t);
  const first = await openAt(folder);
  for (const txn of txns(0, 1, 9)) first.submit({ op: 'append', txn });
  await first.answered(9);
  await first.storage.snapshot(imageAt(makeZxid(0, 9)));
  for (const txn of txns(0, 10, 12)) first.submit({ op: 'append', txn });
  const zxid = makeZxid(0, 8);
  first.submit({ op: 'install', snapshot: { zxid, image: imageAt(zxid, 'received') } });
  for (const txn of txns(0, 9, 11, 'after')) first.submit({ op: 'append', txn });
  await first.storage.close();
  assert.deepEqual(first.failures, []);
  assert.deepEqual(first.persisted, [9, 12, 13, 16]);

  const { recovered, storage } = await openAt(folder);
  await storage.close();
  assert.equal(recovered.disk.snapshotZxid, zxid);
  assert.deepEqual(recovered.image, imageAt(zxid, 'received'));
  assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 9, 11, 'after')));
});
