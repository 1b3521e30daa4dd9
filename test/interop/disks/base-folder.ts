/** A small data folder, the same each time: what is damaged, and what Apache's tools are shown. */
import type { SessionId } from '../../../src/core/ids.js';
import type { Txn, TxnBody } from '../../../src/core/txn.js';
import { makeZxid } from '../../../src/core/zxid.js';
import { withDigest } from '../../../src/server/digests.js';
import { applyTxn } from '../../../src/tree/apply.js';
import { digestNumber } from '../../../src/tree/digest.js';
import { imageOf } from '../../../src/tree/image.js';
import { emptyTree } from '../../../src/tree/tree.js';
import { openAt } from '../../shell/storage/harness.js';

/** Transactions of the folder, all of epoch 1. */
export const COUNT = 15;
const acl = [{ perms: 31, scheme: 'world', id: 'anyone' }];

function bodyAt(i: number): TxnBody {
  if (i === 1) return { type: 'createSession', timeout: 30_000 };
  const data = Buffer.alloc(i === COUNT ? 2000 : 60, i);
  if (i % 5 === 0) return { type: 'setData', path: '/n2', data, version: i / 5 };
  const ephemeral = i % 4 === 0;
  return { type: 'create', path: `/n${i}`, data, acl, ephemeral, parentCVersion: -1 };
}

/** Digests of the tree by zxid: every state that ever was. */
export type States = ReadonlyMap<number, bigint>;

/** Logs of transactions 1–5, 6–10 and 11–15 of epoch 1, snapshots at 0, 5 and 10, both epochs. */
export async function makeBase(folder: string): Promise<States> {
  const { storage, submit, answered } = await openAt(folder, { initial: imageOf(emptyTree()) });
  let tree = emptyTree();
  const states = new Map<number, bigint>();
  let ticket = submit({ op: 'acceptedEpoch', epoch: 1 });
  ticket = submit({ op: 'currentEpoch', epoch: 1 });
  for (let i = 1; i <= COUNT; i++) {
    const sessionId = 0x100_0000_0000_0001n as SessionId;
    const time = 1_700_000_000_000 + i;
    const bare: Txn = { zxid: makeZxid(1, i), sessionId, cxid: i, time, body: bodyAt(i) };
    tree = applyTxn(tree, bare).tree;
    states.set(bare.zxid, digestNumber(tree.digest!));
    ticket = submit({ op: 'append', txn: withDigest(bare, tree) });
    await answered(ticket);
    if (i === 5 || i === 10) await storage.snapshot(imageOf(tree));
  }
  await storage.close();
  return states;
}
