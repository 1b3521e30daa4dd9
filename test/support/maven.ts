/** Jars from Maven Central, as a pom of `test/support` names them. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, provision, run } from './provision.js';

/**
 * The folder of the jars of `test/support/pomFile`, in the cache as `name`, fetched when first asked
 * for. `purpose`: the first words of the message when it fails; `options`: more of them for Maven.
 */
export const mavenJars = async (
  name: string,
  pomFile: string,
  purpose: string,
  options: readonly string[] = [],
): Promise<string> => {
  const pom = join(projectRoot, 'test', 'support', pomFile);
  const folder = await provision(name, readFileSync(pom, 'utf8'), async (into) => {
    copyFileSync(pom, join(into, 'pom.xml'));
    await run('java', ['-version'], { purpose });
    const copy = ['-B', '-q', 'dependency:copy-dependencies', ...options];
    await run('mvn', [...copy, `-DoutputDirectory=${join(into, 'lib')}`], { cwd: into, purpose });
  });
  return join(folder, 'lib');
};
