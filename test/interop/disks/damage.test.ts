/**
 * Damaged data folders: what Apache's server and ours make of copies of the same one. The table in
 * docs/disks.md says so, and each of its rows is one case here. Ours must be as Apache's, or safer:
 * it never starts with a state that was none, nor without what was acknowledged and can be known to
 * be missing. About 10 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeZxid } from '../../../src/core/zxid.js';
import { projectRoot } from '../../support/provision.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';
import { COUNT, makeBase, type States } from './base-folder.js';
import { apacheOutcomes, ourOutcome, type Outcome } from './restore.js';

const LOG_1 = 'log.100000001';
const LOG_6 = 'log.100000006';
const LOG_11 = 'log.10000000b';
const SNAPSHOT_5 = 'snapshot.100000005';
const SNAPSHOT_10 = 'snapshot.10000000a';

/** One copy of the folder, to be damaged. */
class Copy {
  constructor(readonly folder: string) {}

  path(name: string): string {
    return join(this.folder, 'version-2', name);
  }
  remove(...names: readonly string[]): void {
    for (const name of names) rmSync(this.path(name));
  }
  write(name: string, content: string | Buffer): void {
    writeFileSync(this.path(name), content);
  }
  change(name: string, change: (bytes: Buffer) => Buffer): void {
    this.write(name, change(readFileSync(this.path(name))));
  }
  /** Changes a log's `n`-th record, from 0 on; `end` is the offset behind it. */
  record(
    name: string,
    n: number,
    change: (bytes: Buffer, at: number, end: number) => Buffer,
  ): void {
    this.change(name, (bytes) => {
      let at = 16;
      for (let i = 0; i < n; i++) at += bytes.readInt32BE(at + 8) + 13;
      return change(bytes, at, at + bytes.readInt32BE(at + 8) + 13);
    });
  }
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}

/** By the name of the row in docs/disks.md. */
const DAMAGE: Readonly<Record<string, (copy: Copy) => void>> = {
  none: () => undefined,
  'the last record is cut short': (copy) =>
    copy.record(LOG_11, 4, (bytes, at) => bytes.subarray(0, at + 40)),
  'the last record is cut short, zeros follow': (copy) =>
    copy.record(LOG_11, 4, (bytes, at) => bytes.fill(0, at + 40)),
  'the last record has a changed bit': (copy) =>
    copy.record(LOG_11, 4, (bytes, at) => flipped(bytes, at + 40)),
  'a sector of the last record was never written': (copy) =>
    copy.record(LOG_11, 4, (bytes, at) => {
      const sector = Math.ceil(at / 512) * 512 + 512;
      return bytes.fill(0, sector, sector + 512);
    }),
  'a record in the middle of the log has a changed bit': (copy) =>
    copy.record(LOG_11, 1, (bytes, at) => flipped(bytes, at + 40)),
  'a record in the middle of the log is zeros': (copy) =>
    copy.record(LOG_11, 1, (bytes, at, end) => bytes.fill(0, at, end)),
  'a record in the middle of the log says that it is very long': (copy) =>
    copy.record(LOG_11, 1, (bytes, at) => {
      bytes.writeInt32BE(0x7000_0000, at + 8);
      return bytes;
    }),
  'a record that the newest snapshot includes has a changed bit': (copy) =>
    copy.record(LOG_6, 1, (bytes, at) => flipped(bytes, at + 40)),
  'the newest snapshot is cut short': (copy) =>
    copy.change(SNAPSHOT_10, (bytes) => bytes.subarray(0, bytes.length >>> 1)),
  'the newest snapshot has a changed bit': (copy) =>
    copy.change(SNAPSHOT_10, (bytes) => flipped(bytes, bytes.length >>> 1)),
  'the newest snapshot has no bytes': (copy) => copy.write(SNAPSHOT_10, ''),
  'every snapshot has a changed bit': (copy) => {
    for (const name of ['snapshot.0', SNAPSHOT_5, SNAPSHOT_10]) {
      copy.change(name, (bytes) => flipped(bytes, bytes.length >>> 1));
    }
  },
  'every snapshot is gone, the log is there': (copy) =>
    copy.remove('snapshot.0', SNAPSHOT_5, SNAPSHOT_10),
  'the log is gone, the snapshots are there': (copy) => copy.remove(LOG_1, LOG_6, LOG_11),
  'the newest snapshot and the log before it are gone: a gap': (copy) =>
    copy.remove(SNAPSHOT_10, LOG_6),
  'a log in the middle has no bytes, and is needed': (copy) => {
    copy.remove(SNAPSHOT_10);
    copy.write(LOG_6, '');
  },
  'the last log has no bytes': (copy) => copy.write('log.100000010', ''),
  'the last log has a header and nothing else': (copy) =>
    copy.write('log.100000010', readFileSync(copy.path(LOG_11)).subarray(0, 16)),
  'the last log has half a header': (copy) =>
    copy.write('log.100000010', readFileSync(copy.path(LOG_11)).subarray(0, 7)),
  'the last log is no log': (copy) => copy.write('log.100000010', 'this is no log of ZooKeeper'),
  'a snapshot that was being written is left': (copy) => {
    copy.change(SNAPSHOT_10, (bytes) => bytes.subarray(0, bytes.length >>> 1));
    renameSync(copy.path(SNAPSHOT_10), copy.path('snapshot.10000000c.tmp'));
  },
  'epochs: currentEpoch is missing': (copy) => copy.remove('currentEpoch'),
  'epochs: acceptedEpoch is missing': (copy) => copy.remove('acceptedEpoch'),
  'epochs: both are missing': (copy) => copy.remove('currentEpoch', 'acceptedEpoch'),
  'epochs: currentEpoch has no bytes': (copy) => copy.write('currentEpoch', ''),
  'epochs: currentEpoch is no number': (copy) => copy.write('currentEpoch', 'one\n'),
  "epochs: currentEpoch is less than the log's": (copy) => copy.write('currentEpoch', '0'),
  "epochs: both are greater than the log's": (copy) => {
    copy.write('acceptedEpoch', '7');
    copy.write('currentEpoch', '7');
  },
  'epochs: acceptedEpoch is less than currentEpoch': (copy) => {
    copy.write('currentEpoch', '3');
    copy.write('acceptedEpoch', '2');
  },
};

/** As the table says it. */
function said(outcome: Outcome, states: States, epochs: boolean): string {
  if (outcome.kind === 'refuses') return 'does not start';
  const { zxid, digest, currentEpoch, acceptedEpoch } = outcome;
  const missing = makeZxid(1, COUNT) - zxid;
  if (states.get(zxid) !== digest) return 'starts with a state that never was';
  const known = epochs ? `, epochs ${acceptedEpoch} and ${currentEpoch}` : '';
  if (missing === 0) return `starts, all is there${known}`;
  return `starts without the last ${missing === 1 ? 'transaction' : `${missing} transactions`}${known}`;
}

/** The table of docs/disks.md: damage, Apache's outcome, ours. */
function documented(): string[][] {
  const text = readFileSync(join(projectRoot, 'docs', 'disks.md'), 'utf8');
  const rows = text.split('\n').filter((line) => /^\| .* \| .*start/.test(line));
  return rows.map((row) =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .slice(1, 4),
  );
}

test('damaged folders: the table of docs/disks.md', { timeout: 240_000 }, async (t) => {
  const home = makeFolder('zab-damage-');
  try {
    const base = join(home, 'base');
    const states = await makeBase(base);
    const names = Object.keys(DAMAGE);
    const folders = names.map((name, i) => {
      const own = join(home, `${name.startsWith('epochs') ? 'epoch' : 'data'}-${i}`);
      cpSync(base, own, { recursive: true });
      DAMAGE[name]!(new Copy(own));
      cpSync(own, `${own}-apache`, { recursive: true });
      return own;
    });
    const renamed = folders.map((folder) => {
      const apache = folder.replace(/\/(data|epoch)-(\d+)$/, '/$1-apache-$2');
      renameSync(`${folder}-apache`, apache);
      return apache;
    });
    const apache = await apacheOutcomes(renamed);
    assert.equal(apache.length, names.length);
    const table: string[][] = [];
    for (const [i, name] of names.entries()) {
      const epochs = name.startsWith('epochs');
      const { outcome, notes } = await ourOutcome(folders[i]!);
      const row = [name, said(apache[i]!, states, epochs), said(outcome, states, epochs)];
      table.push(row);
      await t.test(name, () => {
        assert.notEqual(row[2], 'starts with a state that never was');
        if (row[2]!.startsWith('starts without') && !name.startsWith('the log is gone')) {
          assert.ok(notes.length > 0, 'what was cut off is said');
        }
        if (outcome.kind === 'refuses') assert.match(outcome.why, /version-2/, 'where it is');
      });
    }
    assert.deepEqual(documented(), table, table.map((row) => `| ${row.join(' | ')} |`).join('\n'));
  } finally {
    dropFolder(home);
  }
});
