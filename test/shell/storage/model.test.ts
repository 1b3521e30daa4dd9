/** Random runs of writes, closes and crashes against a model of the disk. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { DiskOp } from '../../../src/core/effect.js';
import type { Txn } from '../../../src/core/txn.js';
import { epochOf, makeZxid } from '../../../src/core/zxid.js';
import type { Zxid } from '../../../src/core/zxid.js';
import type { LogIo } from '../../../src/shell/storage/log-writer.js';
import { systemIo } from '../../../src/shell/storage/log-writer.js';
import type { Recovered } from '../../../src/shell/storage/recovery.js';
import { contents, imageAt, openAt, temporaryFolder, txnAt, txns } from './harness.js';

/** What a disk holds: everything that is not a file. */
interface Model {
  readonly acceptedEpoch: number;
  readonly currentEpoch: number;
  /** The newest installed snapshot. */
  readonly base: Zxid;
  readonly log: readonly Txn[];
}

const EMPTY: Model = { acceptedEpoch: 0, currentEpoch: 0, base: 0 as Zxid, log: [] };

function after(model: Model, op: DiskOp): Model {
  switch (op.op) {
    case 'append':
      return { ...model, log: [...model.log, op.txn] };
    case 'truncate':
      return { ...model, log: model.log.filter((txn) => txn.zxid <= op.zxid) };
    case 'install':
      return { ...model, base: op.snapshot.zxid, log: [] };
    case 'acceptedEpoch':
      return { ...model, acceptedEpoch: op.epoch };
    case 'currentEpoch':
      return { ...model, currentEpoch: op.epoch };
  }
}

/** A choice of what to do next; the numbers are made fit for the state when their turn comes. */
type Choice =
  | { readonly do: 'append'; readonly count: number; readonly size: number }
  | { readonly do: 'newEpoch' }
  | { readonly do: 'truncate' | 'install' | 'snapshot'; readonly part: number }
  | { readonly do: 'wait' | 'close' | 'abandon' };

const part = fc.double({ min: 0, max: 1, noNaN: true });
const choice: fc.Arbitrary<Choice> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      count: fc.integer({ min: 1, max: 8 }),
      size: fc.integer({ min: 0, max: 3000 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('newEpoch' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('truncate', 'snapshot'), part }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('install' as const), part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('wait', 'close', 'abandon') }) },
);

function lastZxid(model: Model): Zxid {
  return model.log.at(-1)?.zxid ?? model.base;
}

/** The zxid at `share` of what the log holds from `floor` on. */
function pick(model: Model, floor: Zxid, share: number): Zxid {
  const all = [floor, ...model.log.map((txn) => txn.zxid).filter((zxid) => zxid > floor)];
  return all[Math.floor(share * (all.length - 1))]!;
}

/** One run in a folder of its own. */
class Run {
  /** Every state since the last start, the last of which must be there in the end. */
  states: Model[] = [EMPTY];
  /** Zxids of snapshots that may be there. */
  snapshots: Zxid[] = [];
  /** Unique text for each append, so that a truncated entry is told from the one after it. */
  round = 0;

  constructor(
    readonly folder: string,
    public opened: Awaited<ReturnType<typeof openAt>>,
  ) {}

  get model(): Model {
    return this.states.at(-1)!;
  }

  submit(op: DiskOp): number {
    this.states.push(after(this.model, op));
    return this.opened.submit(op);
  }

  append(count: number, size: number): void {
    for (let i = 0; i < count; i++) {
      const last = lastZxid(this.model);
      const epoch = Math.max(epochOf(last), this.model.currentEpoch);
      const zxid = epoch > epochOf(last) ? makeZxid(epoch, 1) : ((last + 1) as Zxid);
      this.submit({ op: 'append', txn: txnAt(zxid, `${this.round++}`.padEnd(size)) });
    }
  }

  snapshotFloor(): Zxid {
    return Math.max(this.model.base, ...this.snapshots) as Zxid;
  }

  async take(next: Choice): Promise<void> {
    const { model, opened } = this;
    switch (next.do) {
      case 'append':
        return this.append(next.count, next.size);
      case 'newEpoch':
        this.submit({ op: 'acceptedEpoch', epoch: model.acceptedEpoch + 1 });
        this.submit({ op: 'currentEpoch', epoch: model.acceptedEpoch + 1 });
        return;
      case 'truncate': {
        this.submit({ op: 'truncate', zxid: pick(model, this.snapshotFloor(), next.part) });
        return;
      }
      case 'install': {
        const zxid = pick(model, this.snapshotFloor(), next.part);
        const image = imageAt(zxid, `installed ${zxid}`);
        this.submit({ op: 'install', snapshot: { zxid, image } });
        // A later snapshot of before is gone, or superseded.
        this.snapshots = this.snapshots.filter((taken) => taken <= zxid);
        return;
      }
      case 'snapshot': {
        const zxid = pick(model, this.snapshotFloor(), next.part);
        this.snapshots.push(zxid);
        void opened.storage.snapshot(imageAt(zxid, `taken ${zxid}`));
        return;
      }
      case 'wait':
        return opened.answered(this.states.length - 1);
      case 'close':
      case 'abandon':
        return this.restart(next.do);
    }
  }

  async restart(how: 'close' | 'abandon'): Promise<void> {
    const { persisted, storage } = this.opened;
    await (how === 'close' ? storage.close() : storage.abandon());
    assert.deepEqual(this.opened.failures, []);
    const answered = persisted.at(-1) ?? 0;
    if (how === 'close') assert.equal(answered, this.states.length - 1, 'closing answers all');
    const tickets = [...persisted];
    assert.deepEqual(
      tickets,
      [...new Set(tickets)].sort((a, b) => a - b),
      'answers in order',
    );
    this.opened = await openAt(this.folder);
    const possible = this.states.slice(answered);
    const found = possible.find((model) => this.matches(model, this.opened.recovered));
    if (found === undefined) {
      const { disk } = this.opened.recovered;
      assert.fail(
        `no state from ${answered} on is on disk: ${JSON.stringify({ ...disk, log: contents(disk.log) })}`,
      );
    }
    const base = this.opened.recovered.disk.snapshotZxid;
    this.states = [{ ...found, base, log: this.opened.recovered.disk.log }];
    this.snapshots = [base];
  }

  matches(model: Model, { disk, image }: Recovered): boolean {
    const { snapshotZxid } = disk;
    if (snapshotZxid !== model.base && !this.snapshots.includes(snapshotZxid)) return false;
    if ((image?.zxid ?? 0) !== snapshotZxid) return false;
    const log = model.log.filter((txn) => txn.zxid > snapshotZxid);
    // Missing epoch files are made up from the log: only what was written is compared.
    const epochs = (accepted: number, current: number): boolean =>
      (accepted === 0 || accepted === disk.acceptedEpoch) &&
      (current === 0 || current === disk.currentEpoch);
    return (
      epochs(model.acceptedEpoch, model.currentEpoch) &&
      JSON.stringify(contents(log)) === JSON.stringify(contents(disk.log))
    );
  }
}

test('after any run of writes, closes and crashes the disk holds what the model says', async () => {
  const property = fc.asyncProperty(
    fc.array(choice, { minLength: 1, maxLength: 25 }),
    async (all) => {
      const folder = await mkdtemp(join(tmpdir(), 'zab-storage-'));
      try {
        const run = new Run(folder, await openAt(folder));
        try {
          for (const next of all) await run.take(next);
          await run.restart('close');
        } finally {
          await run.opened.storage.abandon();
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
  await fc.assert(property, { numRuns: 100 });
});

test('nothing is answered before it is flushed, and a flush serves all that waited', async (t) => {
  const folder = await temporaryFolder(t);
  const calls: string[] = [];
  const io: LogIo = {
    write: async (fd, bytes, position) => {
      calls.push('write');
      await systemIo.write(fd, bytes, position);
    },
    sync: async (fd) => {
      calls.push('sync');
      await systemIo.sync(fd);
      calls.push('synced');
    },
  };
  const opened = await openAt(folder, { io, fsync: true });
  const { persisted, submit, answered } = opened;
  for (const txn of txns(0, 1, 1000)) submit({ op: 'append', txn });
  await answered(1000);
  assert.deepEqual(calls, ['write', 'sync', 'synced']);
  assert.deepEqual(persisted, [1000]);
  // While one batch is being flushed, the next one gathers.
  submit({ op: 'append', txn: txns(0, 1001, 1001)[0]! });
  await new Promise((resolve) => setImmediate(resolve));
  for (const txn of txns(0, 1002, 1010)) submit({ op: 'append', txn });
  await answered(1010);
  assert.deepEqual(persisted, [1000, 1001, 1010]);
  await opened.storage.close();
});

test('without fsync nothing is flushed', async (t) => {
  const folder = await temporaryFolder(t);
  const io: LogIo = { ...systemIo, sync: () => assert.fail('flushed') };
  const { storage, submit, answered, failures } = await openAt(folder, { io, fsync: false });
  submit({ op: 'append', txn: txns(0, 1, 1)[0]! });
  await answered(1);
  await storage.close();
  assert.deepEqual(failures, []);
});

test('batches of many megabytes, and transactions of some', async (t) => {
  const folder = await temporaryFolder(t);
  const { storage, submit, answered, persisted } = await openAt(folder);
  const log = [
    ...txns(0, 1, 3, 'x'.repeat(3_000_000)),
    ...txns(0, 4, 100, 'y'.repeat(100_000)),
    ...txns(0, 101, 110),
  ];
  for (const txn of log) submit({ op: 'append', txn });
  await answered(110);
  await storage.close();
  assert.ok(persisted.length > 2, 'a batch has a limit');
  const again = await openAt(folder);
  await again.storage.close();
  assert.deepEqual(contents(again.recovered.disk.log), contents(log));
});

test('a write that comes in pieces is whole in the end', async (t) => {
  const folder = await temporaryFolder(t);
  const opened = await openAt(folder);
  const log = txns(0, 1, 400, 'z'.repeat(300));
  for (const [i, txn] of log.entries()) {
    opened.submit({ op: 'append', txn });
    if (i % 37 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await opened.storage.close();
  const again = await openAt(folder);
  await again.storage.close();
  assert.deepEqual(contents(again.recovered.disk.log), contents(log));
});
