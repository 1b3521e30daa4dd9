/** Behaviours of the specification as TLC simulates them, and as it would have printed them. */
import { join } from 'node:path';
import { loadSimulations } from '../../../conformance/replay/manifest.js';
import { simulate } from '../../../conformance/replay/simulate.js';
import { STEP_VARIABLE } from '../../../conformance/replay/trace.js';
import type { Trace, TraceState } from '../../../conformance/replay/trace.js';
import { packageRoot } from '../../../conformance/package-root.js';
import { sharedTools } from '../tla2tools-runner/helper.js';

export const SIMULATIONS = join(packageRoot(), 'spec', 'replay', 'manifest.json');

export async function behaviours(
  name: string,
  traces: number,
  seed: number,
): Promise<readonly Trace[]> {
  const { folder, all } = loadSimulations(SIMULATIONS);
  const simulation = all.find((each) => each.name === name);
  if (simulation === undefined) throw new Error(`no simulation ${name}`);
  const simulated = await simulate(folder, simulation, {
    tools: await sharedTools(),
    traces,
    seed,
  });
  try {
    const found: Trace[] = [];
    for await (const trace of simulated.traces()) found.push(trace);
    return found;
  } finally {
    await simulated.remove();
  }
}

function variables({ text }: TraceState): string {
  return [...text]
    .filter(([name]) => name !== STEP_VARIABLE)
    .map(([name, value]) => `/\\ ${name} = ${value}`)
    .join('\n');
}

function label({ step }: TraceState): string {
  if (step === null) return '<Initial predicate>';
  return `<${step.replace(/\(.*/, '')} line 1, col 1 to line 2, col 2 of module Zab>`;
}

/** As `-simulate file=…` writes a behaviour, without the variable that names the steps. */
export function asSimulated({ states }: Trace): string {
  const parts = states.map((state, i) => `STATE_${i + 1} == \n${variables(state)}\n\n`);
  return ['---------------- MODULE run_0_0 -----------------', ...parts, '='.repeat(49), ''].join(
    '\n',
  );
}

export function asPrinted({ states }: Trace): string {
  const parts = states.map((state, i) => `State ${i + 1}: ${label(state)}\n${variables(state)}\n`);
  return ['Error: The behavior up to this point is:', ...parts, '12 states generated'].join('\n');
}

export function asTool({ states }: Trace): string {
  const parts = states.map((state, i) =>
    [
      '@!@!@STARTMSG 2217:4 @!@!@',
      `${i + 1}: ${label(state)}`,
      variables(state),
      '',
      '@!@!@ENDMSG 2217 @!@!@',
    ].join('\n'),
  );
  return ['@!@!@STARTMSG 2121:1 @!@!@', 'The behavior', '@!@!@ENDMSG 2121 @!@!@', ...parts].join(
    '\n',
  );
}
