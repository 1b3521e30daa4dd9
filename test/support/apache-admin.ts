/** Apache ZooKeeper 3.9.5 as its operators have it: with AdminServer, Prometheus provider and audit log. */
import { join } from 'node:path';
import { testJvm } from './apache.js';
import { mavenJars } from './maven.js';
import type { Command } from './server-process.js';

/** The folder of the jars, fetched by Maven when first asked for. */
export const operatorJars = (): Promise<string> =>
  mavenJars(
    'apache-operation',
    'apache-admin-pom.xml',
    "Apache ZooKeeper's AdminServer for the tests of ours",
  );

/** One server; what it logs goes to standard error. */
export const operatorCommand = async (cfgFile: string): Promise<Command> => ({
  tool: 'java',
  args: [
    ...testJvm,
    '-cp',
    join(await operatorJars(), '*'),
    'org.apache.zookeeper.server.quorum.QuorumPeerMain',
    cfgFile,
  ],
});
