/**
 * Who takes a step. TLC names the action that led to a state, but not its parameters: they follow
 * from what it changed. The sentences are what `zab check` tells of each step.
 */
import type { TlaState, TlaValue } from '../tla2tools-runner/index.js';
import { at, elementsOf, same, serversOf, textOf } from './values.js';

interface Before {
  readonly before: TlaState;
  readonly after: TlaState;
  readonly servers: readonly string[];
}

/** The parameters of a step in the order of the specification's definition; null: not found. */
type Finder = (step: Before) => readonly string[] | null;

function only(found: readonly (readonly string[])[]): readonly string[] | null {
  return found.length === 1 ? (found[0] ?? null) : null;
}

function whose(test: (step: Before, server: string) => boolean): Finder {
  return (step) => only(step.servers.filter((s) => test(step, s)).map((s) => [s]));
}

function of(state: TlaState, variable: string, ...keys: readonly string[]): TlaValue | undefined {
  return at(state.get(variable), ...keys);
}

function changed({ before, after }: Before, variable: string, ...keys: readonly string[]): boolean {
  return !same(of(before, variable, ...keys), of(after, variable, ...keys));
}

/** The pair [reader, sender] of which a queue got shorter. */
function reads(variable: string): Finder {
  return (step) => {
    const pairs = step.servers.flatMap((to) => step.servers.map((from) => [to, from] as const));
    return only(
      pairs.filter(([to, from]) => {
        const q = elementsOf(of(step.before, variable, from, to));
        const rest = elementsOf(of(step.after, variable, from, to));
        return rest.length < q.length;
      }),
    );
  };
}

const becomes = (...states: readonly string[]) =>
  whose(
    (step, s) => changed(step, 'state', s) && states.includes(textOf(of(step.after, 'state', s))),
  );

const shorter = (variable: string) =>
  whose(
    ({ before, after }, s) =>
      elementsOf(of(after, variable, s)).length < elementsOf(of(before, variable, s)).length,
  );

/** A step that reads one packet; a learner that gives up in it empties more queues than one. */
function learnerReads(step: Before): readonly string[] | null {
  const found = reads('msgs')(step);
  if (found !== null) return found;
  const [f] = becomes('LOOKING')(step) ?? [];
  return f === undefined ? null : [f, textOf(of(step.before, 'link', f))];
}

function elected(step: Before): readonly string[] | null {
  const quorum = step.servers.filter((s) => changed(step, 'state', s));
  const leader = quorum.find((s) => textOf(of(step.after, 'state', s)) === 'LEADING');
  return leader === undefined ? null : [leader, `{${quorum.join(', ')}}`];
}

function joined(step: Before): readonly string[] | null {
  const [i] = whose((each, s) => changed(each, 'state', s))(step) ?? [];
  return i === undefined ? null : [i, textOf(of(step.after, 'leaderOf', i))];
}

function connects(step: Before): readonly string[] | null {
  const dialled = step.servers.filter(
    (s) => textOf(of(step.after, 'link', s)) !== 'NoServer' && changed(step, 'link', s),
  );
  const [f] = dialled;
  if (dialled.length === 1 && f !== undefined) return [f, textOf(of(step.after, 'link', f))];
  // dialled again: its packet is new
  const again = step.servers.filter((s) => {
    const l = textOf(of(step.after, 'link', s));
    return l !== 'NoServer' && changed(step, 'msgs', s, l);
  });
  const [g] = again;
  return again.length === 1 && g !== undefined ? [g, textOf(of(step.after, 'link', g))] : null;
}

function closesAtLeader(step: Before): readonly string[] | null {
  const pairs = step.servers.flatMap((l) => step.servers.map((f) => [l, f] as const));
  return only(pairs.filter(([l, f]) => changed(step, 'learners', l, f)));
}

const proposes = whose(
  ({ before, after }, s) =>
    elementsOf(of(after, 'history', s)).length > elementsOf(of(before, 'history', s)).length,
);

interface Action {
  readonly find: Finder;
  /** {0} is the first parameter. */
  readonly tells: string;
}

const ACTIONS: Readonly<Record<string, Action>> = {
  ElectLeader: { find: elected, tells: '{0} is elected by {1}' },
  JoinLeader: { find: joined, tells: '{0} learns that {1} leads' },
  ReceiveNotification: { find: reads('notes'), tells: '{0} reads a notification of {1}' },
  DecideLeader: {
    find: becomes('LEADING', 'FOLLOWING', 'OBSERVING'),
    tells: '{0} decides: a quorum has its vote',
  },
  ResendNotifications: {
    find: whose((step, s) => changed(step, 'notes', s)),
    tells: '{0} sends its notification again',
  },
  FollowerConnect: { find: connects, tells: '{0} connects to {1}' },
  LeaderProcessFOLLOWERINFO: { find: reads('msgs'), tells: '{0} reads FOLLOWERINFO of {1}' },
  LeaderPersistAcceptedEpoch: {
    find: shorter('diskQueue'),
    tells: 'the acceptedEpoch of leader {0} is durable',
  },
  FollowerProcessLEADERINFO: { find: learnerReads, tells: '{0} reads LEADERINFO of {1}' },
  FollowerPersistAcceptedEpoch: {
    find: shorter('diskQueue'),
    tells: 'the acceptedEpoch of {0} is durable',
  },
  LeaderProcessACKEPOCH: { find: reads('msgs'), tells: '{0} reads ACKEPOCH of {1}' },
  LeaderPersistCurrentEpoch: {
    find: shorter('diskQueue'),
    tells: 'the currentEpoch of leader {0} is durable',
  },
  FollowerProcessNEWLEADER: {
    find: learnerReads,
    tells: '{0} reads the synchronization of {1}, through NEWLEADER',
  },
  FollowerPersistLog: { find: shorter('diskQueue'), tells: 'log writes of {0} are durable' },
  FollowerPersistCurrentEpoch: {
    find: shorter('diskQueue'),
    tells: 'the currentEpoch of {0} is durable',
  },
  LeaderProcessACKNEWLEADER: { find: reads('msgs'), tells: '{0} reads ACK of NEWLEADER of {1}' },
  FollowerProcessPROPOSALInSync: {
    find: learnerReads,
    tells: '{0} reads PROPOSAL of {1}, before UPTODATE',
  },
  FollowerProcessCOMMITInSync: {
    find: learnerReads,
    tells: '{0} reads COMMIT of {1}, before UPTODATE',
  },
  FollowerProcessUPTODATE: { find: learnerReads, tells: '{0} reads UPTODATE of {1}' },
  LeaderPropose: { find: proposes, tells: '{0} proposes' },
  LeaderPersistLog: { find: shorter('diskQueue'), tells: 'log writes of leader {0} are durable' },
  FollowerProcessPROPOSAL: { find: learnerReads, tells: '{0} reads PROPOSAL of {1}' },
  LeaderProcessACK: { find: reads('msgs'), tells: '{0} reads ACK of {1}' },
  FollowerProcessCOMMIT: { find: learnerReads, tells: '{0} reads COMMIT of {1}' },
  ObserverProcessINFORM: { find: learnerReads, tells: '{0} reads INFORM of {1}' },
  Crash: { find: becomes('DOWN'), tells: '{0} crashes' },
  Restart: {
    find: whose(
      (step, s) => textOf(of(step.before, 'state', s)) === 'DOWN' && changed(step, 'state', s),
    ),
    tells: '{0} starts again, with what is on its disk',
  },
  LeaderCloseConnection: { find: closesAtLeader, tells: '{0} closes its connection with {1}' },
  LeaderShutdown: { find: becomes('LOOKING'), tells: '{0} gives up leading' },
  FollowerShutdown: { find: becomes('LOOKING'), tells: '{0} gives up its leader' },
  TakeSnapshot: {
    find: whose((step, s) => changed(step, 'disk', s)),
    tells: '{0} takes a snapshot',
  },
};

/** The actions that there is a sentence for. */
export const TOLD_ACTIONS: readonly string[] = Object.keys(ACTIONS);

/** Who took the action that leads from one state to the next; null where that does not show. */
export function parametersOf(
  action: string,
  before: TlaState,
  after: TlaState,
): readonly string[] | null {
  const servers = serversOf(before);
  return ACTIONS[action]?.find({ before, after, servers }) ?? null;
}

/** "s1 reads ACK of s2"; null if nothing is known of the action or its parameters. */
export function sentenceOf(action: string, parameters: readonly string[] | null): string | null {
  const tells = ACTIONS[action]?.tells;
  if (tells === undefined || parameters === null) return null;
  return tells.replace(/\{(\d)\}/g, (_, n: string) => serverName(parameters[Number(n)] ?? '?'));
}

/** A sid alone says nothing: "server 2"; a model value has a name. */
export function serverName(key: string): string {
  return key.replace(/(^|\{|, )(\d+)(?=$|\}|,)/g, '$1server $2');
}
