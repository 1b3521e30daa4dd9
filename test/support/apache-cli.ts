/** zkCli.sh of Apache ZooKeeper 3.9.5, without the script around it. */
import { copyFileSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { apacheJars } from './apache.js';
import { projectRoot, provision, run } from './provision.js';
import type { Command } from './server-process.js';

const pom = join(projectRoot, 'test', 'support', 'apache-cli-pom.xml');

/** `org.apache.zookeeper.ZooKeeperMain`; its arguments follow. */
export const apacheCli = async (): Promise<Command> => {
  const folder = await provision('apache-cli', readFileSync(pom, 'utf8'), async (into) => {
    copyFileSync(pom, join(into, 'pom.xml'));
    await run(
      'mvn',
      ['-B', '-q', 'dependency:copy-dependencies', `-DoutputDirectory=${join(into, 'lib')}`],
      { cwd: into, purpose: "Apache's command line client for its comparison with ours" },
    );
  });
  const jars = [join(await apacheJars(), '*'), join(folder, 'lib', '*')].join(delimiter);
  const quick = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
  return { tool: 'java', args: [...quick, '-cp', jars, 'org.apache.zookeeper.ZooKeeperMain'] };
};
