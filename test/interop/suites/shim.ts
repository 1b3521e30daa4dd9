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

const node = (...parts: readonly string[]): string =>
  [process.execPath, '--max-semi-space-size=64', join(projectRoot, 'dist', ...parts)]
    .map(quote)
    .join(' ');

const script = (folder: string, name: string, lines: readonly string[]): void => {
  writeFileSync(join(folder, name), ['#!/bin/sh', ...lines, ''].join('\n'), { mode: 0o755 });
};

/** `java` in `folder`: for a harness that calls a JVM with QuorumPeerMain itself. Apache's needs none. */
export const writeJava = (folder: string): void => {
  script(folder, 'java', [`exec ${node('test', 'interop', 'suites', 'as-java.js')} "$@"`]);
};

/** `zkServer.sh` in `folder`: `start-foreground ZOO.CFG` only; both servers take SERVER_JVMFLAGS. */
export const writeZkServer = async (folder: string, kind: Kind): Promise<void> => {
  const classPath = join(await apacheJars(), '*');
  const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
  const command =
    kind === 'apache'
      ? `java ${testJvm.join(' ')} -cp ${quote(classPath)} $SERVER_JVMFLAGS ${main} "$2"`
      : `${node('src', 'cli', 'main.js')} server "$2" --log error`;
  script(folder, 'zkServer.sh', ['[ "$1" = start-foreground ] || exit 2', `exec ${command}`]);
};
