/** All that a server holds, as its clients and operators see it. */
import { createHash } from 'node:crypto';
import { fourLetterWord } from '../../support/four-letter-word.js';
import { walkTree } from '../../support/whole-tree.js';
import { SUPER, connectAs } from './workload.js';

export interface WholeState {
  /** By path: data, ACL and every field of the stat; then the sessions and what they own. */
  readonly lines: readonly string[];
  /** SHA-256 of the lines. */
  readonly digest: string;
  /** `zk_digest_mismatches_count`. */
  readonly mismatches: number;
}

async function treeLines(address: string): Promise<string[]> {
  const tree = await walkTree(await connectAs(address, SUPER));
  return [...tree].map(([path, node]) => `${path} ${node}`);
}

/** Sessions that are alive, and the ephemerals of each. */
async function sessionLines(address: string): Promise<string[]> {
  const [clocks = '', owners = ''] = (await fourLetterWord(address, 'dump')).split(
    'ephemeral nodes dump:',
  );
  const alive = new Set(clocks.match(/0x[0-9a-f]+/g) ?? []);
  const owned: string[] = [];
  let owner = '';
  for (const line of owners.split('\n')) {
    if (/^0x/.test(line)) owner = line;
    else if (line.startsWith('\t/')) owned.push(`${owner} owns ${line.trim()}`);
  }
  return [...[...alive].sort(), ...owned.sort()];
}

async function mismatchesOf(address: string): Promise<number> {
  const found = /^zk_digest_mismatches_count\s+(\d+)/m.exec(await fourLetterWord(address, 'mntr'));
  if (found === null) throw new Error(`${address} does not count mismatches`);
  return Number(found[1]);
}

/** Of the server at `address`, which nobody writes to. */
export async function wholeState(address: string): Promise<WholeState> {
  const lines = [...(await treeLines(address)), ...(await sessionLines(address))];
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex');
  return { lines, digest, mismatches: await mismatchesOf(address) };
}
