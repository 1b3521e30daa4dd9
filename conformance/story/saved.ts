/**
 * A counterexample as a file: one JSON object with every state in TLA+ text and the configuration
 * that it is a behaviour of, so that `zab replay` needs nothing else.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJson, exactly, integer, t } from '../decode.js';
import { parseValue, printValue } from '../tla2tools-runner/index.js';
import type { Counterexample, CounterexampleState } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import { parametersOf } from './actions.js';
import type { Violated } from './story.js';

export const SAVED_FORMAT = 'zab counterexample';
const SAVED_VERSION = 1;

const orNull = <C extends t.Mixed>(type: C) => t.union([type, t.null]);

const savedState = exactly(
  {
    /** The step that led here; null for the first state. */
    action: orNull(t.string),
    /** Its parameters as far as they show in the states; for readers only. */
    parameters: orNull(t.array(t.string)),
    variables: t.record(t.string, t.string),
  },
  'state',
);

const saved = exactly(
  {
    format: t.literal(SAVED_FORMAT),
    v: t.literal(SAVED_VERSION),
    model: t.string,
    /** The module's name, and the text of its configuration. */
    module: t.string,
    config: t.string,
    violated: exactly({ kind: t.string, properties: t.array(t.string) }, 'violated'),
    states: t.array(savedState),
    /** A loop goes back to this state, counted from 1. */
    backTo: orNull(integer(1)),
    backAction: orNull(t.string),
    stuttering: t.boolean,
  },
  'counterexample',
);

/** A saved counterexample, read back. */
export interface SavedCounterexample {
  readonly model: string;
  readonly module: string;
  readonly config: string;
  readonly violated: Violated;
  readonly counterexample: Counterexample;
}

function stateJson(state: CounterexampleState, previous: CounterexampleState | undefined) {
  const parameters =
    previous === undefined || state.action === null
      ? null
      : parametersOf(state.action, previous.state, state.state);
  const variables = Object.fromEntries([...state.state].map(([k, v]) => [k, printValue(v)]));
  return { action: state.action, parameters, variables };
}

export function savedText(from: SavedCounterexample): string {
  const { counterexample, ...rest } = from;
  const { states, backTo, backAction, stuttering } = counterexample;
  const body = {
    format: SAVED_FORMAT,
    v: SAVED_VERSION,
    ...rest,
    states: states.map((state, i) => stateJson(state, states[i - 1])),
    backTo,
    backAction,
    stuttering,
  };
  return `${JSON.stringify(body, null, 1)}\n`;
}

/** Writes it as DIR/MODEL.json; returns the path. Throws UnusableInput if it cannot. */
export function saveCounterexample(folder: string, from: SavedCounterexample): string {
  const path = join(folder, `${from.model}.json`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, savedText(from));
  } catch (e) {
    throw new UnusableInput(`cannot write ${path}: ${(e as NodeJS.ErrnoException).code ?? ''}`);
  }
  return path;
}

/** Throws UnusableInput, with the field that is wrong, or ToolsError `bad-value` for a value. */
export function readSaved(name: string, text: string): SavedCounterexample {
  const decoded = decodeJson(saved, text);
  if (!decoded.ok) throw new UnusableInput(`${name}: ${decoded.why}`);
  const { states, backTo, backAction, stuttering, model, module, config, violated } = decoded.value;
  const counterexample = {
    states: states.map(({ action, variables }, i) => ({
      index: i + 1,
      action,
      location: '',
      state: new Map(Object.entries(variables).map(([k, v]) => [k, parseValue(v)])),
    })),
    backTo,
    backAction,
    stuttering,
  };
  return { model, module, config, violated, counterexample };
}
