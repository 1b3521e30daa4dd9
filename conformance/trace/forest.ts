/**
 * Sequences that begin alike as a forest: what they have in common is in it once. Nodes are numbered
 * from 1 so that the one after a node is mostly the next number; `forks` and `ends` say where else.
 */

export interface Forest {
  /** What the n-th node stands for. */
  readonly nodes: readonly string[];
  /** Root → the nodes that may come first. */
  readonly roots: ReadonlyMap<string, readonly number[]>;
  /** Node → the nodes that may come after it besides the next number. */
  readonly forks: ReadonlyMap<number, readonly number[]>;
  /** The nodes after which the next number does not come. */
  readonly ends: readonly number[];
  /** For each sequence, its nodes. */
  readonly paths: readonly (readonly number[])[];
}

export interface Sequence {
  readonly root: string;
  readonly lines: readonly string[];
}

/** Sequences with equal roots share the nodes of their common beginning. */
export function growForest(sequences: readonly Sequence[]): Forest {
  const nodes: string[] = [];
  const roots = new Map<string, number[]>();
  const forks = new Map<number, number[]>();
  const ends: number[] = [];
  /** By root or node: what its successors stand for. */
  const successors = new Map<string | number, Map<string, number>>();
  const paths = sequences.map(({ root, lines }) => {
    if (!roots.has(root)) roots.set(root, []);
    const path: number[] = [];
    let at: string | number = root;
    let grown = false;
    for (const line of lines) {
      const known: Map<string, number> = successors.get(at) ?? new Map<string, number>();
      successors.set(at, known);
      let next = known.get(line);
      if (next === undefined) {
        nodes.push(line);
        next = nodes.length;
        known.set(line, next);
        if (typeof at === 'string') roots.get(at)!.push(next);
        else if (!grown) forks.set(at, [...(forks.get(at) ?? []), next]);
        grown = true;
      }
      path.push(next);
      at = next;
    }
    if (grown) ends.push(nodes.length);
    return path;
  });
  return { nodes, roots, forks, ends, paths };
}
