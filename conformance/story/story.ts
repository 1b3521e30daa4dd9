/**
 * A counterexample as a story: for each step its number, the action with its parameters, who takes
 * it, what changed (in ZooKeeper's words, and nothing else); then the property with its sentence.
 */
import type { Counterexample, CounterexampleState, TlaState } from '../tla2tools-runner/index.js';
import { parametersOf, sentenceOf, serverName } from './actions.js';
import { changeLines, changesOf } from './changes.js';
import type { PropertySource } from './properties.js';
import { at, elementsOf, serversOf, textOf } from './values.js';
import { ambiguousZxids, logText } from './words.js';
import type { Ambiguous } from './words.js';

/** What is violated: a liveness property that TLC does not name is one of several. */
export interface Violated {
  readonly kind: string;
  readonly properties: readonly string[];
}

const NOTHING: TlaState = new Map();

/** "LeaderProcessACK(s1, s2)"; "Next" where TLC names nothing better. */
export function stepName(
  action: string | null,
  before: TlaState,
  after: TlaState,
): { readonly call: string; readonly parameters: readonly string[] | null } {
  const name = action ?? 'step';
  const parameters = parametersOf(name, before, after);
  const list = parameters === null ? '' : `(${parameters.join(', ')})`;
  return { call: `${name}${list}`, parameters };
}

function stepLines(
  previous: CounterexampleState,
  current: CounterexampleState,
  ambiguous: Ambiguous,
): readonly string[] {
  const { call, parameters } = stepName(current.action, previous.state, current.state);
  const sentence = sentenceOf(current.action ?? '', parameters);
  const changes = changeLines(
    changesOf(current.action ?? '', previous.state, current.state, ambiguous),
  );
  return [
    `step ${current.index - 1}  ${call}${sentence === null ? '' : `: ${sentence}`}`,
    ...(changes.length === 0 ? ['nothing changes'] : changes).map((line) => `    ${line}`),
  ];
}

/** What each server is at first; every variable in a specification without servers. */
function startLines({ state }: CounterexampleState, ambiguous: Ambiguous): readonly string[] {
  const servers = serversOf(state);
  if (servers.length === 0) {
    return [
      'start',
      ...changeLines(changesOf('', NOTHING, state, ambiguous)).map((l) => `    ${l}`),
    ];
  }
  return [
    'start',
    ...servers.map((s) => {
      const log = logText(elementsOf(at(state.get('history'), s)), ambiguous);
      return `    ${serverName(s)}  ${textOf(at(state.get('state'), s))}, history ${log}`;
    }),
  ];
}

function endLines(counterexample: Counterexample): readonly string[] {
  const { states, backTo, backAction, stuttering } = counterexample;
  const last = states[states.length - 1];
  const loop = states.find(({ index }) => index === backTo);
  if (loop === undefined || last === undefined || backTo === null) {
    return stuttering ? ['and then nothing happens any more, for ever'] : [];
  }
  const { call, parameters } = stepName(backAction, last.state, loop.state);
  const sentence = sentenceOf(backAction ?? '', parameters);
  const state = backTo === 1 ? 'at the start' : `after step ${backTo - 1}`;
  return [
    `step ${states.length}  ${call}${sentence === null ? '' : `: ${sentence}`}`,
    `    all is as ${state}; steps ${backTo} to ${states.length} go on for ever`,
  ];
}

function violatedLines(
  { kind, properties }: Violated,
  sources: ReadonlyMap<string, PropertySource>,
): readonly string[] {
  const what = kind === 'deadlock' ? 'deadlock: no step is possible' : `violated (${kind})`;
  const names = properties.length > 1 ? `one of ${properties.join(', ')}` : (properties[0] ?? '');
  return [
    `${what}${names === '' ? '' : `: ${names}`}`,
    ...properties.flatMap((property) => {
      const source = sources.get(property);
      if (source === undefined) return [];
      return [`    ${property} [${source.place}]: ${source.sentence}`];
    }),
  ];
}

/** The whole story, a line each. */
export function tellStory(
  counterexample: Counterexample,
  violated: Violated,
  sources: ReadonlyMap<string, PropertySource>,
): readonly string[] {
  const { states } = counterexample;
  const ambiguous = ambiguousZxids(states.map(({ state }) => state));
  return [
    ...states.flatMap((current, i) => {
      const previous = states[i - 1];
      return previous === undefined
        ? startLines(current, ambiguous)
        : stepLines(previous, current, ambiguous);
    }),
    ...endLines(counterexample),
    ...violatedLines(violated, sources),
  ];
}
