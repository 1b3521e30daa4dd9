/**
 * The C client, twice: as npm's `zookeeper` (a native addon around it), and as a C program compiled against
 * the client's own sources, which that package carries. One install serves both and needs no root: no `apt-get`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot, provision, run } from './provision.js';
import type { Command } from './server-process.js';

const PINNED = { zookeeper: '7.3.0', nan: '2.30.0' };
const purpose = 'the C client for the interop tests';

/** Headers that came with this Node, so that node-gyp need not download them. */
const nodeHeaders = (): Record<string, string> => {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include', 'node', 'node.h'))
    ? { npm_config_nodedir: prefix }
    : {};
};

/** The folder of the installed npm package, its addon built. */
export const npmZookeeper = async (): Promise<string> => {
  const manifest = {
    private: true,
    dependencies: { zookeeper: PINNED.zookeeper },
    overrides: { nan: PINNED.nan },
    // npm 11 wants install scripts to be named; older ones run them anyway.
    allowScripts: { [`zookeeper@${PINNED.zookeeper}`]: true },
  };
  const recipe = `${JSON.stringify(manifest)} ${process.versions.modules} ${process.arch}`;
  const folder = await provision('npm-zookeeper', recipe, async (into) => {
    for (const tool of ['gcc', 'g++', 'make']) await run(tool, ['--version'], { purpose });
    await run('python3', ['--version'], { purpose });
    writeFileSync(join(into, 'package.json'), JSON.stringify(manifest));
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock'];
    await run('npm', args, { cwd: into, purpose, env: nodeHeaders() });
    const addon = join(into, 'node_modules', 'zookeeper', 'build', 'Release', 'zookeeper.node');
    if (!existsSync(addon)) throw new Error(`${purpose}: npm did not build ${addon}`);
  });
  return join(folder, 'node_modules', 'zookeeper');
};

export const npmClientCommand = async (): Promise<Command> => ({
  tool: process.execPath,
  args: [
    '--enable-source-maps',
    join(projectRoot, 'dist', 'test', 'interop', 'npm', 'checks.js'),
    await npmZookeeper(),
  ],
});

/** Of the C client's sources, those of its multi-threaded form without TLS and SASL. */
const CLIENT_SOURCES = [
  'src/zookeeper.c',
  'src/recordio.c',
  'src/zk_log.c',
  'src/mt_adaptor.c',
  'src/addrvec.c',
  'src/zk_hashtable.c',
  'src/hashtable/hashtable.c',
  'src/hashtable/hashtable_itr.c',
  'generated/zookeeper.jute.c',
];

export const cClientCommand = async (): Promise<Command> => {
  const source = join(projectRoot, 'test', 'interop', 'c', 'checks.c');
  const client = join(await npmZookeeper(), 'deps', 'zookeeper-client-c');
  const flags = ['-DTHREADED', '-D_GNU_SOURCE', '-DUSE_IPV6', '-DHAVE_POLL', '-O1', '-w'];
  const recipe = readFileSync(source, 'utf8') + client + flags.join(' ');
  const folder = await provision('c-client', recipe, async (into) => {
    const includes = ['include', 'generated', 'src', 'src/hashtable', '.'].map(
      (d) => `-I${join(client, d)}`,
    );
    const sources = CLIENT_SOURCES.map((name) => join(client, name));
    const out = ['-o', join(into, 'checks'), '-lpthread', '-lm'];
    await run('gcc', [...flags, ...includes, source, ...sources, ...out], { purpose });
  });
  return { tool: join(folder, 'checks'), args: [] };
};
