/** At the end of a test: the servers have the same tree, and none sees a digest that is not its own. */
import assert from 'node:assert/strict';
import { ZooKeeper } from '../../../src/client/index.js';
import { fourLetterWord } from '../../support/four-letter-word.js';
import type { MixedMember } from '../../support/mixed-ensemble.js';
import { assertSameTrees, type WholeTree } from '../../support/whole-tree.js';

async function mismatchesAt({ address }: MixedMember): Promise<string | undefined> {
  const report = await fourLetterWord(address, 'mntr');
  return /^zk_digest_mismatches_count\t(\d+)/m.exec(report)?.[1];
}

/** The trees are equal, and so were the digests of all proposals since each server started. Gives the tree. */
export async function assertAgree(members: readonly MixedMember[]): Promise<WholeTree> {
  const tree = await assertSameTrees(members);
  for (const member of members) {
    assert.equal(await mismatchesAt(member), '0', `digests at ${member.name}`);
  }
  return tree;
}

/**
 * The trees are equal, and so are the digests of all that is written from now on. A leader of Apache
 * writes a SNAP while it applies transactions, and says no digest with it: until the learner has
 * those transactions, too, digests differ, as they do at a learner of Apache's.
 */
export async function assertAgreeFromNowOn(members: readonly MixedMember[]): Promise<void> {
  await assertSameTrees(members);
  const before = await Promise.all(members.map(mismatchesAt));
  await using zk = await ZooKeeper.connect(members[0]?.address ?? '', { connectTimeout: 60_000 });
  for (let i = 0; i < 3; i++) await zk.create(`/agreed-${i}`);
  await assertSameTrees(members);
  assert.ok(!before.includes(undefined));
  assert.deepEqual(await Promise.all(members.map(mismatchesAt)), before);
}
