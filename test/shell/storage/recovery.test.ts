/** What is made of files that a crash, or worse, left behind. */
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { makeZxid } from '../../../src/core/zxid.js';
import type { Txn } from '../../../src/core/txn.js';
import type { Zxid } from '../../../src/core/zxid.js';
import { FILE_HEADER_LENGTH, RECORD_OVERHEAD } from '../../../src/jute/log.js';
import { encodeSnapshotFile } from '../../../src/jute/snapshot.js';
import { encodedTxn } from '../../../src/shell/storage/txn-bytes.js';
import { apacheBytes } from '../../jute/apache-bytes.js';
import { contents, imageAt, openAt, temporaryFolder, txns } from './harness.js';
import type { Opened } from './harness.js';

const inside = (folder: string, name: string): string => join(folder, 'version-2', name);

/** A folder with each of `files` written by a start of its own. */
async function written(t: TestContext, ...files: readonly (readonly Txn[])[]): Promise<string> {
  const folder = await temporaryFolder(t);
  for (const file of files) {
    const { storage, submit } = await openAt(folder);
    for (const txn of file) submit({ op: 'append', txn });
    await storage.close();
  }
  return folder;
}

async function reopen(folder: string): Promise<Opened['recovered']> {
  const { recovered, storage } = await openAt(folder);
  await storage.close();
  return recovered;
}

const recordLength = (txn: Txn): number => encodedTxn(txn).length + RECORD_OVERHEAD;
const endOf = (log: readonly Txn[]): number =>
  log.reduce((at, txn) => at + recordLength(txn), FILE_HEADER_LENGTH);

test('a torn last record is cut at every byte, in padded files and in cut ones', async (t) => {
  const log = txns(0, 1, 3);
  const original = await written(t, log);
  const whole = await readFile(inside(original, 'log.1'));
  const from = endOf(log.slice(0, 2));
  const to = endOf(log);
  for (let at = from; at < to; at++) {
    for (const padded of [true, false]) {
      const folder = await temporaryFolder(t);
      await mkdir(join(folder, 'version-2'));
      const torn = Buffer.from(padded ? whole : whole.subarray(0, at)).fill(0, at);
      await writeFile(inside(folder, 'log.1'), torn);
      const recovered = await reopen(folder);
      assert.deepEqual(contents(recovered.disk.log), contents(log.slice(0, 2)));
      // Nothing of the record was written: that is a clean end.
      const nothing = torn.subarray(from).every((byte) => byte === 0);
      assert.equal(recovered.notes.length, nothing ? 0 : 1, `byte ${at - from}`);
      if (!nothing)
        assert.match(recovered.notes[0]!, /log\.1 ends in a torn write \(.+\): cut at /);
      assert.deepEqual((await reopen(folder)).notes, [], 'said once');
      await rm(folder, { recursive: true });
    }
  }
});

test('a torn file header: the file goes', async (t) => {
  for (let length = 0; length < FILE_HEADER_LENGTH; length++) {
    const folder = await written(t, txns(0, 1, 2), txns(0, 3, 4));
    await truncate(inside(folder, 'log.3'), length);
    const recovered = await reopen(folder);
    assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 1, 2)));
    assert.deepEqual(await readdir(join(folder, 'version-2')), ['log.1']);
  }
});

test('after a cut, the log goes on in a file that follows', async (t) => {
  const folder = await written(t, txns(0, 1, 3));
  await truncate(inside(folder, 'log.1'), endOf(txns(0, 1, 3)) - 1);
  const { storage, submit } = await openAt(folder);
  for (const txn of txns(0, 3, 5, 'again')) submit({ op: 'append', txn });
  await storage.close();
  const recovered = await reopen(folder);
  const expected = [...txns(0, 1, 2), ...txns(0, 3, 5, 'again')];
  assert.deepEqual(contents(recovered.disk.log), contents(expected));
  assert.deepEqual(recovered.notes, []);
});

test('a last record that is there in full, with a changed bit, stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 5));
  const path = inside(folder, 'log.1');
  const bytes = await readFile(path);
  const scan = (at: number): number => at + bytes.readInt32BE(at + 8) + 13;
  const last = [1, 2, 3, 4].reduce(scan, 16);
  for (const at of [last + 4, last + 12, last + 40, scan(last) - 2]) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 4;
    await writeFile(path, changed);
    await assert.rejects(openAt(folder), {
      code: 'CORRUPT',
      message: new RegExp(
        `log\\.1 is damaged at offset ${last} \\(checksum does not match\\), and the record is there in full`,
      ),
    });
  }
});

test('a last record of which a sector was never written is cut off', async (t) => {
  const folder = await written(t, [...txns(0, 1, 2), ...txns(0, 3, 3, 'x'.repeat(3000))]);
  const path = inside(folder, 'log.1');
  const bytes = await readFile(path);
  for (const sector of [512, 1024, 2048]) {
    await writeFile(path, Buffer.from(bytes).fill(0, sector, sector + 512));
    const { disk, notes } = await reopen(folder);
    assert.deepEqual(contents(disk.log), contents(txns(0, 1, 2)));
    assert.match(notes[0]!, /ends in a torn write \(checksum does not match\): cut at/);
  }
});

test('a damaged record with intact ones behind it stops the start', async (t) => {
  const log = txns(0, 1, 4);
  const first = endOf([]);
  const second = endOf(log.slice(0, 1));
  for (let at = first; at < second; at++) {
    const folder = await written(t, log);
    const path = inside(folder, 'log.1');
    const bytes = await readFile(path);
    bytes[at] = bytes[at]! ^ 0x11;
    await writeFile(path, bytes);
    await assert.rejects(openAt(folder), (e: Error & { code?: string }) => {
      assert.equal(e.code, 'CORRUPT');
      assert.match(
        e.message,
        new RegExp(
          `^log file .*log\\.1 is damaged at offset ${first} \\(.+\\), and an intact record ` +
            `follows at ${second}: acknowledged transactions would be lost$`,
        ),
      );
      return true;
    });
    assert.deepEqual(await readFile(path), bytes, 'the file is left as it was');
    await rm(folder, { recursive: true });
  }
});

test('a damaged end of a file that is not the last stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 3), txns(0, 4, 6));
  const path = inside(folder, 'log.1');
  const bytes = await readFile(path);
  bytes[endOf(txns(0, 1, 3)) - 3]! ^= 1;
  await writeFile(path, bytes);
  await assert.rejects(openAt(folder), {
    code: 'CORRUPT',
    message: /damaged at offset \d+ \(checksum does not match\), and later log files hold records/,
  });
});

test('records behind a stretch of zeros are no clean end', async (t) => {
  const log = txns(0, 1, 3);
  const folder = await written(t, log);
  const path = inside(folder, 'log.1');
  const bytes = await readFile(path);
  bytes.fill(0, endOf(log.slice(0, 1)), endOf(log.slice(0, 2)));
  await writeFile(path, bytes);
  await assert.rejects(openAt(folder), { code: 'CORRUPT', message: /bytes after the end/ });
});

test('a file that is no log stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 3));
  await writeFile(inside(folder, 'log.4'), 'this is not a transaction log');
  await assert.rejects(openAt(folder), {
    code: 'CORRUPT',
    message: /^log file .*log\.4: invalid magic number 0x74686973$/,
  });
});

test('a record that says something else than a transaction stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 1));
  const strange = { ...txns(0, 2, 2)[0]!, body: { type: 'error' as const, err: -1 } };
  const bytes = Buffer.from(encodedTxn(strange));
  bytes.writeInt32BE(99, 28);
  const { putLogRecord } = await import('../../../src/jute/log.js');
  const file = await readFile(inside(folder, 'log.1'));
  putLogRecord(file, endOf(txns(0, 1, 1)), bytes);
  await writeFile(inside(folder, 'log.1'), file);
  await assert.rejects(openAt(folder), {
    code: 'CORRUPT',
    message: /^log file .*log\.1: record at \d+: transaction of type 99$/,
  });
});

test('missing transactions stop the start', async (t) => {
  const folder = await written(t, txns(0, 1, 3), txns(0, 4, 6), txns(0, 7, 9));
  await rm(inside(folder, 'log.4'));
  await assert.rejects(openAt(folder), {
    code: 'CORRUPT',
    message: /log\.7: 0x7 comes after 0x3: transactions in between are missing$/,
  });
  await rm(inside(folder, 'log.1'));
  await assert.rejects(openAt(folder), { message: /0x7 comes after 0x0/ });
});

test('a new epoch begins with its first transaction', async (t) => {
  const folder = await written(t, txns(1, 1, 3), txns(2, 1, 2), txns(5, 1, 1));
  const recovered = await reopen(folder);
  assert.equal(recovered.disk.log.length, 6);
  assert.equal(recovered.disk.currentEpoch, 5);
  const gap = await written(t, txns(1, 1, 3), txns(2, 2, 3));
  await assert.rejects(openAt(gap), { code: 'CORRUPT' });
});

test('repeated entries, as logs of Apache may have, are skipped and said', async (t) => {
  const folder = await written(t, txns(0, 1, 3));
  const other = await written(t, txns(0, 1, 5));
  await cp(inside(other, 'log.1'), inside(folder, 'log.4'));
  const recovered = await reopen(folder);
  assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 1, 5)));
  assert.equal(recovered.notes.length, 3);
  assert.match(recovered.notes[0]!, /log\.4 repeats 0x1: skipped$/);
});

async function snapshotAt(folder: string, zxid: Zxid, text?: string): Promise<void> {
  const bytes = Buffer.concat([...encodeSnapshotFile(imageAt(zxid, text))]);
  await writeFile(inside(folder, `snapshot.${zxid.toString(16)}`), bytes);
}

test('the newest snapshot counts, and the log after it', async (t) => {
  const folder = await written(t, txns(0, 1, 5), txns(0, 6, 9));
  await snapshotAt(folder, makeZxid(0, 3), 'three');
  await snapshotAt(folder, makeZxid(0, 7), 'seven');
  const recovered = await reopen(folder);
  assert.deepEqual(recovered.image, imageAt(makeZxid(0, 7), 'seven'));
  assert.equal(recovered.disk.snapshotZxid, makeZxid(0, 7));
  assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 8, 9)));
  assert.deepEqual(recovered.notes, []);
});

test('a snapshot that cannot be read is passed over, and said', async (t) => {
  const folder = await written(t, txns(0, 1, 5), txns(0, 6, 9));
  await snapshotAt(folder, makeZxid(0, 3), 'three');
  await snapshotAt(folder, makeZxid(0, 7), 'seven');
  const path = inside(folder, 'snapshot.7');
  const bytes = await readFile(path);
  bytes[40]! ^= 1;
  await writeFile(path, bytes);
  const recovered = await reopen(folder);
  assert.deepEqual(recovered.image, imageAt(makeZxid(0, 3), 'three'));
  assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 4, 9)));
  assert.equal(recovered.notes.length, 1);
  assert.match(
    recovered.notes[0]!,
    /snapshot .*snapshot\.7 cannot be read \(.+\): trying an older one/,
  );
  // Cut short at any place it is passed over just the same.
  for (const length of [0, 5, 16, 60, bytes.length - 60]) {
    await writeFile(path, bytes.subarray(0, length));
    assert.equal((await reopen(folder)).disk.snapshotZxid, 3);
  }
});

for (const compression of ['gz', 'snappy'] as const) {
  test(`a ${compression} snapshot is written, read, and passed over when it is cut short`, async (t) => {
    const folder = await written(t, txns(0, 1, 9));
    await snapshotAt(folder, makeZxid(0, 3), 'three');
    const large = `large ${'x'.repeat(100_000)}${Array.from({ length: 9000 }, (_, i) => i).join()}`;
    const { storage } = await openAt(folder, { compression });
    await storage.snapshot(imageAt(makeZxid(0, 7), large));
    await storage.close();
    const path = inside(folder, `snapshot.7.${compression}`);
    const recovered = await reopen(folder);
    assert.deepEqual(recovered.image, imageAt(makeZxid(0, 7), large));
    assert.deepEqual(contents(recovered.disk.log), contents(txns(0, 8, 9)));
    assert.deepEqual(recovered.notes, []);
    const bytes = await readFile(path);
    assert.ok(bytes.length < large.length / 2, `${bytes.length} bytes`);
    const damaged = Buffer.from(bytes);
    damaged[bytes.length >>> 1]! ^= 0x10;
    // Cut short, changed, nothing, and not compressed at all.
    const cuts = [0, 1, 9, 30, bytes.length >>> 1, bytes.length - 3].map((n) =>
      bytes.subarray(0, n),
    );
    for (const wrong of [...cuts, damaged, Buffer.from('ZKSN no more')]) {
      await writeFile(path, wrong);
      const { disk, notes } = await reopen(folder);
      assert.equal(disk.snapshotZxid, 3);
      assert.match(notes[0]!, /snapshot\.7\.\w+ cannot be read \(.+\): trying an older one/);
    }
  });

  test(`a received snapshot is installed as ${compression}`, async (t) => {
    const folder = await written(t, txns(0, 1, 9));
    const { storage, submit, answered } = await openAt(folder, { compression });
    const image = imageAt(makeZxid(1, 7), 'received');
    await answered(submit({ op: 'install', snapshot: { zxid: image.zxid, image } }));
    await storage.close();
    assert.deepEqual(await readdir(join(folder, 'version-2')), [
      `snapshot.100000007.${compression}`,
    ]);
    const again = await openAt(folder);
    await again.storage.close();
    assert.deepEqual(again.recovered.image, image);
  });
}

test('an empty folder gets its first snapshot; a log without any is not believed', async (t) => {
  const initial = imageAt(makeZxid(0, 0), 'nobody wrote yet');
  const folder = await temporaryFolder(t);
  const { storage, submit, answered, recovered } = await openAt(folder, { initial });
  assert.equal(recovered.image, null);
  assert.deepEqual(await readdir(join(folder, 'version-2')), ['snapshot.0']);
  await answered(submit({ op: 'append', txn: txns(0, 1, 1)[0]! }));
  await storage.close();
  const again = await openAt(folder, { initial });
  await again.storage.close();
  assert.deepEqual(again.recovered.image, initial);
  assert.deepEqual(contents(again.recovered.disk.log), contents(txns(0, 1, 1)));
  await rm(inside(folder, 'snapshot.0'));
  await assert.rejects(openAt(folder, { initial }), {
    code: 'CORRUPT',
    message: /^no snapshot in .*, but transactions in .*: what was before them is missing/,
  });
  const trusted = await openAt(folder, { initial, trustEmptySnapshot: true });
  await trusted.storage.close();
  assert.deepEqual(contents(trusted.recovered.disk.log), contents(txns(0, 1, 1)));
});

test('no readable snapshot at all stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 5));
  await writeFile(inside(folder, 'snapshot.3'), 'ZKSN but no more');
  await assert.rejects(openAt(folder), {
    code: 'CORRUPT',
    message: /^no snapshot in .* can be read/,
  });
});

test('falling back to a snapshot whose log is gone stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 5), txns(0, 6, 9));
  await snapshotAt(folder, makeZxid(0, 3));
  await writeFile(inside(folder, 'snapshot.7'), 'damaged');
  await rm(inside(folder, 'log.1'));
  await assert.rejects(openAt(folder), { message: /0x6 comes after 0x3/ });
});

test("Apache's files are read", async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'version-2'));
  await writeFile(inside(folder, 'snapshot.100000003'), apacheBytes('file.snapshot'));
  const recovered = await reopen(folder);
  assert.equal(recovered.disk.snapshotZxid, makeZxid(1, 3));
  assert.equal(recovered.disk.currentEpoch, 1);
  assert.equal([...recovered.image!.nodes].length, 7);
  // Its log begins with the second transaction of epoch 3: the first is missing.
  await writeFile(inside(folder, 'log.300000002'), apacheBytes('file.log'));
  await assert.rejects(openAt(folder), { message: /0x300000002 comes after 0x100000003/ });
  await snapshotAt(folder, makeZxid(3, 1));
  const after = await reopen(folder);
  assert.deepEqual(
    after.disk.log.map((txn) => txn.zxid),
    [makeZxid(3, 2)],
  );
});

test('what an interrupted write left behind is removed', async (t) => {
  const folder = await written(t, txns(0, 1, 5));
  for (const name of ['snapshot.5.tmp', 'currentEpoch.tmp', 'install.9.tmp']) {
    await writeFile(inside(folder, name), 'partial');
  }
  assert.equal((await reopen(folder)).disk.log.length, 5);
  assert.deepEqual(await readdir(join(folder, 'version-2')), ['log.1']);
});

test('an interrupted installation is finished, wherever it stopped', async (t) => {
  const zxid = makeZxid(0, 3);
  const image = imageAt(zxid, 'received');
  const bytes = Buffer.concat([...encodeSnapshotFile(image)]);
  // What was there already when the crash came, after the file had its name.
  const stages: readonly (readonly string[])[] = [
    [],
    ['log.6'],
    ['log.1', 'log.6'],
    ['snapshot.4'],
  ];
  for (const gone of stages) {
    const folder = await written(t, txns(0, 1, 5), txns(0, 6, 9));
    await snapshotAt(folder, makeZxid(0, 4), 'old');
    await writeFile(inside(folder, 'install.3'), bytes);
    for (const name of gone) await rm(inside(folder, name));
    const recovered = await reopen(folder);
    assert.deepEqual(recovered.image, image);
    assert.deepEqual(recovered.disk.log, []);
    assert.deepEqual(await readdir(join(folder, 'version-2')), ['snapshot.3']);
  }
});

test('epochs: missing ones come from the last zxid', async (t) => {
  const folder = await written(t, txns(3, 1, 2));
  const recovered = await reopen(folder);
  assert.equal(recovered.disk.currentEpoch, 3);
  assert.equal(recovered.disk.acceptedEpoch, 3);
  assert.deepEqual(recovered.notes, [
    'currentEpoch not found: taking 3 from the last zxid',
    'acceptedEpoch not found: taking 3 from the last zxid',
  ]);
  assert.deepEqual(await readdir(join(folder, 'version-2')), ['log.300000001']);
});

test('epochs: a crash before currentEpoch was written is no contradiction', async (t) => {
  const folder = await written(t, txns(3, 1, 2));
  await writeFile(inside(folder, 'acceptedEpoch'), '3\n');
  await writeFile(inside(folder, 'currentEpoch'), '2');
  const { disk } = await reopen(folder);
  assert.deepEqual([disk.acceptedEpoch, disk.currentEpoch], [3, 2]);
});

test('epochs that contradict each other, the log, or the format stop the start', async (t) => {
  const folder = await written(t, txns(3, 1, 2));
  const write = async (accepted: string, current: string): Promise<void> => {
    await writeFile(inside(folder, 'acceptedEpoch'), accepted);
    await writeFile(inside(folder, 'currentEpoch'), current);
  };
  await write('3', '4');
  await assert.rejects(openAt(folder), {
    code: 'CORRUPT',
    message: /acceptedEpoch 3 is less than currentEpoch 4$/,
  });
  await write('2', '2');
  await assert.rejects(openAt(folder), {
    message: /acceptedEpoch 2 is less than the last zxid's epoch 3$/,
  });
  for (const [text, shown] of [
    ['', '""'],
    ['x', '"x"'],
    ['-1', '"-1"'],
    ['3.5', '"3.5"'],
    ['99999999', '"99999999"'],
  ] as const) {
    await write(text, '3');
    await assert.rejects(openAt(folder), {
      code: 'CORRUPT',
      message: new RegExp(`acceptedEpoch holds no epoch: ${shown}$`),
    });
  }
});

test('a log file whose name no zxid here can have stops the start', async (t) => {
  const folder = await written(t, txns(0, 1, 1));
  await writeFile(inside(folder, 'log.ffffffffffffffff'), '');
  await assert.rejects(openAt(folder), { code: 'CORRUPT', message: /epoch too large$/ });
});
