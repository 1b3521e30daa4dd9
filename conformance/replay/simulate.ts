/**
 * Behaviours for replay, by TLC's simulation. The module that is simulated says the same as the
 * specification, with a variable more: `zabStep`, the step that was taken with its parameters.
 */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { boundsOf, readConfig } from '../explore/bounds.js';
import { labelled } from '../explore/labelled.js';
import { runTlc, ToolsError, verdictText } from '../tla2tools-runner/index.js';
import type { Tools } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import type { Simulation } from './manifest.js';
import { moduleTexts } from './modules.js';
import { knownOfConfig } from './setting.js';
import type { Known } from './setting.js';
import { STEP_VARIABLE, traceOf } from './trace.js';
import type { Trace } from './trace.js';

const MODULE = 'SimulatedSteps';

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    throw new UnusableInput(`cannot read ${path}`);
  }
}

/** Failures come now and then, or they would use up their budget before there is anything to lose. */
const RARE = 8;
const FAULTS = /\b(MayCrash|MayDisconnect|MayTimeOut) <- (\w+)/g;
const PARAMETERS: Readonly<Record<string, string>> = {
  MayCrash: 'i',
  MayDisconnect: 'f, l',
  MayTimeOut: 'l',
};

function rareFaults(config: string): readonly string[] {
  return [...config.matchAll(FAULTS)].map(([, knob = '', operator = '']) => {
    const parameters = PARAMETERS[knob] ?? '';
    const chance = `RandomElement(1..${RARE}) = 1`;
    return `Sim${knob}(${parameters}) == IF ${chance} THEN ${operator}(${parameters}) ELSE FALSE`;
  });
}

/** The module to simulate and its configuration. Throws UnusableInput for a form it cannot read. */
async function simulated(
  folder: string,
  { module, config }: Simulation,
): Promise<{ readonly module: string; readonly config: string }> {
  const spec = dirname(folder);
  const text = await textOf(join(folder, config));
  const read = readConfig(text);
  const modules = await moduleTexts([join(spec, 'models'), spec], module);
  const bounds = boundsOf(read, module);
  const steps = labelled(modules, module, text, read.specification, bounds);
  const spells = (name: string) => steps.labels.get(name) ?? name;
  const definitions = [...steps.module.matchAll(/^(A\d+) == TRUE \/\\ (.*)$/gm)].map(
    ([, name = '', call = '']) => `${name} == ${call} /\\ ${STEP_VARIABLE}' = "${spells(name)}"`,
  );
  const [, init = '', next = '', vars = ''] =
    /^LabelledSpec == (\w+) \/\\ \[\]\[(\w+)\]_(\w+)$/m.exec(steps.module) ?? [];
  const body = [
    `---- MODULE ${MODULE} ----`,
    `EXTENDS ${module}`,
    `VARIABLE ${STEP_VARIABLE}`,
    ...rareFaults(text),
    ...definitions,
    `${next} ==`,
    ...definitions.map((_, i) => `  \\/ A${i}`),
    `SimulatedInit == ${init} /\\ ${STEP_VARIABLE} = "start"`,
    `SimulatedSpec == SimulatedInit /\\ [][${next}]_<<${vars}, ${STEP_VARIABLE}>>`,
    '====',
    '',
  ].join('\n');
  return {
    module: body,
    config: [
      steps.config
        .replace(/\bSPECIFICATION\s+\w+/, 'SPECIFICATION SimulatedSpec')
        .replace(FAULTS, '$1 <- Sim$1'),
      // A simulation without anything to check ends at once.
      'INVARIANT TypeOK',
      '',
    ].join('\n'),
  };
}

export interface SimulateOptions {
  readonly tools: Tools;
  readonly traces: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** What TLC did, in files that are there until they are removed. */
export interface Simulated {
  /** In TLC's order. */
  readonly traces: () => AsyncGenerator<Trace>;
  readonly remove: () => Promise<void>;
}

/**
 * Runs TLC. Throws ToolsError if it cannot run the model, or finds fault with it; UnusableInput if the
 * specification has another form than this module can read.
 */
export async function simulate(
  folder: string,
  simulation: Simulation,
  options: SimulateOptions,
): Promise<Simulated> {
  const { tools, traces, seed, signal } = options;
  const source = await simulated(folder, simulation);
  const known = knownOfConfig(simulation.config, source.config);
  const scratch = await mkdtemp(join(tmpdir(), 'zab-replay-'));
  const remove = () => rm(scratch, { recursive: true, force: true, maxRetries: 3 });
  try {
    const module = join(scratch, `${MODULE}.tla`);
    const config = join(scratch, `${MODULE}.cfg`);
    await writeFile(module, source.module);
    await writeFile(config, source.config);
    const spec = dirname(folder);
    const run = {
      mode: 'simulate' as const,
      ...{ module, config, traces, seed, depth: simulation.depth },
      library: [spec, join(spec, 'models')],
      file: join(scratch, 'run'),
      ...(signal === undefined ? {} : { signal }),
    };
    const { verdict } = await runTlc(run, tools);
    if (verdict.kind !== 'holds') {
      throw new ToolsError('tlc-failed', `${simulation.name}: ${verdictText(verdict)}`);
    }
  } catch (e) {
    await remove();
    throw e;
  }
  return { traces: () => tracesIn(scratch, simulation, known), remove };
}

async function* tracesIn(
  folder: string,
  { name }: Simulation,
  known: Known,
): AsyncGenerator<Trace> {
  const number = (file: string) => Number(/\d+$/.exec(file)?.[0]);
  const files = (await readdir(folder)).filter((file) => /^run_\d+_\d+$/.test(file));
  for (const file of files.sort((a, b) => number(a) - number(b))) {
    const trace = traceOf(file, await readFile(join(folder, file), 'utf8'));
    yield { ...trace, name: `${name}#${number(file)}`, known };
  }
}
