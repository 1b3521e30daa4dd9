/** The Java client's check program, compiled against the jars that Maven fetched. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { apacheJars } from './apache.js';
import { projectRoot, provision, run } from './provision.js';
import type { Command } from './server-process.js';

export const javaClientCommand = async (): Promise<Command> => {
  const source = join(projectRoot, 'test', 'interop', 'java', 'Checks.java');
  const jars = join(await apacheJars(), '*');
  const classes = await provision(
    'java-client',
    readFileSync(source, 'utf8') + jars,
    async (into) => {
      const purpose = 'the Java client for the interop tests';
      await run(
        'javac',
        ['-Xlint:all,-classfile,-processing,-path', '-cp', jars, '-d', into, source],
        { purpose },
      );
    },
  );
  return {
    tool: 'java',
    args: ['-XX:TieredStopAtLevel=1', '-Xmx128m', '-cp', `${classes}:${jars}`, 'Checks'],
  };
};
