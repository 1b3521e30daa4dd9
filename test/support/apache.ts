/** Apache ZooKeeper 3.9.5 from Maven Central: its jars, and the command that runs one server. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, provision, run } from './provision.js';
import type { Command } from './server-process.js';

const pom = (): string => join(projectRoot, 'test', 'support', 'apache-pom.xml');

/** The folder of the jars that server and Java client need, fetched by Maven when first asked for. */
export const apacheJars = async (): Promise<string> => {
  const recipe = readFileSync(pom(), 'utf8');
  const folder = await provision('apache-zookeeper', recipe, async (into) => {
    copyFileSync(pom(), join(into, 'pom.xml'));
    const purpose = 'Apache ZooKeeper 3.9.5 for the interop tests';
    await run('java', ['-version'], { purpose });
    await run(
      'mvn',
      ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${join(into, 'lib')}`],
      { cwd: into, purpose },
    );
  });
  return join(folder, 'lib');
};

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
