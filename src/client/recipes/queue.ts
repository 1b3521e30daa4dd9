/**
 * Contenders in a line: each is a sequential ephemeral below one folder, and waits for the one before
 * it only, so that nobody wakes in vain (ZooKeeper's recipe; Curator's `LockInternals`).
 */
import { NoNodeError, SessionExpiredError } from '../errors.js';
import { childOf, nameOf } from '../paths.js';
import type { DataInput } from '../options.js';
import type { ZooKeeper } from '../zookeeper.js';
import { Ownership } from './ownership.js';
import {
  childrenOf,
  createProtected,
  deleteForSure,
  repeat,
  sequenceOf,
  untilGone,
} from './support.js';
import type { WaitOptions } from './support.js';

export interface AcquireOptions extends WaitOptions {
  /** What others see of this contender. */
  readonly data?: DataInput;
}

export interface Contender {
  readonly path: string;
  readonly data: Buffer | null;
}

/** How a recipe's contenders are named, and who waits for whom. */
export interface QueueLayout {
  /** This contender's name, before the number. */
  readonly name: string;
  /** Names before the numbers, of all who stand in this line. */
  readonly marks: readonly string[];
  /** Whom the contender waits for, of those before it (in order); null: it is its turn. */
  readonly blocker: (before: readonly string[]) => string | null;
}

/** The line of a lock or an election: the first has it. */
export function inLine(name: string): QueueLayout {
  return { name, marks: [name], blocker: (before) => before.at(-1) ?? null };
}

function inOrder(names: readonly string[], marks: readonly string[]): readonly string[] {
  const own = names.filter((name) => marks.some((mark) => name.includes(mark)));
  const order = (name: string): string => sequenceOf(name, marks);
  return own.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0));
}

/** Waits for the turn; whatever ends the wait, no node is left. */
export async function acquire(
  zk: ZooKeeper,
  folder: string,
  layout: QueueLayout,
  options: AcquireOptions = {},
): Promise<Ownership> {
  options.signal?.throwIfAborted();
  const path = await createProtected(zk, folder, layout.name, options.data ?? null);
  try {
    for (;;) {
      options.signal?.throwIfAborted();
      const blocker = await blockerOf(zk, folder, layout, path, options);
      if (blocker === null) return new Ownership(zk, path);
      await untilGone(zk, childOf(folder, blocker), signalOf(options));
    }
  } catch (error) {
    await deleteForSure(zk, path);
    throw error;
  }
}

/** null: it is not this contender's turn. */
export async function tryAcquire(
  zk: ZooKeeper,
  folder: string,
  layout: QueueLayout,
  options: AcquireOptions = {},
): Promise<Ownership | null> {
  const path = await createProtected(zk, folder, layout.name, options.data ?? null);
  try {
    if ((await blockerOf(zk, folder, layout, path, options)) === null) {
      return new Ownership(zk, path);
    }
  } catch (error) {
    await deleteForSure(zk, path);
    throw error;
  }
  await deleteForSure(zk, path);
  return null;
}

async function blockerOf(
  zk: ZooKeeper,
  folder: string,
  layout: QueueLayout,
  path: string,
  options: WaitOptions,
): Promise<string | null> {
  const names = await repeat(zk, () => childrenOf(zk, folder), signalOf(options));
  const line = inOrder(names, layout.marks);
  const at = line.indexOf(nameOf(path));
  // Somebody deleted it, or the session it was made in ended.
  if (at < 0) throw new SessionExpiredError(path);
  return layout.blocker(line.slice(0, at));
}

function signalOf({ signal }: WaitOptions): WaitOptions {
  return signal === undefined ? {} : { signal };
}

/** All who stand in the line, in order; the first has it. */
export async function contenders(
  zk: ZooKeeper,
  folder: string,
  marks: readonly string[],
): Promise<readonly Contender[]> {
  const found: Contender[] = [];
  for (const name of inOrder(await repeat(zk, () => childrenOf(zk, folder)), marks)) {
    const path = childOf(folder, name);
    try {
      found.push({ path, data: (await repeat(zk, () => zk.getData(path))).data });
    } catch (error) {
      // Left meanwhile.
      if (!(error instanceof NoNodeError)) throw error;
    }
  }
  return found;
}
