/** Properties of the core's values: zxids, votes, quorums, persistent lists and histories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Chunked } from '../../src/core/chunked.js';
import {
  at,
  dropFirst,
  emptyList,
  keepFirst,
  listOf,
  push,
  toArray,
} from '../../src/core/chunked.js';
import type { History } from '../../src/core/history.js';
import {
  append,
  contains,
  countUpTo,
  emptyHistory,
  entriesAfter,
  entryAt,
  floorOf,
  historyOf,
  trim,
  truncate,
} from '../../src/core/history.js';
import type { Sid } from '../../src/core/ids.js';
import { containsQuorum, isVoter, majorityOf, quorumZxid } from '../../src/core/quorum.js';
import type { Txn } from '../../src/core/txn.js';
import type { Vote } from '../../src/core/vote.js';
import { compareVotes } from '../../src/core/vote.js';
import type { Zxid } from '../../src/core/zxid.js';
import {
  COUNTER_MAX,
  counterOf,
  EPOCH_MAX,
  epochOf,
  makeZxid,
  ZXID_NONE,
  zxidToHex,
} from '../../src/core/zxid.js';

const epochs = fc.integer({ min: 0, max: EPOCH_MAX });
const counters = fc.integer({ min: 0, max: COUNTER_MAX });
const pairs = fc.tuple(epochs, counters);

test('a zxid keeps epoch and counter, and compares as the pair', () => {
  fc.assert(
    fc.property(pairs, pairs, ([e1, c1], [e2, c2]) => {
      const [a, b] = [makeZxid(e1, c1), makeZxid(e2, c2)];
      assert.deepEqual([epochOf(a), counterOf(a)], [e1, c1]);
      assert.ok(Number.isSafeInteger(a));
      assert.equal(Math.sign(a - b), Math.sign(e1 - e2) || Math.sign(c1 - c2));
      assert.equal(zxidToHex(a), ((BigInt(e1) << 32n) | BigInt(c1)).toString(16));
    }),
  );
  assert.equal(zxidToHex(ZXID_NONE), 'ffffffffffffffff');
});

const votes: fc.Arbitrary<Vote> = fc.record({
  leader: fc.integer({ min: 0, max: 3 }) as fc.Arbitrary<Sid>,
  zxid: fc.integer({ min: 0, max: 3 }) as fc.Arbitrary<Zxid>,
  peerEpoch: fc.integer({ min: 0, max: 3 }),
});

test('votes are totally ordered: peerEpoch, then zxid, then sid', () => {
  fc.assert(
    fc.property(votes, votes, votes, (a, b, c) => {
      const ab = Math.sign(compareVotes(a, b));
      assert.equal(ab, -Math.sign(compareVotes(b, a)) + 0);
      if (ab === 0) assert.deepEqual({ ...a }, { ...b });
      if (ab >= 0 && compareVotes(b, c) >= 0) assert.ok(compareVotes(a, c) >= 0);
      if (a.peerEpoch > b.peerEpoch) assert.equal(ab, 1);
      else if (a.peerEpoch === b.peerEpoch && a.zxid > b.zxid) assert.equal(ab, 1);
    }),
  );
});

test('two quorums always share a voter; observers make none', () => {
  const sids = fc.uniqueArray(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(sids, fc.array(fc.boolean()), fc.array(fc.boolean()), (ids, one, two) => {
      const voters = ids as Sid[];
      const quorum = majorityOf(voters);
      const a = new Set(voters.filter((_, i) => one[i]));
      const b = new Set(voters.filter((_, i) => two[i]));
      if (containsQuorum(quorum, a) && containsQuorum(quorum, b)) {
        assert.ok([...a].some((sid) => b.has(sid)));
      }
      assert.ok(containsQuorum(quorum, new Set(voters)));
      assert.ok(!containsQuorum(quorum, new Set([97, 98, 99] as Sid[])));
      assert.equal(isVoter(quorum, 97 as Sid), false);
    }),
  );
  assert.throws(() => majorityOf([]), /at least one/);
  assert.throws(() => majorityOf([1, 1] as Sid[]), /distinct/);
});

test('quorumZxid is the newest that a majority has reached', () => {
  const acks = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(acks, (values) => {
      const quorum = majorityOf(values.map((_, i) => i as Sid));
      const sorted = [...values].sort((a, b) => b - a);
      const expected = sorted[Math.floor(values.length / 2)];
      assert.equal(quorumZxid(quorum, values as Zxid[]), expected);
    }),
  );
});

type ListOp = ['push', number] | ['drop', number] | ['keep', number];
const listOps: fc.Arbitrary<ListOp[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('push' as const), fc.integer({ min: 1, max: 150 })),
    fc.tuple(fc.constant('drop' as const), fc.integer({ min: -1, max: 100 })),
    fc.tuple(fc.constant('keep' as const), fc.integer({ min: -1, max: 300 })),
  ),
  { maxLength: 20 },
);

test('a persistent list is an array, and older versions of it stay as they were', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 200 }), listOps, (initial, ops) => {
      let list: Chunked<number> = listOf(initial);
      let model = [...initial];
      const versions: [Chunked<number>, number[]][] = [];
      for (const [op, n] of ops) {
        versions.push([list, model]);
        if (op === 'push') {
          for (let i = 0; i < n; i++) list = push(list, i);
          model = [...model, ...Array.from({ length: n }, (_, i) => i)];
        } else if (op === 'drop') {
          list = dropFirst(list, n);
          model = model.slice(Math.max(0, n));
        } else {
          list = keepFirst(list, n);
          model = model.slice(0, Math.max(0, n));
        }
        assert.equal(list.length, model.length);
      }
      versions.push([list, model]);
      for (const [version, expected] of versions) {
        assert.deepEqual(toArray(version), expected);
        assert.deepEqual(toArray(version, 3, 70), expected.slice(3, 70));
        assert.equal(at(version, -1), undefined);
        assert.equal(at(version, expected.length), undefined);
      }
    }),
  );
  assert.equal(emptyList<number>().length, 0);
});

/** A transaction of which only the zxid matters. */
function txnOf(zxid: number): Txn {
  const body = { type: 'error' as const, err: 0 };
  return { zxid: zxid as Zxid, sessionId: 1n as Txn['sessionId'], cxid: 0, time: 0, body };
}

const steps = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 200 });

test('a history is a sorted array after its base', () => {
  fc.assert(
    fc.property(steps, fc.nat(600), fc.nat(210), (gaps, probe, cut) => {
      let zxid = 10;
      const model = gaps.map((gap) => (zxid += gap));
      let history: History = emptyHistory(10 as Zxid);
      for (const z of model) history = append(history, txnOf(z));
      assert.deepEqual(historyOf(10 as Zxid, model.map(txnOf)), history);
      assert.equal(history.last, model.at(-1) ?? 10);
      const z = probe as Zxid;
      const below = model.filter((entry) => entry <= z);
      assert.equal(countUpTo(history, z), below.length);
      assert.equal(floorOf(history, z), z < 10 ? null : (below.at(-1) ?? 10));
      assert.equal(contains(history, z), z === 10 || model.includes(z));
      const after = entriesAfter(history, z).map((txn) => txn.zxid);
      assert.deepEqual(after, model.slice(below.length));
      assert.equal(entryAt(history, cut)?.zxid, model[cut]);
      if (contains(history, z)) {
        const shorter = truncate(history, z);
        assert.deepEqual(
          entriesAfter(shorter, 0 as Zxid).map((t) => t.zxid),
          below,
        );
        assert.equal(shorter.last, z);
      } else {
        assert.throws(() => truncate(history, z), /no entry/);
      }
      const trimmed = trim(history, cut);
      const kept = cut > model.length ? model : model.slice(cut);
      assert.deepEqual(
        entriesAfter(trimmed, 0 as Zxid).map((t) => t.zxid),
        kept,
      );
      assert.equal(trimmed.last, history.last);
    }),
  );
});

test('a history refuses what is out of order', () => {
  const history = historyOf(5 as Zxid, [txnOf(6), txnOf(9)]);
  assert.throws(() => append(history, txnOf(9)), /append out of order: 9 after 9/);
  assert.throws(() => historyOf(5 as Zxid, [txnOf(5)]), /log out of order: 5 after 5/);
});
