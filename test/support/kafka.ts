/** Kafka 3.9.1: the broker's jars from Maven Central, and the check program compiled against them. */
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mavenJars } from './maven.js';
import { projectRoot, provision, run } from './provision.js';

const purpose = 'Kafka 3.9.1 for the interop tests';

/** The class path of broker and program. */
export const kafkaClassPath = async (): Promise<string> => {
  const lib = await mavenJars('kafka', 'kafka-pom.xml', purpose, ['-DincludeScope=runtime']);
  const jars = join(lib, '*');
  const source = join(projectRoot, 'test', 'interop', 'kafka', 'KafkaChecks.java');
  const recipe = readFileSync(source, 'utf8') + jars;
  const classes = await provision('kafka-checks', recipe, async (into) => {
    await run('javac', ['-cp', jars, '-d', into, source], { purpose });
  });
  return [classes, jars].join(delimiter);
};
