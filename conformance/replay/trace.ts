/**
 * The behaviours that `zab replay` reads: a counterexample that `zab check` saved, what TLC prints with
 * `-tool` or without, and a file of `-simulate file=…`. All of them come to a list of states in text.
 */
import { readFileSync } from 'node:fs';
import { MessageReader } from '../tla2tools-runner/messages.js';
import { printValue } from '../tla2tools-runner/index.js';
import { readSaved, SAVED_FORMAT } from '../story/saved.js';
import { UnusableInput } from '../unusable-input.js';
import { knownOfConfig } from './setting.js';
import type { Known } from './setting.js';
import type { StateText } from './tla-reader.js';

/** The variable that the labelled modules of simulate.ts add: the step that led here. */
export const STEP_VARIABLE = 'zabStep';

export interface TraceState {
  /** "LeaderPropose" or "LeaderPropose(2)"; null: any step. */
  readonly step: string | null;
  readonly text: StateText;
}

export interface Trace {
  readonly name: string;
  readonly states: readonly TraceState[];
  /** The last step goes back to the state of this index, from 0. */
  readonly loop: { readonly to: number; readonly step: string | null } | null;
  /** null: the file does not say. */
  readonly known: Known | null;
}

const TLC_STATE = 2217;
const TLC_BACK_TO = 2122;

/** "/\ x = 1" for each variable; a value may go on for several lines. "x = 1" if there is but one. */
function variablesOf(body: string): StateText {
  const variables = new Map<string, string>();
  for (const part of `\n${body}`.split(/\n(?:\/\\ )?(?=\w+ = )/)) {
    const equals = part.indexOf(' = ');
    if (equals > 0) variables.set(part.slice(0, equals).trim(), part.slice(equals + 3).trim());
  }
  return variables;
}

function actionOf(label: string): string | null {
  return /^<(\w+)(?:\(.*\))? line /.exec(label)?.[1] ?? null;
}

function stepOf(text: StateText): string | null {
  const step = /^"(.*)"$/.exec(text.get(STEP_VARIABLE) ?? '')?.[1];
  return step === undefined || step === 'start' ? null : step;
}

/** A file of `-simulate file=…`: a module with a definition for each state. */
function ofSimulation(text: string): TraceState[] {
  const [, ...parts] = text.split(/^STATE_\d+ ==\s*\n/m);
  return parts.map((part) => {
    const state = variablesOf(part.replace(/^={4,}\s*$/m, ''));
    return { step: stepOf(state), text: state };
  });
}

interface Printed {
  readonly states: TraceState[];
  readonly loop: Trace['loop'];
}

/** What TLC prints without `-tool`: "State 2: <Action line …>" and the variables. */
function ofPrinted(text: string): Printed {
  const states: TraceState[] = [];
  let loop: Trace['loop'] = null;
  for (const part of text.split(/^(?=(?:State \d+: |Back to state ))/m)) {
    const [, index, label = ''] = /^State (\d+): (.*)$/m.exec(part) ?? [];
    if (index !== undefined && part.startsWith('State')) {
      const [body = ''] = part.slice(part.indexOf('\n') + 1).split(/\n\s*\n/);
      const state = variablesOf(body);
      if (state.size > 0) states.push({ step: stepOf(state) ?? actionOf(label), text: state });
    }
    const back = /^Back to state (\d+): (.*)$/m.exec(part);
    if (back !== null) loop = { to: Number(back[1]) - 1, step: actionOf(back[2] ?? '') };
  }
  return { states, loop };
}

/** What TLC prints with `-tool`. */
function ofTool(text: string): Printed {
  const states: TraceState[] = [];
  let loop: Trace['loop'] = null;
  const reader = new MessageReader(({ code, text: message }) => {
    const newline = message.indexOf('\n');
    const head = newline < 0 ? message : message.slice(0, newline);
    if (code === TLC_STATE) {
      const [, label = ''] = /^\d+: (.*)$/.exec(head) ?? [];
      const state = variablesOf(newline < 0 ? '' : message.slice(newline + 1));
      states.push({ step: stepOf(state) ?? actionOf(label), text: state });
    }
    const back = code === TLC_BACK_TO ? /^(\d+): Back to state(?:: (.*))?/.exec(head) : null;
    if (back !== null) loop = { to: Number(back[1]) - 1, step: actionOf(back[2] ?? '') };
  });
  reader.feed(text);
  reader.end();
  return { states, loop };
}

function ofSaved(name: string, text: string): Trace {
  const { counterexample, config } = readSaved(name, text);
  const { states, backTo, backAction } = counterexample;
  return {
    name,
    states: states.map(({ action, state }) => {
      const printed = new Map([...state].map(([k, v]) => [k, printValue(v)]));
      return { step: stepOf(printed) ?? action, text: printed };
    }),
    loop: backTo === null ? null : { to: backTo - 1, step: backAction },
    known: knownOfConfig(name, config),
  };
}

/** What of the setting shows in the states themselves. */
function knownOfStates(name: string, states: readonly TraceState[]): Known {
  const first = states[0]?.text;
  const missing = ['state', 'round', 'msgs'].find((variable) => first?.has(variable) !== true);
  if (first === undefined || missing !== undefined) {
    const what = missing === undefined ? 'no state' : `no variable ${missing}`;
    throw new UnusableInput(`${name}: ${what}: no behaviour of this specification`);
  }
  const named = [...(first.get('state') ?? '').matchAll(/([A-Za-z]\w*|\d+) :> /g)].map(
    ([, key = '']) => key,
  );
  const count = [...(first.get('state') ?? '').matchAll(/"\w+"/g)].length;
  const servers = named.length > 0 ? named : Array.from({ length: count }, (_, i) => `${i + 1}`);
  const observers = servers.filter((server, i) =>
    states.some(({ text }) => roles(text.get('state') ?? '')[i] === 'OBSERVING' && server !== ''),
  );
  const election = /^<<\s*>>$/.test(first.get('round') ?? '') ? 'oracle' : 'fle';
  return { servers, observers, election, granularity: null, drops: null };
}

function roles(state: string): readonly string[] {
  return [...state.matchAll(/"(\w+)"/g)].map(([, role = '']) => role);
}

/** Throws UnusableInput for text that is no behaviour. */
export function traceOf(name: string, text: string): Trace {
  if (/^\s*\{/.test(text)) {
    if (!text.includes(SAVED_FORMAT))
      throw new UnusableInput(`${name}: JSON, but no counterexample`);
    return ofSaved(name, text);
  }
  const whole = !/^STATE_1 ==/m.test(text) || /^={4,}\s*$/m.test(text);
  if (!whole) throw new UnusableInput(`${name}: cut off: no last line of the module`);
  const read: Printed = text.includes('@!@!@STARTMSG')
    ? ofTool(text)
    : /^STATE_1 ==/m.test(text)
      ? { states: ofSimulation(text), loop: null }
      : ofPrinted(text);
  if (read.states.length === 0) {
    throw new UnusableInput(`${name}: no states as TLC prints them, and no saved counterexample`);
  }
  return { name, ...read, known: knownOfStates(name, read.states) };
}

/** Throws UnusableInput for a file that cannot be read, too. */
export function readTrace(path: string): Trace {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (e) {
    throw new UnusableInput(`cannot read ${path}: ${(e as NodeJS.ErrnoException).code ?? ''}`);
  }
  return traceOf(path, text);
}
