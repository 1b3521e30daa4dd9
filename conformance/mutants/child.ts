/**
 * `node --import register.js child.js simulator ENSEMBLE SEEDS` or `… trace SCENARIO FILE`: one killer,
 * with the mutant that ZAB_MUTANT names in the reducers. Says what it found as one line of JSON.
 */
import { writeFileSync } from 'node:fs';
import { traceText } from '../trace/recorder.js';
import { SCENARIOS } from '../trace/scenarios.js';
import type { EnsembleName } from './plant.js';
import { simulate } from './simulate.js';

const [kind, what = '', third = ''] = process.argv.slice(2);

if (kind === 'simulator') {
  process.stdout.write(`${JSON.stringify(simulate(what as EnsembleName, Number(third)))}\n`);
} else {
  const scenario = SCENARIOS.find(({ name }) => name === what);
  if (scenario === undefined) throw new Error(`no scenario ${what}`);
  try {
    writeFileSync(third, scenario.run().map(traceText).join(''));
    process.stdout.write(`${JSON.stringify({ recorded: true })}\n`);
  } catch (e) {
    process.stdout.write(`${JSON.stringify({ recorded: false, why: String(e) })}\n`);
  }
}
