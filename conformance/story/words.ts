/** Values of the specification in ZooKeeper's words: zxid 2:1, packets and writes by their names. */
import { printValue } from '../tla2tools-runner/index.js';
import type { TlaState, TlaValue } from '../tla2tools-runner/index.js';
import { at, canonical, elementsOf, entriesOf, numberOf, textOf } from './values.js';

/** zxids that stand for different transactions somewhere in the behaviour. */
export type Ambiguous = ReadonlySet<string>;

function isTxn(value: TlaValue): boolean {
  return value.kind === 'record' && at(value, 'counter') !== undefined;
}

function* transactions(value: TlaValue): Generator<TlaValue> {
  if (isTxn(value)) {
    yield value;
    return;
  }
  if (value.kind === 'set') for (const element of value.elements) yield* transactions(element);
  for (const [, element] of entriesOf(value)) yield* transactions(element);
}

export function zxidText(value: TlaValue | undefined): string {
  const [epoch, counter] = elementsOf(value).map(numberOf);
  return epoch === undefined || counter === undefined ? textOf(value) : `${epoch}:${counter}`;
}

function plainTxn(txn: TlaValue | undefined): string {
  return `${textOf(at(txn, 'epoch'))}:${textOf(at(txn, 'counter'))}`;
}

/** Where one zxid was given to two transactions, they are told apart by what they carry. */
export function ambiguousZxids(states: readonly TlaState[]): Ambiguous {
  const carried = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const state of states) {
    for (const value of state.values()) {
      for (const txn of transactions(value)) {
        const zxid = plainTxn(txn);
        const whole = canonical(txn);
        if ((carried.get(zxid) ?? whole) !== whole) ambiguous.add(zxid);
        carried.set(zxid, whole);
      }
    }
  }
  return ambiguous;
}

export function txnText(txn: TlaValue | undefined, ambiguous: Ambiguous): string {
  const zxid = plainTxn(txn);
  return ambiguous.has(zxid) ? `${zxid}(of ${textOf(at(txn, 'value'))})` : zxid;
}

/** "1:1 1:2 2:1"; "empty". */
export function logText(log: readonly TlaValue[], ambiguous: Ambiguous): string {
  return log.length === 0 ? 'empty' : log.map((txn) => txnText(txn, ambiguous)).join(' ');
}

export function packetText(packet: TlaValue, ambiguous: Ambiguous): string {
  const type = textOf(at(packet, 'type'));
  const field = (name: string) => at(packet, name);
  switch (type) {
    case 'PROPOSAL':
    case 'INFORM':
      return `${type} ${txnText(field('txn'), ambiguous)}`;
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return `${type} (acceptedEpoch ${textOf(field('acceptedEpoch'))})`;
    case 'LEADERINFO':
      return `${type} (epoch ${textOf(field('epoch'))})`;
    case 'ACKEPOCH': {
      const epoch = textOf(field('currentEpoch'));
      return `${type} (currentEpoch ${epoch}, last zxid ${zxidText(field('lastZxid'))})`;
    }
    case 'SNAP':
      return `${type} (${logText(elementsOf(field('snapshot')), ambiguous)})`;
    default: {
      const zxid = field('zxid');
      return zxid === undefined ? printValue(packet) : `${type} ${zxidText(zxid)}`;
    }
  }
}

export function writeText(write: TlaValue, ambiguous: Ambiguous): string {
  const op = textOf(at(write, 'op'));
  switch (op) {
    case 'append':
      return `append ${txnText(at(write, 'txn'), ambiguous)}`;
    case 'truncate':
      return `truncate after ${zxidText(at(write, 'zxid'))}`;
    case 'install':
      return `install snapshot (${logText(elementsOf(at(write, 'snapshot')), ambiguous)})`;
    case 'acceptedEpoch':
    case 'currentEpoch':
      return `${op} ${textOf(at(write, 'epoch'))}`;
    default:
      return printValue(write);
  }
}

export function voteText(vote: TlaValue | undefined): string {
  const leader = at(vote, 'leader');
  if (leader === undefined || textOf(leader) === 'NoServer') return 'nobody';
  const zxid = zxidText(at(vote, 'zxid'));
  return `${textOf(leader)} (peerEpoch ${textOf(at(vote, 'peerEpoch'))}, zxid ${zxid})`;
}

export function notificationText(note: TlaValue): string {
  const round = textOf(at(note, 'round'));
  return `${textOf(at(note, 'state'))}, round ${round}, vote for ${voteText(at(note, 'vote'))}`;
}
