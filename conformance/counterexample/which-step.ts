/**
 * Which action led from one state to the next, and whose it was. TLC names the action where the
 * next-state relation is a disjunction of actions; a model that follows a schedule has it in a
 * variable of its own; else it is what the step read, wrote or changed.
 */
import { parametersOf, TOLD_ACTIONS } from '../story/actions.js';
import { at, elementsOf, same, serversOf, textOf } from '../story/values.js';
import type { TlaState, TlaValue } from '../tla2tools-runner/index.js';

export interface KnownStep {
  readonly action: string;
  /** As the states name servers. */
  readonly parameters: readonly string[];
}

/** A step that changes none of the protocol's variables: a schedule goes on. */
export const NO_STEP = 'nothing';

/** The variable of spec/models/MCSchedule.tla: [next, did]. */
function scheduled(before: TlaState, after: TlaState): KnownStep | null {
  const did = elementsOf(at(after.get('at'), 'did'));
  const [name, i, j] = did.map((value) => textOf(value));
  if (name === undefined || i === undefined) return null;
  const own = [...before.keys()].filter((variable) => variable !== 'at');
  if (own.every((variable) => same(before.get(variable), after.get(variable)))) {
    return { action: NO_STEP, parameters: [] };
  }
  return { action: name, parameters: [i, j ?? i] };
}

const LEARNER_READS: Readonly<Record<string, readonly [inSync: string, later: string]>> = {
  LEADERINFO: ['FollowerProcessLEADERINFO', 'FollowerProcessLEADERINFO'],
  DIFF: ['FollowerProcessNEWLEADER', 'FollowerProcessNEWLEADER'],
  TRUNC: ['FollowerProcessNEWLEADER', 'FollowerProcessNEWLEADER'],
  SNAP: ['FollowerProcessNEWLEADER', 'FollowerProcessNEWLEADER'],
  UPTODATE: ['FollowerProcessUPTODATE', 'FollowerProcessUPTODATE'],
  PROPOSAL: ['FollowerProcessPROPOSALInSync', 'FollowerProcessPROPOSAL'],
  COMMIT: ['FollowerProcessCOMMITInSync', 'FollowerProcessCOMMIT'],
  INFORM: ['ObserverProcessINFORM', 'ObserverProcessINFORM'],
};

function readBy(before: TlaState, reader: string, sender: string, first: TlaValue): string | null {
  const type = textOf(at(first, 'type'));
  if (textOf(at(before.get('state'), reader)) !== 'LEADING') {
    const inSync = textOf(at(before.get('zabState'), reader)) === 'SYNCHRONIZATION';
    return LEARNER_READS[type]?.[inSync ? 0 : 1] ?? null;
  }
  if (type.endsWith('INFO')) return 'LeaderProcessFOLLOWERINFO';
  if (type === 'ACKEPOCH') return 'LeaderProcessACKEPOCH';
  const phase = textOf(at(before.get('learners'), reader, sender, 'phase'));
  return phase === 'forwarding' ? 'LeaderProcessACKNEWLEADER' : 'LeaderProcessACK';
}

/** A step that reads a packet. (One that closes a connection empties a queue.) */
function reading(before: TlaState, after: TlaState, action: string): boolean {
  const servers = serversOf(before);
  const read = servers.flatMap((reader) =>
    servers.flatMap((sender) => {
      const queue = elementsOf(at(before.get('msgs'), sender, reader));
      const rest = elementsOf(at(after.get('msgs'), sender, reader));
      const [first] = queue;
      if (first === undefined || rest.length >= queue.length) return [];
      return [readBy(before, reader, sender, first)];
    }),
  );
  return read.length === 1 && read[0] === action;
}

/** By what changed, for a step of the oracle's election; null if it may be several actions'. */
function inferred(before: TlaState, after: TlaState): KnownStep | null {
  const changed = (variable: string) => !same(before.get(variable), after.get(variable));
  const states = changed('state');
  const dies = serversOf(before).some((s) => textOf(at(after.get('state'), s)) === 'LOOKING');
  const fits = (action: string): boolean => {
    if (/Process/.test(action)) return reading(before, after, action);
    switch (action) {
      case 'ElectLeader':
        return states && changed('leaderOf') && leads(before, after);
      case 'JoinLeader':
        return states && changed('leaderOf') && !leads(before, after) && !changed('live') && !dies;
      case 'FollowerConnect':
        return changed('link') && !states;
      case 'LeaderPropose':
        return changed('broadcast');
      case 'Restart':
        return states && parametersOf('Restart', before, after) !== null;
      default:
        return false;
    }
  };
  const found = TOLD_ACTIONS.filter(fits).flatMap((action) => {
    const parameters = parametersOf(action, before, after);
    return parameters === null ? [] : [{ action, parameters }];
  });
  return found.length === 1 ? found[0]! : null;
}

function leads(before: TlaState, after: TlaState): boolean {
  return serversOf(before).some(
    (s) =>
      textOf(at(after.get('state'), s)) === 'LEADING' &&
      textOf(at(before.get('state'), s)) !== 'LEADING',
  );
}

/** null: it does not show. `action`: as TLC has it. */
export function whichStep(
  action: string | null,
  before: TlaState,
  after: TlaState,
): KnownStep | null {
  if (action !== null && TOLD_ACTIONS.includes(action)) {
    const parameters = parametersOf(action, before, after);
    return parameters === null ? null : { action, parameters };
  }
  return scheduled(before, after) ?? inferred(before, after);
}
