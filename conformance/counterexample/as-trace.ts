/**
 * A counterexample as a trace that `zab validate` reads (docs/traces.md): the lines that its servers
 * would have recorded. They are made from the states alone, so that what a planted fault does is in
 * them too: of the protocol as it is such a trace is accepted, of a faulty one it is refused where the
 * fault shows.
 *
 * What a state has and a trace has not: a crash leaves no line, and the server's start, with what its
 * disk held, comes at once; a snapshot shows at the next start. What a trace has and a state has not:
 * names of connections, tickets, both ends opening, the packets that are kept aside until NEWLEADER,
 * the acknowledgement of UPTODATE. Where the model does a durable write in the step that asks for it
 * (coarse), the write is a line of its own; where an oracle elects, there are votes (elections.ts).
 */
import { knownOfConfig } from '../replay/setting.js';
import type { Known } from '../replay/setting.js';
import type { Counterexample, TlaState } from '../tla2tools-runner/index.js';
import type { TraceLine } from '../trace/schema.js';
import { beats, NoVotes } from './elections.js';
import { StateView, serverKeys } from './state-view.js';
import type { Names } from './state-view.js';
import { Steps } from './steps.js';
import { NO_STEP, whichStep } from './which-step.js';

/** A counterexample that no trace can be made of, and why. */
export class NoTrace extends Error {
  override readonly name = 'NoTrace';
}

/** Variables that tell a behaviour of this specification from others. */
const VARIABLES = ['state', 'zabState', 'history', 'disk', 'msgs', 'round', 'notes'];

function permutations<T>(list: readonly T[]): readonly (readonly T[])[] {
  if (list.length < 2) return [list];
  return list.flatMap((first, i) =>
    permutations(list.filter((_, k) => k !== i)).map((rest) => [first, ...rest]),
  );
}

function namesOf(keys: readonly string[]): Names {
  const numbered = keys.map((key, i) => [key, /^\d+$/.test(key) ? Number(key) : i + 1] as const);
  return { sids: new Map(numbered), keys: new Map(numbered.map(([key, sid]) => [sid, key])) };
}

/** Is each server that the oracle elects the best of its quorum, ties included? */
function electsBest(states: readonly TlaState[], steps: readonly string[], names: Names) {
  return steps.every((step, n) => {
    if (step !== 'ElectLeader') return true;
    const [before, after] = [
      new StateView(states[n]!, names),
      new StateView(states[n + 1]!, names),
    ];
    const quorum = [...names.keys.keys()].filter((i) => before.role(i) !== after.role(i));
    const vote = (i: number) => {
      const [last = [0, 0]] = before.history(i).slice(-1);
      const peerEpoch = before.disk(i).currentEpoch;
      return { leader: i, zxid: [last[0], last[1]] as [number, number], peerEpoch };
    };
    const leader = quorum.find((i) => after.role(i) === 'LEADING');
    return leader === undefined || quorum.every((i) => !beats(vote(i), vote(leader)));
  });
}

/**
 * Sids for servers that are model values: ties of epoch and zxid may go to anybody there, so an order
 * in which they went to the higher sid, if there is one.
 */
function chosenNames(
  { servers, election }: Known,
  states: readonly TlaState[],
  steps: readonly string[],
): Names {
  if (election !== 'oracle' || servers.every((key) => /^\d+$/.test(key))) return namesOf(servers);
  const orders = permutations(servers).map(namesOf);
  return orders.find((names) => electsBest(states, steps, names)) ?? namesOf(servers);
}

/** Is it a behaviour of the protocol, and not of another specification? */
export function isOfProtocol({ states: [first] }: Pick<Counterexample, 'states'>): boolean {
  return VARIABLES.every((name) => first?.state.has(name) === true);
}

/** The lines of a behaviour of the protocol. `config`: its model's. Throws NoTrace. */
export function asTrace(
  { states }: Pick<Counterexample, 'states'>,
  config: string,
): readonly TraceLine[] {
  const texts = states.map(({ state }) => state);
  const [first] = texts;
  const known = knownOfConfig('the configuration', config);
  if (first === undefined || serverKeys(first).length !== known.servers.length) {
    throw new NoTrace('the configuration has other servers than the states');
  }
  const taken = states.slice(1).map(({ action }, n) => {
    const step = whichStep(action, texts[n]!, texts[n + 1]!);
    if (step !== null) return step;
    throw new NoTrace(`state ${n + 2}: whose step ${action ?? 'it'} is does not show`);
  });
  const names = chosenNames(
    known,
    texts,
    taken.map(({ action }) => action),
  );
  const views = texts.map((state) => new StateView(state, names));
  const told = (allFollow: boolean): readonly TraceLine[] => {
    const steps = new Steps(known, names, views, allFollow);
    steps.start();
    taken.forEach(({ action, parameters }, n) => {
      const [i = 0, j = 0] = parameters.map((key) => names.sids.get(key) ?? 0);
      if (action !== NO_STEP) steps.take(n, action, i, j);
    });
    return steps.ensemble.lines;
  };
  return orElse(
    () => told(false),
    () => told(true),
  );
}

/** What needs votes that nobody has cast is tried again, with more of them. */
function orElse(
  first: () => readonly TraceLine[],
  second: () => readonly TraceLine[],
): readonly TraceLine[] {
  const tried = (run: () => readonly TraceLine[]) => {
    try {
      return run();
    } catch (e) {
      if (e instanceof NoVotes) return e;
      throw e;
    }
  };
  const lines = tried(first);
  const again = lines instanceof NoVotes ? tried(second) : lines;
  if (again instanceof NoVotes) throw new NoTrace(`${again.message}, as the oracle does`);
  return again;
}
