/** A storage over a temporary folder, with its answers recorded. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { SessionId } from '../../../src/core/ids.js';
import type { SnapshotImage } from '../../../src/core/image.js';
import type { DiskOp } from '../../../src/core/effect.js';
import type { Txn } from '../../../src/core/txn.js';
import { makeZxid } from '../../../src/core/zxid.js';
import type { Zxid } from '../../../src/core/zxid.js';
import { openStorage } from '../../../src/shell/storage/open-storage.js';
import type { StorageConfig } from '../../../src/shell/storage/open-storage.js';
import type { Recovered } from '../../../src/shell/storage/recovery.js';
import type { Storage } from '../../../src/shell/storage/storage.js';
import type { StorageError } from '../../../src/shell/storage/storage-error.js';

/** A folder that is gone when the test is over. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zab-storage-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface Opened {
  readonly recovered: Recovered;
  readonly storage: Storage;
  /** Tickets answered, in order. */
  readonly persisted: number[];
  readonly failures: StorageError[];
  /** Submits with the next ticket, and returns it. */
  readonly submit: (op: DiskOp) => number;
  /** Resolves when `ticket` is answered or the storage failed. */
  readonly answered: (ticket: number) => Promise<void>;
}

/** Opens without fsync and with small files; `config` overrides. */
export async function openAt(
  dataDir: string,
  config: Partial<StorageConfig> = {},
): Promise<Opened> {
  const persisted: number[] = [];
  const failures: StorageError[] = [];
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const ready = waiting;
    waiting = [];
    for (const resolve of ready) resolve();
  };
  const { recovered, storage } = await openStorage(
    { dataDir, fsync: false, preAllocSizeKb: 4, ...config },
    {
      onPersisted: (ticket) => {
        persisted.push(ticket);
        wake();
      },
      onFailure: (error) => {
        failures.push(error);
        wake();
      },
    },
  );
  let next = 1;
  const submit = (op: DiskOp): number => {
    storage.submit(next, op);
    return next++;
  };
  const answered = async (ticket: number): Promise<void> => {
    while ((persisted.at(-1) ?? 0) < ticket && failures.length === 0) {
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
  };
  return { recovered, storage, persisted, failures, submit, answered };
}

/** The setData of `zxid`; its bytes tell it from others with the same zxid. */
export function txnAt(zxid: Zxid, text = ''): Txn {
  const data = Buffer.from(`${zxid} ${text}`);
  const body = { type: 'setData' as const, path: '/a', data, version: 1 };
  return { zxid, sessionId: 5n as SessionId, cxid: 7, time: 1_700_000_000_000, body };
}

/** Transactions (epoch, from) … (epoch, to). */
export function txns(epoch: number, from: number, to: number, text = ''): Txn[] {
  const all: Txn[] = [];
  for (let counter = from; counter <= to; counter++) {
    all.push(txnAt(makeZxid(epoch, counter), text));
  }
  return all;
}

/** A state whose one node says which it is. */
export function imageAt(zxid: Zxid, text = 'image'): SnapshotImage {
  const stat = {
    czxid: 0 as Zxid,
    mzxid: zxid,
    pzxid: 0 as Zxid,
    ctime: 0,
    mtime: 0,
    version: 0,
    cversion: 0,
    aversion: 0,
    ephemeralOwner: 0n as SessionId,
  };
  const acl = [{ perms: 31, scheme: 'world', id: 'anyone' }];
  const root = { path: '/', data: Buffer.from(text), acl, stat };
  return { zxid, sessions: [[9n as SessionId, 4000]], nodes: [root] };
}

/** What the log says, for comparisons: `[zxid, data]` of each entry. */
export function contents(log: readonly Txn[]): [number, string][] {
  return log.map(({ zxid, body }) => {
    const data = body.type === 'setData' && body.data !== null ? Buffer.from(body.data) : '';
    return [zxid, data.toString()];
  });
}
