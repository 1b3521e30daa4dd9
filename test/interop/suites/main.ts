/**
 * `npm run interop`: every client's suite on Apache ZooKeeper 3.9.5 and on ours, one after the other, and a table
 * client × passed × as Apache. Ends with 1 if a test has another outcome on ours and nobody has explained it.
 *
 *   npm run interop                    all
 *   npm run interop -- kazoo go        those suites
 *   npm run interop -- --recorded      ours only, against what is recorded of Apache
 *   npm run interop -- --record        Apache only, and record it
 *   npm run interop -- --only WORD     parts of a suite, as the suite names them (may come again)
 */
import { parseArgs } from 'node:util';
import {
  count,
  readRecorded,
  verdictsOf,
  writeRecorded,
  type Outcomes,
  type Recorded,
} from './outcomes.js';
import { judge, type Judgement, type Suite } from './suite.js';
import { SUITES } from './suites.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    recorded: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
});

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

interface Row {
  readonly suite: Suite;
  readonly apache: Recorded;
  readonly ours: Outcomes;
  readonly judgement: Judgement;
}

const timed = async (
  suite: Suite,
  kind: 'apache' | 'zab',
  signal: AbortSignal,
): Promise<Outcomes> => {
  const began = performance.now();
  say(`── ${suite.title} on ${kind === 'apache' ? 'Apache ZooKeeper 3.9.5' : 'zab'}`);
  const onLine = values.verbose ? { onLine: say } : {};
  const only = values.only === undefined ? {} : { only: values.only };
  const outcomes = await suite.run({ kind, signal, ...only, ...onLine });
  const verdicts = verdictsOf(outcomes);
  const [passed, failed, skipped] = (['passed', 'failed', 'skipped'] as const).map((v) =>
    count(verdicts, v),
  );
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  say(`   ${passed} passed, ${failed} failed, ${skipped} skipped by themselves, in ${seconds} s`);
  for (const [name, { verdict, reason, attempts }] of outcomes) {
    if (verdict === 'passed' && attempts > 1) say(`   at the second attempt: ${name}`);
    if (verdict === 'failed') say(`   failed: ${name}\n${reason.replace(/^/gm, '      ')}`);
  }
  return outcomes;
};

const ofApache = async (suite: Suite, signal: AbortSignal): Promise<Recorded> => {
  if (values.recorded) return readRecorded(suite.name);
  const outcomes = await timed(suite, 'apache', signal);
  if (values.record)
    writeRecorded(suite.name, `${suite.title}, on Apache ZooKeeper 3.9.5`, outcomes);
  return verdictsOf(outcomes);
};

/** With `--recorded --only`, what did not run is not missed. */
const within = (recorded: Recorded, ours: Outcomes): Recorded =>
  values.recorded && values.only !== undefined
    ? new Map([...recorded].filter(([name]) => ours.has(name)))
    : recorded;

const table = (rows: readonly Row[]): string => {
  const cells = rows.map(({ suite, apache, ours, judgement }) => {
    const same = new Set([...apache.keys(), ...ours.keys()]).size;
    const other = judgement.explained.length + judgement.unexplained.length;
    return [
      suite.title,
      `${count(apache, 'passed')} of ${apache.size}`,
      `${count(verdictsOf(ours), 'passed')} of ${ours.size}`,
      `${same - other} of ${same}`,
    ];
  });
  const all = [['client', 'passed on Apache', 'passed on zab', 'as Apache'], ...cells];
  const widths = [0, 1, 2, 3].map((i) => Math.max(...all.map((row) => row[i]!.length)));
  const lines = all.map(
    (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`,
  );
  lines.splice(1, 0, `|${widths.map((w) => '-'.repeat(w + 2)).join('|')}|`);
  return lines.join('\n');
};

const main = async (): Promise<number> => {
  const unknown = positionals.filter((name) => !SUITES.some((suite) => suite.name === name));
  if (unknown.length > 0) {
    const names = SUITES.map(({ name }) => name).join(', ');
    process.stderr.write(`no suite ${unknown.join(', ')}: there are ${names}\n`);
    return 2;
  }
  const abort = new AbortController();
  process.once('SIGINT', () => {
    abort.abort();
  });
  const chosen = SUITES.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const rows: Row[] = [];
  for (const suite of chosen) {
    const recorded = await ofApache(suite, abort.signal);
    if (values.record) continue;
    const ours = await timed(suite, 'zab', abort.signal);
    const apache = within(recorded, ours);
    rows.push({ suite, apache, ours, judgement: judge(suite, apache, ours) });
  }
  if (values.record) return 0;
  for (const { suite, judgement } of rows) {
    for (const { name, apache, ours, why } of judgement.explained) {
      say(
        `${suite.name}: ${name}: ${apache ?? 'not run'} on Apache, ${ours ?? 'not run'} here: ${why}`,
      );
    }
    for (const { name, apache, ours } of judgement.unexplained) {
      say(`✖ ${suite.name}: ${name}: ${apache ?? 'not run'} on Apache, ${ours ?? 'not run'} here`);
    }
  }
  say(`\n${table(rows)}`);
  return rows.every(({ judgement }) => judgement.unexplained.length === 0) ? 0 : 1;
};

process.exitCode = await main();
