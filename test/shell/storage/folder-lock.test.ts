/** One process a data folder; and only that folder, whatever becomes of it. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockFolder, type FolderLock } from '../../../src/shell/storage/folder-lock.js';

test('a folder is locked once, until it is let go', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zab-lock-'));
  t.after(() => rm(folder, { recursive: true }));
  const lock = await lockFolder(folder);
  await assert.rejects(lockFolder(folder), { code: 'LOCKED' });
  await lock.release();
  await lock.release();
  await (await lockFolder(folder)).release();
});

test('the lock of a folder that was deleted is no other folder’s', async (t) => {
  const around = await mkdtemp(join(tmpdir(), 'zab-lock-'));
  const locks: FolderLock[] = [];
  t.after(async () => {
    await Promise.all(locks.map((lock) => lock.release()));
    await rm(around, { recursive: true });
  });
  // File systems give the number of a deleted folder to the next new one.
  for (let i = 0; i < 20; i++) {
    const folder = join(around, `${i}`);
    await mkdir(folder);
    locks.push(await lockFolder(folder));
    await rm(folder, { recursive: true });
  }
});
