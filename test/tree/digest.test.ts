/**
 * The digest of a tree. That it is the one which Apache's server has: `interop/disks.test.ts`, by the
 * digests in the real server's log and snapshots.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { SessionId } from '../../src/core/ids.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import { applyTxn } from '../../src/tree/apply.js';
import {
  CRC_START,
  crcBigLong,
  crcBytes,
  crcInt,
  crcLong,
  crcText,
  crcValue,
} from '../../src/tree/crc32.js';
import { digestNumber } from '../../src/tree/digest.js';
import { imageOf, treeOf } from '../../src/tree/image.js';
import { emptyTree } from '../../src/tree/tree.js';
import { txns } from './generators.js';

test('CRC-32 is that of zlib, in one go and in pieces', () => {
  assert.equal(crcValue(crcText(CRC_START, '123456789')), 0xcbf43926);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), (bytes, at) => {
      const first = crcBytes(CRC_START, bytes.subarray(0, at));
      assert.equal(crcValue(crcBytes(first, bytes.subarray(at))), crc32(bytes));
    }),
  );
});

test('CRC-32 of text and numbers is that of their bytes', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      fc.maxSafeInteger(),
      fc.integer(),
      (text, big, long, int) => {
        const numbers = Buffer.alloc(20);
        numbers.writeBigInt64BE(big);
        numbers.writeBigInt64BE(BigInt(long), 8);
        numbers.writeInt32BE(int, 16);
        const crc = crcInt(crcLong(crcBigLong(crcText(CRC_START, text), big), long), int);
        assert.equal(crcValue(crc), crc32(Buffer.concat([Buffer.from(text), numbers])));
      },
    ),
  );
  // Half a pair, as Java has it.
  assert.equal(crcValue(crcText(CRC_START, 'a\ud800b')), crc32('a?b'));
});

test('the digest after each transaction is that of the nodes that there are', () => {
  fc.assert(
    fc.property(txns, (list) => {
      let tree = emptyTree();
      let bare = emptyTree(false);
      for (const txn of list) {
        tree = applyTxn(tree, txn).tree;
        bare = applyTxn(bare, txn).tree;
        assert.deepEqual(tree.digest, treeOf(imageOf(tree)).digest, JSON.stringify(txn.body));
        assert.equal(bare.digest, null);
      }
    }),
  );
});

const open = [{ perms: 31, scheme: 'world', id: 'anyone' }];

function createAt(zxid: number, path: string): Txn {
  const body = {
    ...{ type: 'create' as const, path, data: null, acl: open },
    ...{ ephemeral: false, parentCVersion: -1 },
  };
  return { zxid: zxid as Zxid, sessionId: 0n as SessionId, cxid: 0, time: 5, body };
}

test('what is below /zookeeper does not count, and an empty tree is its root and /zookeeper', () => {
  const node = (path: string): number =>
    crc32(Buffer.concat([Buffer.from(path), Buffer.alloc(60)]));
  const empty = emptyTree();
  assert.equal(digestNumber(empty.digest!), BigInt(node('')) + BigInt(node('/zookeeper')));
  const below = applyTxn(empty, createAt(1, '/zookeeper/quota/x')).tree;
  assert.deepEqual(below.digest, empty.digest);
  const beside = applyTxn(empty, createAt(1, '/zookeeperx')).tree;
  assert.notDeepEqual(beside.digest, empty.digest);
});

test('the sum goes on beyond 32 bits, and comes back', () => {
  let tree = emptyTree();
  const before = tree.digest;
  for (let i = 1; i <= 40; i++) tree = applyTxn(tree, createAt(i, `/n${i}`)).tree;
  const sum = [...imageOf(tree).nodes].length;
  assert.equal(sum, 44);
  assert.ok(digestNumber(tree.digest!) > 2n ** 32n);
  for (let i = 1; i <= 40; i++) {
    const body = { type: 'delete' as const, path: `/n${i}` };
    tree = applyTxn(tree, { ...createAt(40 + i, '/'), body }).tree;
  }
  // The root has other versions now; without it the sum is what it was.
  assert.notDeepEqual(tree.digest, before);
  assert.ok(digestNumber(tree.digest!) < 2n ** 33n);
});
