import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Data, TxnBody } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { OPEN_ACL_UNSAFE } from '../../src/tree/acl.js';
import { applyTxn } from '../../src/tree/apply.js';
import { imageOf, treeOf } from '../../src/tree/image.js';
import { sortedNames } from '../../src/tree/name-set.js';
import { checkQuota } from '../../src/tree/quota.js';
import { statOf } from '../../src/tree/stat.js';
import { formatStats, parseStats } from '../../src/tree/stats-track.js';
import { childNames, emptyTree, getNode, type Tree } from '../../src/tree/tree.js';

const acl = OPEN_ACL_UNSAFE;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const textAt = (tree: Tree, path: string): string =>
  new TextDecoder().decode(getNode(tree, path)?.data ?? bytes('none'));

function apply(tree: Tree, body: TxnBody): Tree {
  const zxid = (tree.lastZxid + 1) as Zxid;
  return applyTxn(tree, { zxid, sessionId: 9n as SessionId, cxid: 0, time: 0, body }).tree;
}
const create = (path: string, data: Data = null, ephemeral = false): TxnBody => {
  return { type: 'create', path, data, acl, ephemeral, parentCVersion: -1 };
};
const set = (path: string, data: Data): TxnBody => ({ type: 'setData', path, data, version: 1 });
const remove = (path: string): TxnBody => ({ type: 'delete', path });

const LIMITS = '/zookeeper/quota/q/zookeeper_limits';
const STATS = '/zookeeper/quota/q/zookeeper_stats';

/** A quota of /q, made as zkCli makes it. */
function limited(limits: string): Tree {
  const made = [create('/q', bytes('ab')), create('/zookeeper/quota/q')];
  const quota = [create(LIMITS, bytes(limits)), create(STATS, bytes('count=0,bytes=0'))];
  return [...made, ...quota].reduce(apply, emptyTree());
}

test('a snapshot that was taken while transactions were applied is counted anew', () => {
  const tree = [create('/q/a', bytes('abc')), create('/q/a/b')].reduce(
    apply,
    limited('count=9,bytes=99'),
  );
  assert.equal(textAt(tree, STATS), 'count=3,bytes=5');
  const wrong = apply(tree, set(STATS, bytes('count=70,bytes=70')));
  assert.equal(textAt(treeOf(imageOf(wrong)), STATS), 'count=70,bytes=70');
  const anew = treeOf({ ...imageOf(wrong), fuzzy: true });
  assert.equal(textAt(anew, STATS), 'count=3,bytes=5');
  assert.deepEqual(anew.digest, wrong.digest);
  const without = apply(wrong, remove(STATS));
  assert.equal(getNode(treeOf({ ...imageOf(without), fuzzy: true }), STATS), undefined);
});

test('quota texts are read and written as Apache does', () => {
  const read = (text: string): string | null => {
    const stats = parseStats(bytes(text));
    return stats === null ? null : new TextDecoder().decode(formatStats(stats));
  };
  assert.equal(read('count=1,bytes=2'), 'count=1,bytes=2');
  assert.equal(read(''), 'count=-1,bytes=-1');
  assert.equal(read('bytes=2;count=+1'), 'count=1,bytes=2');
  assert.equal(
    read('count=4,bytes=5=;z=1;countHardLimit=10'),
    'count=4,bytes=5=;countHardLimit=10;z=1',
  );
  assert.equal(read('count==7'), 'count=-1,bytes=-1');
  assert.equal(read('count=9223372036854775807'), 'count=9223372036854775807,bytes=-1');
  assert.equal(read('count=1,,;;bytes=2;;'), 'count=1,bytes=2');
  for (const wrong of [
    'x',
    'count=',
    'count=a',
    'count= 1',
    ',count=1',
    'count=9223372036854775808',
  ]) {
    assert.equal(read(wrong), null, wrong);
  }
  assert.equal(parseStats(null), null);
});

test('counts begin with what is there, and follow it without a trace in the Stat', () => {
  const before = limited('count=1,bytes=1');
  const counted = statOf(getNode(before, STATS)!);
  assert.equal(textAt(before, STATS), 'count=1,bytes=2');
  const after = [
    create('/q/a', bytes('xyz')),
    set('/q', bytes('a')),
    create('/other', bytes('x')),
  ].reduce(apply, before);
  assert.equal(textAt(after, STATS), 'count=2,bytes=4');
  assert.deepEqual(statOf(getNode(after, STATS)!), counted);
  const gone = [remove('/q/a'), remove('/q')].reduce(apply, after);
  assert.equal(textAt(gone, STATS), 'count=0,bytes=0');
  const ephemeral = apply(apply(before, create('/q/e', bytes('1'), true)), {
    type: 'closeSession',
    paths: ['/q/e'],
  });
  assert.equal(textAt(ephemeral, STATS), 'count=1,bytes=2');
});

test('a failed multi counts nothing, and without limits nothing is counted', () => {
  const tree = limited('count=1,bytes=1');
  const multi: TxnBody = {
    type: 'multi',
    ops: [create('/q/a') as never, { type: 'error', err: -101 }],
  };
  assert.equal(textAt(apply(tree, multi), STATS), 'count=1,bytes=2');
  const free = apply(apply(tree, remove(LIMITS)), create('/q/a'));
  assert.equal(textAt(free, STATS), 'count=1,bytes=2');
  assert.deepEqual(sortedNames(free.quotas), []);
  const withoutStats = apply(apply(tree, remove(STATS)), create('/q/a'));
  assert.equal(getNode(withoutStats, STATS), undefined);
});

test('what is no quota is none: of the root, and beside /zookeeper/quota', () => {
  const paths = [
    '/zookeeper/quota/zookeeper_limits',
    '/zookeeper/zookeeper_limits',
    '/zookeeper_limits',
  ];
  const tree = paths.map((path) => create(path)).reduce(apply, emptyTree());
  assert.deepEqual(sortedNames(tree.quotas), []);
});

test('hard limits are checked, the soft ones are not', () => {
  const check = (limits: string, nodes: number, size: number): number =>
    checkQuota(limited(limits), '/q/a', nodes, size);
  assert.equal(check('count=0,bytes=0', 9, 9), ErrorCode.OK);
  assert.equal(check('count=0,bytes=0=;countHardLimit=2', 1, 9), ErrorCode.OK);
  assert.equal(check('count=0,bytes=0=;countHardLimit=1', 1, 0), ErrorCode.QUOTAEXCEEDED);
  assert.equal(check('count=0,bytes=0=;countHardLimit=1', 0, 9), ErrorCode.OK);
  assert.equal(check('byteHardLimit=5', 1, 3), ErrorCode.OK);
  assert.equal(check('byteHardLimit=5', 1, 4), ErrorCode.QUOTAEXCEEDED);
  // As in Apache: less is still too much.
  assert.equal(check('byteHardLimit=0', 0, -1), ErrorCode.QUOTAEXCEEDED);
  assert.equal(check('nonsense', 1, 1), ErrorCode.MARSHALLINGERROR);
  assert.equal(checkQuota(limited('countHardLimit=0'), '/qq', 1, 1), ErrorCode.OK);
  const tree = limited('countHardLimit=0');
  assert.equal(checkQuota(apply(tree, remove(STATS)), '/q/a', 1, 1), ErrorCode.OK);
});

interface Op {
  readonly kind: 'create' | 'delete' | 'set';
  readonly path: string;
  readonly data: Data;
}
const op: fc.Arbitrary<Op> = fc.record({
  kind: fc.constantFrom('create' as const, 'create' as const, 'delete' as const, 'set' as const),
  path: fc.constantFrom('/q', '/q/a', '/q/b', '/q/a/c', '/q/a/c/d', '/r', '/qq'),
  data: fc.option(fc.uint8Array({ maxLength: 9 }), { nil: null }),
});

function recount(tree: Tree, path: string): readonly [number, number] {
  const node = getNode(tree, path);
  if (node === undefined) return [0, 0];
  return childNames(node)
    .map((name) => recount(tree, `${path}/${name}`))
    .reduce(([a, b], [c, d]) => [a + c, b + d], [1, node.data?.length ?? 0]);
}

test('the counts are what counting gives, whatever happens, and survive a snapshot', () => {
  fc.assert(
    fc.property(fc.array(op, { maxLength: 60, size: 'max' }), (ops) => {
      let tree = limited('count=5,bytes=5');
      for (const { kind, path, data } of ops) {
        const bodies = { create: create(path, data), set: set(path, data), delete: remove(path) };
        // The leader proposes no delete of a node with children.
        const node = getNode(tree, path);
        if (kind === 'delete' && node !== undefined && childNames(node).length > 0) continue;
        tree = apply(tree, bodies[kind]);
        const [count, size] = recount(tree, '/q');
        assert.equal(textAt(tree, STATS), `count=${count},bytes=${size}`);
      }
      assert.deepEqual(treeOf(imageOf(tree)), tree);
    }),
    { numRuns: 200 },
  );
});

test('any numbers survive a quota node', () => {
  const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
  const key = fc.stringMatching(/^[a-zA-Z]{1,8}$/);
  fc.assert(
    fc.property(fc.dictionary(key, long, { maxKeys: 6 }), (numbers) => {
      const stats = new Map([
        ['count', 3n] as const,
        ['bytes', 4n] as const,
        ...Object.entries(numbers),
      ]);
      assert.deepEqual(new Map(parseStats(formatStats(stats))!), new Map(stats));
    }),
  );
});

test('any bytes are read as a quota, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
      const stats = parseStats(data);
      if (stats !== null)
        assert.deepEqual(
          new Map(parseStats(formatStats(stats))!).get('count'),
          stats.get('count') ?? -1n,
        );
    }),
  );
});
