/** What a server makes of the digests that come with transactions and snapshots. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDigest } from '../../src/core/image.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Txn, TxnBody } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { NO_DIGESTS, digestsFrom, noted, withDigest } from '../../src/server/digests.js';
import { applyTxn } from '../../src/tree/apply.js';
import { emptyTree, type Tree } from '../../src/tree/tree.js';

const acl = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const at = (zxid: number, body: TxnBody): Txn => ({
  ...{ zxid: zxid as Zxid, sessionId: 1n as SessionId, cxid: 1, time: 7, body },
});
const created = (zxid: number): Txn =>
  at(zxid, {
    ...{ type: 'create', path: `/${zxid}`, data: null, acl, ephemeral: false },
    parentCVersion: -1,
  });

/** A tree after so many creates. */
function grown(count: number): Tree {
  let tree = emptyTree();
  for (let i = 1; i <= count; i++) tree = applyTxn(tree, created(i)).tree;
  return tree;
}

const stated = (zxid: number, tree: Tree): ImageDigest => ({
  ...{ zxid: zxid as Zxid, version: 2 },
  ...tree.digest!,
});

test('a transaction carries the digest of the tree after it; an error, and a server without, none', () => {
  const { tree } = applyTxn(emptyTree(), created(1));
  assert.deepEqual(withDigest(created(1), tree).digest, { version: 2, ...tree.digest });
  const session = at(2, { type: 'createSession', timeout: 1000 });
  assert.deepEqual(withDigest(session, tree).digest, { version: 2, ...tree.digest });
  assert.equal('digest' in withDigest(at(2, { type: 'error', err: -101 }), tree), false);
  const bare = applyTxn(emptyTree(false), created(1)).tree;
  assert.equal('digest' in withDigest(created(1), bare), false);
  assert.equal(noted(NO_DIGESTS, withDigest(created(1), tree), bare), NO_DIGESTS);
});

test('a digest that differs is counted; one of another version and none are passed over', () => {
  const tree = grown(1);
  const txn = withDigest(created(1), tree);
  assert.equal(noted(NO_DIGESTS, txn, tree), NO_DIGESTS);
  assert.equal(noted(NO_DIGESTS, created(1), tree), NO_DIGESTS);
  const wrong = { ...txn, digest: { ...txn.digest!, low: txn.digest!.low ^ 1 } };
  const after = noted(NO_DIGESTS, wrong, tree);
  assert.equal(after.mismatches, 1);
  assert.equal(after.mismatch!.zxid, 1);
  assert.deepEqual(after.mismatch!.actual, tree.digest);
  assert.equal(noted(after, wrong, tree).mismatches, 2);
  const other = { ...wrong, digest: { ...wrong.digest, version: 3 } };
  assert.equal(noted(NO_DIGESTS, other, tree), NO_DIGESTS);
});

test('of every 128th zxid the digest is kept, of the last 1024 of them', () => {
  let digests = NO_DIGESTS;
  const tree = grown(1);
  for (let zxid = 1; zxid <= 128 * 1030; zxid++) {
    digests = noted(digests, at(zxid, { type: 'error', err: -101 }), tree);
  }
  assert.equal(digests.log.length, 1024);
  assert.deepEqual(digests.log[0], stated(128 * 7, tree));
  assert.deepEqual(digests.log.at(-1), stated(128 * 1030, tree));
});

test("a snapshot's own digest is compared at once, or when its transaction has come", () => {
  const two = grown(2);
  const three = grown(3);
  assert.equal(digestsFrom(NO_DIGESTS, two, stated(2, two)).mismatches, 0);
  assert.equal(digestsFrom(NO_DIGESTS, two, stated(2, three)).mismatches, 1);
  // Older than its snapshot, or of a server that keeps none: nothing to compare.
  for (const digest of [stated(1, three), null, undefined]) {
    assert.deepEqual(digestsFrom(NO_DIGESTS, two, digest), NO_DIGESTS);
  }
  // Taken while transactions were applied: until its zxid nothing is compared.
  const wrong = { ...created(3), digest: { version: 2, high: 9, low: 9 } };
  const waiting = digestsFrom(NO_DIGESTS, two, stated(4, grown(4)));
  const passed = noted(waiting, wrong, three);
  assert.equal(passed.mismatches, 0);
  assert.equal(noted(passed, created(4), grown(4)).mismatches, 0);
  assert.equal(noted(passed, created(4), three).mismatches, 1);
  const skipped = noted(passed, created(5), three);
  assert.equal(skipped.mismatches, 0);
  assert.equal(skipped.awaited, null);
  assert.equal(noted(skipped, wrong, three).mismatches, 1);
});
