/** What the recipes have in common: repeats after a lost connection, folders, guaranteed deletes. */
import { randomUUID } from 'node:crypto';
import {
  ConnectionLossError,
  NodeExistsError,
  NoNodeError,
  UnimplementedError,
  ZooKeeperError,
} from '../errors.js';
import { OneEvent } from '../one-event.js';
import { childOf, parentOf } from '../paths.js';
import type { CreateMode } from '../types.js';
import type { DataInput } from '../options.js';
import type { ZooKeeper } from '../zookeeper.js';

export interface WaitOptions {
  /** Gives the wait up, with the signal's reason; nothing is left behind. */
  readonly signal?: AbortSignal;
}

/** Again after every lost connection: only for what may be done twice. */
export async function repeat<A>(
  zk: ZooKeeper,
  attempt: () => Promise<A>,
  options: WaitOptions = {},
): Promise<A> {
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConnectionLossError)) throw error;
      await zk.connected(options);
    }
  }
}

/** A folder and those above it, as containers where the server knows them (as Curator does). */
export async function ensureFolder(zk: ZooKeeper, path: string): Promise<void> {
  if (path === '/') return;
  try {
    await repeat(zk, () => createFolder(zk, path));
  } catch (error) {
    if (error instanceof NodeExistsError) return;
    if (!(error instanceof NoNodeError)) throw error;
    await ensureFolder(zk, parentOf(path));
    await ensureFolder(zk, path);
  }
}

async function createFolder(zk: ZooKeeper, path: string): Promise<void> {
  try {
    await zk.create(path, null, { mode: 'container' });
  } catch (error) {
    if (!(error instanceof UnimplementedError)) throw error;
    await zk.create(path);
  }
}

/**
 * A sequential ephemeral whose create may lose its reply: its name carries a GUID (Curator's
 * protection: `_c_GUID-name`), by which it is found again after a lost connection.
 */
export async function createProtected(
  zk: ZooKeeper,
  folder: string,
  name: string,
  data: DataInput,
  mode: CreateMode = 'ephemeral-sequential',
): Promise<string> {
  const marked = `_c_${randomUUID()}-${name}`;
  for (;;) {
    try {
      return await zk.create(childOf(folder, marked), data, { mode });
    } catch (error) {
      if (error instanceof NoNodeError) await ensureFolder(zk, folder);
      else if (error instanceof ConnectionLossError) {
        const own = error.maybeDone ? await find(zk, folder, marked) : null;
        if (own !== null) return own;
        await zk.connected();
      } else throw error;
    }
  }
}

async function find(zk: ZooKeeper, folder: string, marked: string): Promise<string | null> {
  return repeat(zk, async () => {
    // The server that answers now may be behind the one that took the create.
    await zk.sync(folder);
    const name = (await childrenOf(zk, folder)).find((child) => child.startsWith(marked));
    return name === undefined ? null : childOf(folder, name);
  });
}

/** The names; none where there is no folder. */
export async function childrenOf(zk: ZooKeeper, folder: string): Promise<readonly string[]> {
  try {
    return await zk.getChildren(folder);
  } catch (error) {
    if (error instanceof NoNodeError) return [];
    throw error;
  }
}

/** Deletes an own node, however often the connection is lost; the end of the session does it too. */
export async function deleteForSure(zk: ZooKeeper, path: string): Promise<void> {
  try {
    await repeat(zk, () => zk.delete(path));
  } catch (error) {
    // Gone already, or it goes with the session.
    if (!(error instanceof ZooKeeperError)) throw error;
  }
}

/** What follows the last of these marks in a name, by which contenders are ordered. */
export function sequenceOf(name: string, marks: readonly string[]): string {
  for (const mark of marks) {
    const at = name.lastIndexOf(mark);
    if (at >= 0) return name.slice(at + mark.length);
  }
  return name;
}

/** Until a node is gone: at once if it is not there. */
export async function untilGone(
  zk: ZooKeeper,
  path: string,
  options: WaitOptions = {},
): Promise<void> {
  for (;;) {
    const event = new OneEvent(options.signal);
    try {
      // Not `exists`, which would leave a watch on a node that is not there.
      await repeat(zk, () => zk.getData(path, { ...options, watcher: event.watcher }), options);
      const { type } = await event.came;
      if (type === 'NodeDeleted') return;
      if (type === 'None') await zk.getData(path);
    } catch (error) {
      if (error instanceof NoNodeError) return;
      throw error;
    } finally {
      event.stop();
      zk.forget(path, 'data', event.watcher);
    }
  }
}

/** Until a node is there: at once if it is. */
export async function untilThere(
  zk: ZooKeeper,
  path: string,
  options: WaitOptions = {},
): Promise<void> {
  for (;;) {
    const event = new OneEvent(options.signal);
    try {
      const read = { ...options, watcher: event.watcher };
      if ((await repeat(zk, () => zk.exists(path, read), options)) !== null) return;
      const { type } = await event.came;
      if (type === 'None') await zk.exists(path);
    } finally {
      event.stop();
      zk.forget(path, 'data', event.watcher);
    }
  }
}
