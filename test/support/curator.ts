/** Curator with its own tests: the jars, the runner and the server's stand-in, compiled. */
import { mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { mavenJars } from './maven.js';
import { projectRoot, provision, run } from './provision.js';

const purpose = 'Curator for the interop tests';
const STAND_IN = 'org/apache/zookeeper/server/embedded/ZooKeeperServerEmbeddedImpl.java';

export interface Curator {
  /** Jars, and classes of ours. */
  readonly classPath: string;
  /** Comes before it where the server is ours: ZooKeeperServerEmbeddedImpl. */
  readonly standIn: string;
  /** The jars with tests. */
  readonly tests: readonly string[];
}

export const curatorJars = (): Promise<string> => mavenJars('curator', 'curator-pom.xml', purpose);

/** The recipes' program. */
export const curatorChecks = async (): Promise<{ readonly classPath: string }> => {
  const jars = join(await curatorJars(), '*');
  const source = join(projectRoot, 'test', 'interop', 'curator', 'CuratorChecks.java');
  const recipe = readFileSync(source, 'utf8') + jars;
  const classes = await provision('curator-checks', recipe, async (into) => {
    // Half of the recipes are deprecated, and used everywhere.
    await run('javac', ['-Xlint:-deprecation', '-nowarn', '-cp', jars, '-d', into, source], {
      purpose,
    });
  });
  return { classPath: [classes, jars].join(delimiter) };
};

export const curator = async (): Promise<Curator> => {
  const lib = await curatorJars();
  const jars = join(lib, '*');
  const sources = join(projectRoot, 'test', 'interop', 'curator');
  const names = ['RunTests.java', STAND_IN].map((name) => join(sources, name));
  const recipe = names.map((name) => readFileSync(name, 'utf8')).join('') + jars;
  const classes = await provision('curator-classes', recipe, async (into) => {
    const compile = async (folder: string, source: string): Promise<void> => {
      mkdirSync(join(into, folder));
      await run('javac', ['-cp', jars, '-d', join(into, folder), source], { purpose });
    };
    await compile('runner', names[0]!);
    await compile('stand-in', names[1]!);
  });
  return {
    classPath: [join(classes, 'runner'), jars].join(delimiter),
    standIn: join(classes, 'stand-in'),
    tests: ['client', 'framework', 'recipes'].map((m) => join(lib, `curator-${m}-5.9.0-tests.jar`)),
  };
};
