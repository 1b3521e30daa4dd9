/** Kafka 3.9.1: the broker's jars from Maven Central, and the check program compiled against them. */
import { copyFileSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectRoot, provision, run } from './provision.js';

const purpose = 'Kafka 3.9.1 for the interop tests';

/** The class path of broker and program. */
export const kafkaClassPath = async (): Promise<string> => {
  const pom = join(projectRoot, 'test', 'support', 'kafka-pom.xml');
  const folder = await provision('kafka', readFileSync(pom, 'utf8'), async (into) => {
    copyFileSync(pom, join(into, 'pom.xml'));
    await run('java', ['-version'], { purpose });
    const args = ['-B', '-q', 'dependency:copy-dependencies', '-DincludeScope=runtime'];
    await run('mvn', [...args, `-DoutputDirectory=${join(into, 'lib')}`], { cwd: into, purpose });
  });
  const jars = join(folder, 'lib', '*');
  const source = join(projectRoot, 'test', 'interop', 'kafka', 'KafkaChecks.java');
  const recipe = readFileSync(source, 'utf8') + jars;
  const classes = await provision('kafka-checks', recipe, async (into) => {
    await run('javac', ['-cp', jars, '-d', into, source], { purpose });
  });
  return [classes, jars].join(delimiter);
};
