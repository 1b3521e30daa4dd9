/**
 * go-zookeeper/zk's own tests, which its Go module carries, through their own harness: it starts clusters with
 * `$ZOOKEEPER_BIN_PATH/zkServer.sh start-foreground zoo.cfg` (shim.ts has the script).
 *
 * One thing is changed in a copy of the module: its FLWSrvr, by which the harness waits until a server serves,
 * cannot read the date in the answer to `srvr` of any ZooKeeper since 3.7 (`built on 2026-02-11 20:18 UTC`), so that
 * as released none of its clusters is ever seen to start, on Apache's 3.9.5 as on ours. The copy reads that form too.
 */
import { chmodSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goModule } from '../../support/go-zookeeper.js';
import { runGroup } from '../../support/process-group.js';
import { provision, run } from '../../support/provision.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';
import type { Outcome, Outcomes, Verdict } from './outcomes.js';
import { writeZkServer } from './shim.js';
import type { Suite, SuiteRun } from './suite.js';

const purpose = "go-zookeeper's tests";

const CHANGES: readonly (readonly [string, string])[] = [
  [
    '[A-Za-z0-9:\\+\\-]+)`\n\t\tzrLat',
    '[A-Za-z0-9:\\+\\-]+|\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d \\w+)`\n\t\tzrLat',
  ],
  [
    'time.Parse("01/02/2006 15:04 MST", match[1])',
    'time.Parse(map[bool]string{true: "2006-01-02 15:04 MST", false: "01/02/2006 15:04 MST"}' +
      "[match[1][4] == '-'], match[1])",
  ],
];

const writable = (folder: string): void => {
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
};

/** The folder with the module's copy and its compiled tests. */
const goTests = async (): Promise<string> => {
  const { path, version, folder, env } = await goModule();
  return provision(
    'go-zookeeper',
    `${path}@${version} ${JSON.stringify(CHANGES)}`,
    async (into) => {
      const copy = join(into, 'zk');
      cpSync(folder, copy, { recursive: true });
      writable(copy);
      const source = join(copy, 'flw.go');
      let text = readFileSync(source, 'utf8');
      for (const [from, to] of CHANGES) {
        if (!text.includes(from)) throw new Error(`${purpose}: flw.go is not as expected: ${from}`);
        text = text.replace(from, to);
      }
      writeFileSync(source, text);
      // Its goroutines call t.Fatal, which vet refuses.
      await run('go', ['test', '-vet=off', '-c', '-o', join(into, 'zk.test'), '.'], {
        cwd: copy,
        env,
        purpose,
      });
    },
  );
};

const VERDICT: Readonly<Record<string, Verdict>> = {
  PASS: 'passed',
  FAIL: 'failed',
  SKIP: 'skipped',
};

/** What `-test.v` prints: the lines of a test come before its verdict. */
export const readVerbose = (text: string): Outcomes => {
  const outcomes = new Map<string, Outcome>();
  let since: string[] = [];
  for (const line of text.split('\n')) {
    const [, word, name] = /^\s*--- (PASS|FAIL|SKIP): (\S+) \(/.exec(line) ?? [];
    if (word === undefined || name === undefined) {
      since.push(line);
      continue;
    }
    const verdict = VERDICT[word]!;
    const reason = verdict === 'passed' ? '' : since.slice(-40).join('\n');
    outcomes.set(name, { verdict, reason, attempts: 1 });
    since = [];
  }
  return outcomes;
};

const runOnce = async (
  { kind, onLine, signal }: SuiteRun,
  folder: string,
  pattern: string,
): Promise<Outcomes> => {
  const home = await goTests();
  await writeZkServer(folder, kind);
  const args = ['-test.v', '-test.timeout=20m', `-test.run=${pattern}`];
  const env = { TMPDIR: folder, ZOOKEEPER_BIN_PATH: folder, ZK_VERSION: '3.9.5' };
  const ending = await runGroup(join(home, 'zk.test'), args, {
    ...{ cwd: join(home, 'zk'), env, purpose },
    ...(signal === undefined ? {} : { signal }),
    ...(onLine === undefined ? {} : { onLine }),
  });
  const text = ending.lines.join('\n');
  const outcomes = readVerbose(text);
  if (!/^(PASS|FAIL)$/m.test(text)) {
    throw new Error(`${purpose} did not get to their end\n${ending.tail}`);
  }
  return outcomes;
};

/** `only`: names of tests as `-test.run` takes them. What failed runs once more, on new servers. */
const runGo = async (options: SuiteRun): Promise<Outcomes> => {
  const folder = makeFolder(`zab-go-${options.kind}-`);
  try {
    const first = new Map(await runOnce(options, folder, options.only?.join('|') ?? '.'));
    const failed = [...first].filter(([, { verdict }]) => verdict === 'failed');
    const names = [...new Set(failed.map(([name]) => name.split('/')[0] ?? name))];
    if (names.length === 0) return first;
    const again = await runOnce(options, folder, `^(${names.join('|')})$`);
    for (const [name, outcome] of again) first.set(name, { ...outcome, attempts: 2 });
    return first;
  } finally {
    dropFolder(folder);
  }
};

const RECONFIG =
  'dynamic reconfiguration is not there yet: reconfig answers as a server with reconfigEnabled=false';

export const go: Suite = {
  name: 'go',
  title: 'go-zookeeper/zk 1.0.4 (Go), its own tests',
  run: runGo,
  known: [{ test: /^TestIntegration_(Incremental)?Reconfig$/, why: RECONFIG }],
};
