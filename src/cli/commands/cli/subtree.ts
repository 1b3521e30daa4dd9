/** All nodes below one, in the orders in which Apache's `ZKUtil` lists them. */
import { NoNodeError, type Watcher, type ZooKeeper } from '../../../client/index.js';

const childOf = (parent: string, name: string): string =>
  parent === '/' ? `/${name}` : `${parent}/${name}`;

/** Breadth first: parents before children, `path` first. @throws NoNodeError */
export async function subtree(zk: ZooKeeper, path: string): Promise<readonly string[]> {
  const paths = [path];
  for (let i = 0; i < paths.length; i++) {
    const parent = paths[i]!;
    for (const name of await zk.getChildren(parent)) paths.push(childOf(parent, name));
  }
  return paths;
}

/** `ls -R`: a node's children, then what is below each. Nodes that go meanwhile are left out. */
export async function visit(
  zk: ZooKeeper,
  path: string,
  tell: (path: string) => Promise<void> | void,
  watcher?: Watcher,
): Promise<void> {
  const options = watcher === undefined ? {} : { watcher };
  await zk.getData(path, options);
  await tell(path);
  await below(path);

  async function below(parent: string): Promise<void> {
    let names: readonly string[];
    try {
      names = [...(await zk.getChildren(parent, options))].sort();
    } catch (error) {
      if (error instanceof NoNodeError) return;
      throw error;
    }
    const children = names.map((name) => childOf(parent, name));
    for (const child of children) await tell(child);
    for (const child of children) await below(child);
  }
}
