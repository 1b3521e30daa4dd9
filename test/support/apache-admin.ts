/** Apache ZooKeeper 3.9.5 as its operators have it: with AdminServer, Prometheus provider and audit log. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { testJvm } from './apache.js';
import { projectRoot, provision, run } from './provision.js';
import type { Command } from './server-process.js';

const pom = (): string => join(projectRoot, 'test', 'support', 'apache-admin-pom.xml');

/** The folder of the jars, fetched by Maven when first asked for. */
export const operatorJars = async (): Promise<string> => {
  const recipe = readFileSync(pom(), 'utf8');
  const folder = await provision('apache-operation', recipe, async (into) => {
    copyFileSync(pom(), join(into, 'pom.xml'));
    await run(
      'mvn',
      ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${join(into, 'lib')}`],
      { cwd: into, purpose: "Apache ZooKeeper's AdminServer for the tests of ours" },
    );
  });
  return join(folder, 'lib');
};

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
