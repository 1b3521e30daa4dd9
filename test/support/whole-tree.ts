/** All that one server's clients can read of its tree, to compare it with another server's. */
import assert from 'node:assert/strict';
import { ZooKeeper } from '../../src/client/index.js';

/** Each server writes its own configuration there, by no transaction. */
const CONFIG_NODE = '/zookeeper/config';

/** By path: data, ACL and every field of the stat. */
export type WholeTree = ReadonlyMap<string, string>;

const fields = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `0x${value.toString(16)}` : value;

/** Walks the tree that `zk` sees, after a sync: parents first, children by name. Closes `zk`. */
export async function walkTree(zk: ZooKeeper): Promise<WholeTree> {
  const tree = new Map<string, string>();
  const visit = async (path: string): Promise<void> => {
    if (path === CONFIG_NODE) return;
    const [{ data, stat }, { acl }, children] = await Promise.all([
      zk.getData(path),
      zk.getACL(path),
      zk.getChildren(path),
    ]);
    const base64 = data === null ? null : data.toString('base64');
    tree.set(path, JSON.stringify({ data: base64, acl, stat }, fields));
    const prefix = path === '/' ? '' : path;
    for (const child of [...children].sort()) await visit(`${prefix}/${child}`);
  };
  try {
    await zk.sync('/');
    await visit('/');
    return tree;
  } finally {
    await zk.close();
  }
}

/** Of the server at `address`. */
async function wholeTree(address: string): Promise<WholeTree> {
  return await walkTree(await ZooKeeper.connect(address, { connectTimeout: 60_000 }));
}

/** The trees of the servers are equal, node by node. Nobody may be writing. Gives that tree. */
export async function assertSameTrees(
  members: readonly { readonly name: string; readonly address: string }[],
): Promise<WholeTree> {
  const trees = await Promise.all(members.map(({ address }) => wholeTree(address)));
  const [first = new Map<string, string>()] = trees;
  for (const [i, tree] of trees.entries()) {
    const who = `${members[i]?.name} beside ${members[0]?.name}`;
    assert.deepEqual([...tree.keys()].sort(), [...first.keys()].sort(), who);
    for (const [path, node] of tree) assert.equal(node, first.get(path), `${path}: ${who}`);
  }
  return first;
}
