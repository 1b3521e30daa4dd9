/** go-zookeeper/zk, the Go client, as a module: fetched by go into its module cache when first asked for. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provision, run } from './provision.js';

const MODULE = 'github.com/go-zookeeper/zk';
const VERSION = 'v1.0.4';

export interface GoModule {
  readonly path: string;
  readonly version: string;
  /** Its folder in the module cache, read only. */
  readonly folder: string;
  /** For every call of go. */
  readonly env: Readonly<Record<string, string>>;
}

export const goModule = async (): Promise<GoModule> => {
  const env = { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local', GO111MODULE: 'on' };
  const purpose = 'go-zookeeper for the interop tests';
  const folder = await provision('go-module', `${MODULE}@${VERSION}`, (into) => {
    mkdirSync(into, { recursive: true });
    writeFileSync(join(into, 'go.mod'), 'module fetch\n\ngo 1.13\n');
    return Promise.resolve();
  });
  const said = await run('go', ['mod', 'download', '-json', `${MODULE}@${VERSION}`], {
    ...{ cwd: folder, env, purpose },
  });
  const { Dir } = JSON.parse(said) as { readonly Dir: string };
  return { path: MODULE, version: VERSION, folder: Dir, env };
};
