/** How much is in a server's folders, as `dirs` and `conf` tell (Apache: `ZooKeeperServer.getDirSize`). */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where a server keeps its files. */
export function versionFolder(folder: string): string {
  return resolve(folder, 'version-2');
}

/** Bytes of all files below `folder`; what goes away meanwhile does not count. */
export function folderSize(folder: string): number {
  let size = 0;
  for (const entry of attempt(() => readdirSync(folder, { withFileTypes: true })) ?? []) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) size += folderSize(path);
    else size += attempt(() => statSync(path).size) ?? 0;
  }
  return size;
}

function attempt<A>(run: () => A): A | null {
  try {
    return run();
  } catch {
    return null;
  }
}
