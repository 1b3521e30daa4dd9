/**
 * A data folder: each of its files, and then whether they fit together as a server needs them: the
 * newest snapshot that can be read, the log after it without a gap, and the digest after each
 * transaction. What this finds is what a server finds when it starts.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Txn } from '../../core/txn.js';
import { ZXID_ZERO, counterOf, epochOf, zxidToHex, type Zxid } from '../../core/zxid.js';
import { NO_DIGESTS, digestsFrom, noted } from '../../server/digests.js';
import { listFiles, type ZxidFile } from '../../shell/storage/files.js';
import { applyTxn } from '../../tree/apply.js';
import { digestNumber } from '../../tree/digest.js';
import { emptyTree } from '../../tree/tree.js';
import type { Finding } from './finding.js';
import { inspectLog } from './inspect-log.js';
import { inspectSnapshot, type ReadSnapshot } from './inspect-snapshot.js';

const EPOCHS = ['acceptedEpoch', 'currentEpoch'];

/** Everything in `folders`, each a `version-2`: of one server, whose log may be apart. */
export async function* inspectFolders(folders: readonly string[]): AsyncGenerator<Finding> {
  for (const folder of folders) {
    const names = await readdir(folder);
    for (const name of EPOCHS) {
      if (names.includes(name)) yield* inspectEpoch(join(folder, name));
    }
  }
  const all = async (prefix: 'snapshot' | 'log'): Promise<ZxidFile[]> => {
    const lists = await Promise.all(folders.map((folder) => listFiles(folder, prefix)));
    return lists.flat().sort((a, b) => a.zxid - b.zxid);
  };
  let newest: ReadSnapshot | null = null;
  for (const { path, zxid, compression } of await all('snapshot')) {
    yield* inspectSnapshot(path, zxid, compression, (snapshot) => (newest = snapshot));
  }
  const txns: Txn[] = [];
  for (const { path } of await all('log')) {
    yield* inspectLog(path, await readFile(path), (txn) => txns.push(txn));
  }
  yield* inspectWhole(folders.join(' '), newest, txns);
}

export async function* inspectEpoch(file: string): AsyncGenerator<Finding> {
  const text = await readFile(file, 'utf8');
  if (/^\d+\s*$/.test(text)) yield { kind: 'epoch', file, epoch: Number(text) };
  else yield { kind: 'damage', file, offset: 0, reason: `no epoch: ${JSON.stringify(text)}` };
}

/** Whether `next` may directly follow `last`. */
function follows(last: Zxid, next: Zxid): boolean {
  return next === last + 1 || (epochOf(next) > epochOf(last) && counterOf(next) <= 1);
}

function* inspectWhole(
  file: string,
  snapshot: ReadSnapshot | null,
  txns: readonly Txn[],
): Generator<Finding> {
  if (snapshot === null) {
    if (txns.length === 0) return;
    const note = 'no snapshot that can be read: what was before the log is not known';
    yield { kind: 'note', file, note };
    if (!follows(ZXID_ZERO, txns[0]!.zxid)) return;
  }
  let tree = snapshot?.tree ?? emptyTree();
  let digests = digestsFrom(NO_DIGESTS, tree, snapshot?.stated);
  // Apache's server may have put a part of the next transaction into a snapshot (`DataTree.processTxn`
  // records the digest last): then that one digest is wrong, and that of the next transaction is not.
  let doubt: string | null = null;
  for (const txn of txns) {
    if (txn.zxid <= tree.lastZxid) continue;
    if (!follows(tree.lastZxid, txn.zxid)) {
      const reason = `0x${zxidToHex(txn.zxid)} comes after 0x${zxidToHex(tree.lastZxid)}: a gap`;
      yield { kind: 'damage', file, offset: null, reason };
      return;
    }
    tree = applyTxn(tree, txn).tree;
    const { mismatches: before, awaited } = digests;
    digests = noted(digests, txn, tree);
    const { mismatch, mismatches } = digests;
    const differs = mismatches > before;
    if (doubt !== null && txn.digest !== undefined) {
      yield differs
        ? { kind: 'damage', file, offset: null, reason: doubt }
        : { kind: 'note', file, note: `${doubt} (part of the next transaction)` };
      doubt = null;
    }
    if (mismatch === null || !differs || before > 0) continue;
    const [expected, actual] = [digestNumber(mismatch.expected), digestNumber(mismatch.actual)];
    const reason = `digest after 0x${zxidToHex(txn.zxid)}: ${expected}, but the tree has ${actual}`;
    if (awaited !== null) doubt = reason;
    else yield { kind: 'damage', file, offset: null, reason };
  }
  if (doubt !== null) yield { kind: 'damage', file, offset: null, reason: doubt };
  const digest = tree.digest === null ? '' : `, digest ${digestNumber(tree.digest)}`;
  const note =
    `the state at 0x${zxidToHex(tree.lastZxid)} is ` +
    `${tree.nodes.size} nodes, ${tree.sessions.size} sessions${digest}`;
  yield { kind: 'note', file, note };
}
