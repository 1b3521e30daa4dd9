/** Folders that cannot be used, and disks that fail while a server runs. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LogIo } from '../../../src/shell/storage/log-writer.js';
import { systemIo } from '../../../src/shell/storage/log-writer.js';
import { StorageError, reading, writing } from '../../../src/shell/storage/storage-error.js';
import { contents, imageAt, openAt, temporaryFolder, txns } from './harness.js';
import { makeZxid } from '../../../src/core/zxid.js';

function systemError(code: string, text: string): Error {
  return Object.assign(new Error(`${code}: ${text}, write`), { code, errno: -1, syscall: 'write' });
}
const full = systemError('ENOSPC', 'no space left on device');
const broken = systemError('EIO', 'i/o error');

test('a data folder that is a file', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'data'), '');
  await assert.rejects(openAt(join(folder, 'data')), {
    code: 'FOLDER',
    message: `cannot use data folder ${join(folder, 'data', 'version-2')}: ENOTDIR: not a directory`,
  });
  await writeFile(join(folder, 'version-2'), '');
  await assert.rejects(openAt(folder), { code: 'FOLDER', message: /EEXIST: file already exists$/ });
});

test('a data folder without the right to write', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'version-2'));
  await chmod(join(folder, 'version-2'), 0o555);
  await chmod(folder, 0o755);
  // The rights of files do not bind root: it steps down for the moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid!(65534);
  try {
    await assert.rejects(openAt(folder), {
      code: 'FOLDER',
      message: `cannot use data folder ${join(folder, 'version-2')}: EACCES: permission denied`,
    });
  } finally {
    if (isRoot) process.seteuid!(0);
  }
});

test('a folder has one server, and is free when that one ends, however it ends', async (t) => {
  const folder = await temporaryFolder(t);
  const locked = {
    code: 'LOCKED',
    message: `data folder ${join(folder, 'version-2')} is in use by another server`,
  };
  const first = await openAt(folder);
  await assert.rejects(openAt(folder), locked);
  await first.storage.close();
  const second = await openAt(folder);
  await assert.rejects(openAt(folder), locked);
  await second.storage.abandon();
  const third = await openAt(folder);
  await third.storage.close();
});

test('a folder of a process that was killed is free', async (t) => {
  const folder = await temporaryFolder(t);
  const harness = new URL('./harness.js', import.meta.url).href;
  const program = `
    const { openAt, txns } = await import(${JSON.stringify(harness)});
    const { submit, answered } = await openAt(${JSON.stringify(folder)});
    for (const txn of txns(0, 1, 20)) submit({ op: 'append', txn });
    await answered(20);
    console.log('ready');
    setInterval(() => {}, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await assert.rejects(openAt(folder), { code: 'LOCKED' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { recovered, storage } = await openAt(folder);
  await storage.close();
  assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 1, 20)));
});

test('log and snapshots may have folders of their own, locked both', async (t) => {
  const folder = await temporaryFolder(t);
  const dataLogDir = join(folder, 'log');
  const opened = await openAt(join(folder, 'data'), { dataLogDir });
  for (const txn of txns(0, 1, 3)) opened.submit({ op: 'append', txn });
  opened.submit({ op: 'acceptedEpoch', epoch: 2 });
  await opened.answered(4);
  await opened.storage.snapshot(imageAt(makeZxid(0, 2)));
  await assert.rejects(openAt(join(folder, 'other'), { dataLogDir }), { code: 'LOCKED' });
  await opened.storage.close();
  await readFile(join(folder, 'data', 'version-2', 'acceptedEpoch'));
  await readFile(join(folder, 'data', 'version-2', 'snapshot.2'));
  await readFile(join(folder, 'log', 'version-2', 'log.1'));
  const again = await openAt(join(folder, 'data'), { dataLogDir });
  await again.storage.close();
  assert.deepEqual(contents(again.recovered.disk.log), contents(txns(0, 3, 3)));
});

/** A disk that does `before` its nth write or sync. */
function failing(part: 'write' | 'sync', nth: number, error: Error, half = false): LogIo {
  let count = 0;
  return {
    write: async (fd, bytes, position) => {
      if (part !== 'write' || ++count < nth) return systemIo.write(fd, bytes, position);
      if (half) await systemIo.write(fd, bytes.subarray(0, bytes.length >> 1), position);
      throw error;
    },
    sync: (fd) => (part !== 'sync' || ++count < nth ? systemIo.sync(fd) : Promise.reject(error)),
  };
}

for (const [name, io, message] of [
  ['a full disk', failing('write', 2, full), /ENOSPC: no space left on device$/],
  [
    'a full disk, half written',
    failing('write', 2, full, true),
    /ENOSPC: no space left on device$/,
  ],
  ['a failing flush', failing('sync', 2, broken), /EIO: i\/o error$/],
] as const) {
  test(`${name}: nothing is acknowledged from there on`, async (t) => {
    const folder = await temporaryFolder(t);
    const opened = await openAt(folder, { io, fsync: true });
    for (const txn of txns(0, 1, 5)) opened.submit({ op: 'append', txn });
    await opened.answered(5);
    for (const txn of txns(0, 6, 9)) opened.submit({ op: 'append', txn });
    opened.submit({ op: 'acceptedEpoch', epoch: 7 });
    await opened.answered(10);
    assert.deepEqual(opened.persisted, [5]);
    assert.equal(opened.failures.length, 1);
    const [failure] = opened.failures;
    assert.equal(failure!.code, 'WRITE');
    assert.match(failure!.message, /^cannot write the transaction log in .*version-2: /);
    assert.match(failure!.message, message);
    opened.submit({ op: 'acceptedEpoch', epoch: 8 });
    assert.equal(opened.storage.snapshotDue(), false);
    await opened.storage.snapshot(imageAt(makeZxid(0, 5)));
    await opened.storage.close();
    assert.deepEqual(opened.persisted, [5]);
    assert.equal(opened.failures.length, 1, 'said once');

    const { recovered, storage } = await openAt(folder);
    await storage.close();
    assert.equal(recovered.disk.acceptedEpoch, 0);
    assert.equal(recovered.disk.snapshotZxid, 0);
    const log = contents(recovered.disk.log);
    assert.deepEqual(log.slice(0, 5), contents(txns(0, 1, 5)));
    assert.deepEqual(log, contents(txns(0, 1, log.length)), 'a prefix of what was asked');
  });
}

test('a folder that vanishes: epochs and snapshots fail as clearly', async (t) => {
  const folder = await temporaryFolder(t);
  const epochs = await openAt(join(folder, 'a'));
  await rm(join(folder, 'a'), { recursive: true });
  epochs.submit({ op: 'acceptedEpoch', epoch: 1 });
  await epochs.answered(1);
  assert.match(
    epochs.failures[0]!.message,
    /^cannot write acceptedEpoch in .*: ENOENT: no such file/,
  );
  await epochs.storage.close();

  const snapshots = await openAt(join(folder, 'b'));
  await rm(join(folder, 'b'), { recursive: true });
  await snapshots.storage.snapshot(imageAt(makeZxid(0, 5)));
  assert.match(snapshots.failures[0]!.message, /^cannot write snapshot .*snapshot\.5: ENOENT/);
  await snapshots.storage.close();

  const install = await openAt(join(folder, 'c'));
  await rm(join(folder, 'c'), { recursive: true });
  const zxid = makeZxid(0, 5);
  install.submit({ op: 'install', snapshot: { zxid, image: imageAt(zxid) } });
  await install.answered(1);
  assert.match(install.failures[0]!.message, /^cannot install a snapshot in .*: ENOENT/);
  await install.storage.close();
});

test('a truncation below the snapshot is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const opened = await openAt(folder);
  for (const txn of txns(0, 1, 9)) opened.submit({ op: 'append', txn });
  await opened.answered(9);
  await opened.storage.snapshot(imageAt(makeZxid(0, 6)));
  opened.submit({ op: 'truncate', zxid: makeZxid(0, 6) });
  await opened.answered(10);
  opened.submit({ op: 'truncate', zxid: makeZxid(0, 5) });
  await opened.answered(11);
  await opened.storage.close();
  assert.deepEqual(opened.persisted, [9, 10]);
  assert.equal(opened.failures[0]!.code, 'TRUNCATE');
  assert.match(
    opened.failures[0]!.message,
    /^cannot truncate the log to 0x5: the snapshot 0x6 in .* holds more$/,
  );
});

test('errors that are not the disk’s are not called so', async () => {
  const ours = new TypeError('a broken invariant');
  const fail = (e: unknown) => (): Promise<never> => Promise.reject(e);
  await assert.rejects(writing('x', fail(ours)), ours);
  await assert.rejects(reading('x', fail(ours)), ours);
  const stated = new StorageError('CORRUPT', 'stated');
  await assert.rejects(writing('x', fail(stated)), stated);
  await assert.rejects(reading('f', fail(broken)), {
    code: 'FOLDER',
    message: 'cannot read data folder f: EIO: i/o error',
  });
});
