/**
 * Curator's own tests (its jars of classifier `tests`: client, framework, recipes), with curator-test's TestingServer
 * and TestingCluster. These start servers through Apache's public interface ZooKeeperServerEmbedded; on ours another
 * class of the name of its implementation stands before it on the class path, and starts a process of our server
 * (curator/…/ZooKeeperServerEmbeddedImpl.java). As in Curator's own build each class has a JVM of its own, and what
 * failed is tried twice more.
 */
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Kind } from '../../support/cluster.js';
import { curator as provide, type Curator } from '../../support/curator.js';
import { runGroup } from '../../support/process-group.js';
import { projectRoot, run } from '../../support/provision.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';
import { KNOWN } from './curator-known.js';
import type { Outcome, Outcomes, Verdict } from './outcomes.js';
import type { Suite, SuiteRun } from './suite.js';

const purpose = "Curator's tests";
/** Seconds for one class; the longest takes 90. */
const CLASS_LIMIT = 600;
const ATTEMPTS = 3;

const OPENED = ['lang', 'util', 'util.concurrent', 'net'].map(
  (name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`,
);

/** Words of the command that runs our server as a JVM is run, for the stand-in. */
const ourServer = (): string =>
  [
    process.execPath,
    '--max-semi-space-size=64',
    join(projectRoot, 'dist', 'test', 'interop', 'suites', 'as-java.js'),
  ].join('\n');

const command = (kind: Kind, { classPath, standIn }: Curator): readonly string[] => [
  ...['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Djava.net.preferIPv4Stack=true'],
  ...OPENED,
  ...(kind === 'zab' ? [`-Dinterop.server=${ourServer()}`] : []),
  '-cp',
  kind === 'zab' ? [standIn, classPath].join(delimiter) : classPath,
  'RunTests',
];

/** The names of the test classes in the jars, as Curator's build finds them: `Test….class`, no inner ones. */
const classesOf = async (jars: readonly string[]): Promise<readonly string[]> => {
  const listed: string[] = [];
  for (const jar of jars) {
    listed.push(...(await run('jar', ['--list', '--file', jar], { purpose })).split('\n'));
  }
  return listed
    .filter((name) => /\/Test[A-Za-z]*\.class$/.test(name) && !/Base\.class$/.test(name))
    .map((name) => name.replace(/\.class$/, '').replaceAll('/', '.'));
};

const shortName = (className: string): string => className.replace(/^.*\./, '');

const runClass = async (
  { kind, onLine, signal }: SuiteRun,
  made: Curator,
  folder: string,
  className: string,
  methods: readonly string[],
): Promise<Map<string, Outcome>> => {
  const outcomes = new Map<string, Outcome>();
  const args = [...command(kind, made), className, ...methods];
  const hear = (line: string): void => {
    const [word, verdict, method, reason = ''] = line.split('\t');
    if (word !== 'RESULT' || verdict === undefined || method === undefined) return;
    const name = `${shortName(className)}.${method}`;
    outcomes.set(name, { verdict: verdict as Verdict, reason, attempts: 1 });
    onLine?.(`${verdict} ${name} ${reason}`);
  };
  const { code, tooLong, tail } = await runGroup('java', [`-Djava.io.tmpdir=${folder}`, ...args], {
    ...{ cwd: folder, purpose, onLine: hear, limit: CLASS_LIMIT * 1000 },
    ...(signal === undefined ? {} : { signal }),
  });
  // A class without tests (others build on it) ends well.
  if (tooLong || code !== 0) {
    const reason = `${tooLong ? `not done in ${CLASS_LIMIT} s` : 'the JVM ended'}\n${tail}`;
    outcomes.set(`${shortName(className)}.(whole)`, { verdict: 'failed', reason, attempts: 1 });
  }
  return outcomes;
};

/** A method by its name, without the words of an invocation. */
const methodOf = (name: string): string => (name.split('.')[1] ?? '').replace(/[^\w$].*$/, '');

const runClassPatiently = async (
  options: SuiteRun,
  made: Curator,
  folder: string,
  className: string,
): Promise<Outcomes> => {
  const outcomes = await runClass(options, made, folder, className, []);
  for (let attempt = 2; attempt <= ATTEMPTS; attempt++) {
    const failed = [...outcomes].filter(([, { verdict }]) => verdict === 'failed');
    const methods = [...new Set(failed.map(([name]) => methodOf(name)).filter((m) => m !== ''))];
    if (methods.length === 0) break;
    const again = await runClass(options, made, folder, className, methods);
    for (const [name] of failed) {
      const outcome = again.get(name);
      if (outcome !== undefined) outcomes.set(name, { ...outcome, attempts: attempt });
    }
  }
  return outcomes;
};

/** `only`: words that the class's name contains. Two classes at a time: they mostly wait. */
const runCurator = async (options: SuiteRun): Promise<Outcomes> => {
  const made = await provide();
  const { only } = options;
  const queue = (await classesOf(made.tests)).filter(
    (name) => only === undefined || only.some((word) => name.includes(word)),
  );
  const folder = makeFolder(`zab-curator-${options.kind}-`);
  const all = new Map<string, Outcome>();
  const lane = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      for (const entry of await runClassPatiently(options, made, folder, name)) all.set(...entry);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
    return all;
  } finally {
    dropFolder(folder);
  }
};

export const curator: Suite = {
  name: 'curator',
  title: 'Curator 5.9.0 (Java), its own tests of client, framework and recipes',
  run: runCurator,
  known: KNOWN,
};
