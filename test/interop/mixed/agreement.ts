/** At the end of a test: the servers have the same tree, and none has seen a digest that is not its own. */
import assert from 'node:assert/strict';
import { fourLetterWord } from '../../support/four-letter-word.js';
import type { MixedMember } from '../../support/mixed-ensemble.js';
import { assertSameTrees, type WholeTree } from '../../support/whole-tree.js';

/** The trees are equal, and so were the digests of all proposals since each server started. Gives the tree. */
export async function assertAgree(members: readonly MixedMember[]): Promise<WholeTree> {
  const tree = await assertSameTrees(members);
  for (const { address, name } of members) {
    const report = await fourLetterWord(address, 'mntr');
    const mismatches = /^zk_digest_mismatches_count\t(\d+)/m.exec(report)?.[1];
    assert.equal(mismatches, '0', `digests at ${name}`);
  }
  return tree;
}
