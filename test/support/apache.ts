/** Apache ZooKeeper 3.9.5 from Maven Central: its jars, and the command that runs one server. */
import { join } from 'node:path';
import { mavenJars } from './maven.js';
import type { Command } from './server-process.js';

/** The folder of the jars that server and Java client need, fetched by Maven when first asked for. */
export const apacheJars = (): Promise<string> =>
  mavenJars('apache-zookeeper', 'apache-pom.xml', 'Apache ZooKeeper 3.9.5 for the interop tests');

/** JVM options of a server in tests: a small heap and a quick start. */
export const testJvm: readonly string[] = [
  '-Xmx256m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
];

/** As `zkServer.sh start-foreground` runs it: QuorumPeerMain decides by the file whether it stands alone. */
export const apacheCommand = async (cfgFile: string, jvm: readonly string[]): Promise<Command> => ({
  tool: 'java',
  args: [
    ...jvm,
    '-cp',
    join(await apacheJars(), '*'),
    'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    cfgFile,
  ],
});
