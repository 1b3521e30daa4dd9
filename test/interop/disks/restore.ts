/** What Apache's server and ours make of a data folder when they start on it. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StorageError } from '../../../src/shell/storage/storage-error.js';
import { applyTxn } from '../../../src/tree/apply.js';
import { digestNumber } from '../../../src/tree/digest.js';
import { imageOf, treeOf } from '../../../src/tree/image.js';
import { emptyTree } from '../../../src/tree/tree.js';
import { openAt } from '../../shell/storage/harness.js';
import { apacheJars } from '../../support/apache.js';
import { projectRoot, provision, run } from '../../support/provision.js';

export type Outcome =
  | {
      readonly kind: 'starts';
      readonly zxid: number;
      readonly nodes: number;
      readonly sessions: number;
      readonly digest: bigint;
      readonly currentEpoch: number;
      readonly acceptedEpoch: number;
    }
  | { readonly kind: 'refuses'; readonly why: string };

/** What Apache's server makes of each folder, in order; all by one JVM. */
export async function apacheOutcomes(folders: readonly string[]): Promise<Outcome[]> {
  const source = join(projectRoot, 'test', 'interop', 'disks', 'Restore.java');
  const jars = join(await apacheJars(), '*');
  const classes = await provision(
    'apache-restore',
    readFileSync(source, 'utf8') + jars,
    async (into) => {
      const purpose = 'the comparison of damaged folders';
      await run('javac', ['-cp', jars, '-d', into, source], { purpose });
    },
  );
  const args = ['-XX:TieredStopAtLevel=1', '-Xmx256m', '-cp', `${classes}:${jars}`, 'Restore'];
  const { stdout } = await promisify(execFile)('java', [...args, ...folders]);
  const lines = stdout.split('\n').filter((line) => /\t(ok|refused)\t/.test(line));
  return lines.map((line) => {
    const [, verdict, ...rest] = line.split('\t');
    if (verdict === 'refused') return { kind: 'refuses', why: rest.join(' ') };
    const [zxid, nodes, sessions, digest, current, accepted] = rest;
    return {
      ...{ kind: 'starts', zxid: Number(zxid), nodes: Number(nodes), sessions: Number(sessions) },
      digest: BigInt(digest ?? ''),
      ...{ currentEpoch: Number(current), acceptedEpoch: Number(accepted) },
    };
  });
}

/** What ours makes of it; `notes`: what it tells its operator. */
export async function ourOutcome(
  folder: string,
): Promise<{ readonly outcome: Outcome; readonly notes: readonly string[] }> {
  try {
    const { storage, recovered } = await openAt(folder, { initial: imageOf(emptyTree()) });
    await storage.close();
    const { image, disk, notes } = recovered;
    let tree = image === null ? emptyTree() : treeOf(image);
    for (const txn of disk.log) tree = applyTxn(tree, txn).tree;
    const { currentEpoch, acceptedEpoch } = disk;
    const outcome = {
      ...({ kind: 'starts', zxid: tree.lastZxid, nodes: tree.nodes.size } as const),
      ...{ sessions: tree.sessions.size, digest: digestNumber(tree.digest!) },
      ...{ currentEpoch, acceptedEpoch },
    };
    return { outcome, notes };
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return { outcome: { kind: 'refuses', why: error.message }, notes: [] };
  }
}
