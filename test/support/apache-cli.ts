/** zkCli.sh of Apache ZooKeeper 3.9.5, without the script around it. */
import { delimiter, join } from 'node:path';
import { apacheJars } from './apache.js';
import { mavenJars } from './maven.js';
import type { Command } from './server-process.js';

/** `org.apache.zookeeper.ZooKeeperMain`; its arguments follow. */
export const apacheCli = (): Promise<Command> => apacheTool('ZooKeeperMain');

/** A class of `org.apache.zookeeper` with a main method; its arguments follow. */
export const apacheTool = async (name: string): Promise<Command> => {
  const purpose = "Apache's command line client for its comparison with ours";
  const lib = await mavenJars('apache-cli', 'apache-cli-pom.xml', purpose);
  const jars = [join(await apacheJars(), '*'), join(lib, '*')].join(delimiter);
  const quick = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];
  return { tool: 'java', args: [...quick, '-cp', jars, `org.apache.zookeeper.${name}`] };
};
