/**
 * What the simulated disk finds of a torn write is what the real one does: the same bytes, cut at the
 * same place, are written to a folder and opened by the storage that servers run.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { SessionId } from '../../src/core/ids.js';
import type { Txn } from '../../src/core/txn.js';
import { ZXID_ZERO, makeZxid } from '../../src/core/zxid.js';
import { LOG_MAGIC, encodeFileHeader } from '../../src/jute/log.js';
import { openStorage } from '../../src/shell/storage/open-storage.js';
import { SimDisk } from '../../src/sim/ensemble/disk.js';
import { Rng } from '../../src/sim/ensemble/rng.js';
import { logBytes, readLogBytes, tornBytes } from '../../src/sim/ensemble/torn-write.js';

function txns(count: number, from = 1): Txn[] {
  return Array.from({ length: count }, (_, i) => ({
    zxid: makeZxid(1, from + i),
    sessionId: 0x1_0000n as SessionId,
    cxid: i,
    time: 1_700_000_000_000,
    body: { type: 'setData', path: `/n${i}`, data: Uint8Array.of(i, 0, i), version: i },
  }));
}

/** What a server finds in a log file that begins with `whole` and ends with `torn`. */
async function recovered(whole: Buffer, torn: Buffer): Promise<readonly Txn[]> {
  const folder = mkdtempSync(join(tmpdir(), 'zab-torn-'));
  try {
    const data = join(folder, 'version-2');
    mkdirSync(data);
    for (const name of ['acceptedEpoch', 'currentEpoch']) writeFileSync(join(data, name), '1');
    const header = encodeFileHeader(LOG_MAGIC, 0);
    writeFileSync(join(data, 'log.100000001'), Buffer.concat([header, whole, torn]));
    const events = { onPersisted: () => undefined, onFailure: () => undefined };
    const { recovered: found, storage } = await openStorage({ dataDir: folder }, events);
    await storage.close();
    return found.disk.log;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a write torn at any byte is read as the real storage reads it', async () => {
  const before = txns(2);
  const batch = txns(3, 3);
  const { length } = logBytes(batch);
  let cuts = 0;
  for (let kept = 0; kept <= length; kept += 7) {
    for (const padded of [false, true]) {
      const torn = tornBytes(batch, kept, padded);
      const found = await recovered(logBytes(before), torn);
      assert.deepEqual(
        found,
        [...readLogBytes(logBytes(before)), ...readLogBytes(torn)],
        `${kept} of ${length} bytes`,
      );
      if (found.length < 5) cuts++;
    }
  }
  assert.ok(cuts > 10, 'nothing was cut');
});

test('a crash leaves any whole records of a run of appends, and says if one was torn', () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const disk = new SimDisk();
    disk.waiting = txns(3).map((txn, i) => ({ ticket: i + 1, write: { op: 'append', txn } }));
    disk.begin();
    seen.add(disk.crash(new Rng(seed)));
    const left = disk.log.map(({ zxid }) => zxid);
    assert.deepEqual(
      left,
      txns(left.length).map(({ zxid }) => zxid),
    );
    assert.deepEqual(disk.running, []);
  }
  assert.deepEqual([...seen].sort(), ['done', 'lost', 'partial', 'torn']);
});

test('a truncation that a crash interrupts has dropped the newest files first', () => {
  const ends = new Set<number>();
  for (let seed = 0; seed < 100; seed++) {
    const disk = new SimDisk();
    for (const [i, txn] of txns(6).entries()) {
      disk.waiting = [{ ticket: i + 1, write: { op: 'append', txn } }];
      disk.begin();
      disk.finish();
      // A new file after every other entry.
      if (i % 2 === 1) {
        const snapshot = { zxid: ZXID_ZERO, tree: null };
        disk.beginSnapshot(snapshot);
        disk.finishSnapshot(snapshot);
      }
    }
    disk.waiting = [{ ticket: 7, write: { op: 'truncate', zxid: makeZxid(1, 1) } }];
    disk.begin();
    disk.crash(new Rng(seed));
    ends.add(disk.log.length);
    const kept = disk.log.map(({ zxid }) => zxid);
    assert.deepEqual(
      kept,
      txns(kept.length).map(({ zxid }) => zxid),
    );
  }
  assert.deepEqual([...ends].sort(), [1, 2, 4, 6]);
});
