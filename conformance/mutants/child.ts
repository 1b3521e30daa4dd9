/**
 * `node --import register.js child.js simulator RUN SEEDS` or `… trace RUN FILE`: one killer, with the
 * mutant that ZAB_MUTANT names in the reducers. Says what it found as one line of JSON.
 */
import { writeFileSync } from 'node:fs';
import { traceText } from '../trace/recorder.js';
import { traceOf } from '../trace/from-sim.js';
import { Script } from './schedules.js';
import { runOnce, simulate } from './simulate.js';

const [kind, run = '', third = ''] = process.argv.slice(2);

if (kind === 'simulator') {
  process.stdout.write(`${JSON.stringify(simulate(run, Number(third)))}\n`);
} else {
  // Up to where it went, whatever stopped it: the specification judges what was done.
  const found = runOnce(run);
  const steps = Script.last === null ? [] : traceOf(Script.last.cluster);
  writeFileSync(third, steps.map(traceText).join(''));
  process.stdout.write(`${JSON.stringify({ why: found?.how ?? null })}\n`);
}
