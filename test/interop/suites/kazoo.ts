/**
 * kazoo's own tests (`kazoo.tests`, which its package on PyPI carries) through its own harness: kazoo.testing
 * starts three servers for each test class with `java … QuorumPeerMain`, over a zoo.cfg that it writes.
 * On ours a script named `java` stands before the JVM on PATH (shim.ts); nothing in kazoo is changed.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { apacheJars } from '../../support/apache.js';
import { kazooSuitePython } from '../../support/kazoo.js';
import { runGroup } from '../../support/process-group.js';
import { projectRoot, run as tool } from '../../support/provision.js';
import { dropFolder, freePortRange, makeFolder } from '../../support/server-process.js';
import type { Outcome, Outcomes, Verdict } from './outcomes.js';
import { writeJava } from './shim.js';
import type { Suite, SuiteRun } from './suite.js';

const purpose = "kazoo's tests";
/** Seconds for one test; the slowest takes 30. */
const TEST_LIMIT = 120;

interface Line {
  readonly name: string;
  readonly verdict: Verdict;
  readonly reason: string;
}

/** What report.py wrote: of several lines for a test, a failure counts. */
export const readReport = (text: string): Outcomes => {
  const outcomes = new Map<string, Outcome>();
  for (const line of text.split('\n').filter((l) => l !== '')) {
    const { name, verdict, reason } = JSON.parse(line) as Line;
    if (outcomes.get(name)?.verdict === 'failed') continue;
    outcomes.set(name, { verdict, reason, attempts: 1 });
  }
  return outcomes;
};

/** `test_lock.KazooLockTests.test_x` as pytest is told it. */
const nodeId = (tests: string, name: string): string => {
  const [module = '', ...rest] = name.split('.');
  return [join(tests, `${module}.py`), ...rest].join('::');
};

const pytest = async (
  { kind, onLine, signal }: SuiteRun,
  folder: string,
  ids: readonly string[],
): Promise<Outcomes> => {
  const report = join(folder, `report-${ids.length}.ndjson`);
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  if (kind === 'zab') writeJava(bin);
  const env: NodeJS.ProcessEnv = {
    PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`,
    PYTHONPATH: join(projectRoot, 'test', 'interop', 'kazoo'),
    PYTHONDONTWRITEBYTECODE: '1',
    KAZOO_REPORT: report,
    // A CI system's would change which tests run.
    CI: '',
    TMPDIR: folder,
    ZOOKEEPER_VERSION: '3.9.5',
    ZOOKEEPER_CLASSPATH: join(await apacheJars(), '*'),
    ZOOKEEPER_PORT_OFFSET: String(await freePortRange(30)),
  };
  const limits = [`--timeout=${TEST_LIMIT}`, '--timeout-method=signal'];
  const plugins = ['-p', 'report', '-p', 'no:cacheprovider'];
  const args = [
    '-m',
    'pytest',
    '-v',
    '--color=no',
    '--tb=short',
    '--disable-warnings',
    ...plugins,
    ...limits,
    ...ids,
  ];
  const ending = await runGroup(await kazooSuitePython(), args, {
    ...{ cwd: folder, env, purpose },
    ...(signal === undefined ? {} : { signal }),
    ...(onLine === undefined ? {} : { onLine }),
  });
  // 0: all passed; 1: some failed. Anything else is no run.
  if (ending.code !== 0 && ending.code !== 1) {
    throw new Error(`${purpose}: pytest ended with ${String(ending.code)}\n${ending.tail}`);
  }
  if (!existsSync(report)) throw new Error(`${purpose}: none ran\n${ending.tail}`);
  return readReport(readFileSync(report, 'utf8'));
};

/** `only`: names of modules, or `module.py::Class::test`. What failed runs once more, on new
 *  servers: kazoo's tests wait for seconds, and a busy machine takes longer. */
const runKazoo = async (run: SuiteRun): Promise<Outcomes> => {
  const folder = makeFolder(`zab-kazoo-${run.kind}-`);
  try {
    const python = await kazooSuitePython();
    const where = 'import kazoo.tests as t; print(t.__file__)';
    const tests = dirname((await tool(python, ['-c', where], { purpose })).trim());
    const ids = (run.only ?? ['']).map((name) => join(tests, name));
    const first = new Map(await pytest(run, folder, ids));
    const failed = [...first].filter(([, { verdict }]) => verdict === 'failed');
    if (failed.length === 0) return first;
    const again = await pytest(
      run,
      folder,
      failed.map(([name]) => nodeId(tests, name)),
    );
    for (const [name, outcome] of again) first.set(name, { ...outcome, attempts: 2 });
    return first;
  } finally {
    dropFolder(folder);
  }
};

export const kazoo: Suite = {
  name: 'kazoo',
  title: 'kazoo 2.11.0 (Python), its own tests',
  run: runKazoo,
  known: [
    {
      test: /^test_client\.TestReconfig\./,
      why: 'dynamic reconfiguration is not there yet: it answers as with reconfigEnabled=false',
    },
    {
      test: /\.test_request_queuing_session_(expired|recovered)$/,
      why: "Apache's server must be back in 5 s after its restart, which a busy machine does not always let it",
    },
  ],
};
