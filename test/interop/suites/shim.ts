/**
 * The commands by which the clients' own harnesses start a server, `java … QuorumPeerMain zoo.cfg` and
 * `zkServer.sh start-foreground zoo.cfg`, as scripts that start Apache's server or ours in their place.
 * Nothing of the harness is changed: it writes its zoo.cfg, finds the command on PATH or in a folder that it is
 * told, and ends the process by its pid, which is the server's own (`exec`).
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apacheJars, testJvm } from '../../support/apache.js';
import type { Kind } from '../../support/cluster.js';
import { projectRoot } from '../../support/provision.js';

const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;

/** Runs our server with the arguments that were meant for a JVM. */
const ours = (): string =>
  [process.execPath, '--max-semi-space-size=64', '--enable-source-maps']
    .concat(join(projectRoot, 'dist', 'test', 'interop', 'suites', 'as-java.js'))
    .map(quote)
    .join(' ');

const script = (folder: string, name: string, lines: readonly string[]): void => {
  writeFileSync(join(folder, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
};

/** `java` in `folder`: for a harness that calls a JVM with QuorumPeerMain itself. Apache's needs none. */
export const writeJava = (folder: string): void => {
  script(folder, 'java', [`exec ${ours()} "$@"`]);
};

/** `zkServer.sh` in `folder`: `start-foreground ZOO.CFG` only, with the properties of SERVER_JVMFLAGS. */
export const writeZkServer = async (folder: string, kind: Kind): Promise<void> => {
  const classPath = join(await apacheJars(), '*');
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const java = ['java', ...testJvm].map(quote).join(' ');
  const command =
    kind === 'apache'
      ? `${java} -cp ${quote(classPath)} $SERVER_JVMFLAGS ${main}`
      : `${ours()} $SERVER_JVMFLAGS ${main}`;
  script(folder, 'zkServer.sh', ['[ "$1" = start-foreground ] || exit 2', `exec ${command} "$2"`]);
};
