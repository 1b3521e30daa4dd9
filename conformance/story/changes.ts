/** What a step changed, variable by variable, in words; what stayed as it was is left out. */
import { printValue } from '../tla2tools-runner/index.js';
import type { TlaState, TlaValue } from '../tla2tools-runner/index.js';
import { serverName } from './actions.js';
import {
  at,
  canonical,
  elementsOf,
  entriesOf,
  numberOf,
  same,
  serversOf,
  textOf,
} from './values.js';
import {
  logText,
  notificationText,
  packetText,
  txnText,
  voteText,
  writeText,
  zxidText,
} from './words.js';
import type { Ambiguous } from './words.js';

export interface Change {
  /** The server whose variable it is; null: nobody's (history variables, connections). */
  readonly server: string | null;
  readonly text: string;
}

/** The actions in which a server reads what was sent to it; in others it is lost. */
const READS = /^((Leader|Follower|Observer)Process|ReceiveNotification)/;

interface Context {
  readonly action: string;
  readonly before: TlaState;
  readonly after: TlaState;
  readonly servers: readonly string[];
  readonly ambiguous: Ambiguous;
}

type Describe = (context: Context) => readonly Change[];
type Value = TlaValue | undefined;

function nobody(text: string): string {
  return text === 'NoServer' ? 'nobody' : text;
}

function arrow(name: string, before: string, after: string): string {
  return `${name} ${before} → ${after}`;
}

/** A variable that is one value for each server. */
function perServer(
  variable: string,
  describe: (before: Value, after: Value, context: Context, server: string) => readonly string[],
): Describe {
  return (context) =>
    context.servers.flatMap((server) => {
      const before = at(context.before.get(variable), server);
      const after = at(context.after.get(variable), server);
      if (same(before, after)) return [];
      return describe(before, after, context, server).map((text) => ({ server, text }));
    });
}

function plain(variable: string, name: string): Describe {
  return perServer(variable, (b, a) => [arrow(name, nobody(textOf(b)), nobody(textOf(a)))]);
}

/** A log that only grew shows what is new; another one shows both. */
function logChange(name: string, before: Value, after: Value, ambiguous: Ambiguous): string {
  const b = elementsOf(before);
  const a = elementsOf(after);
  if (a.length > b.length && b.every((txn, i) => same(txn, a[i]))) {
    return `${name} + ${logText(a.slice(b.length), ambiguous)}`;
  }
  return arrow(name, logText(b, ambiguous), logText(a, ambiguous));
}

/** A queue loses from its head and grows at its tail: what is gone, and what is new. */
function queueChange(
  before: readonly TlaValue[],
  after: readonly TlaValue[],
  key: (value: TlaValue) => string,
): { readonly gone: readonly TlaValue[]; readonly added: readonly TlaValue[] } {
  const b = before.map(key);
  const a = after.map(key);
  for (let gone = 0; gone <= b.length; gone++) {
    const kept = b.length - gone;
    if (kept <= a.length && b.slice(gone).every((text, i) => text === a[i])) {
      return { gone: before.slice(0, gone), added: after.slice(kept) };
    }
  }
  return { gone: before, added: after };
}

function setChange(before: Value, after: Value): { gone: TlaValue[]; added: TlaValue[] } {
  const b = new Set(elementsOf(before).map(canonical));
  const a = new Set(elementsOf(after).map(canonical));
  return {
    gone: elementsOf(before).filter((element) => !a.has(canonical(element))),
    added: elementsOf(after).filter((element) => !b.has(canonical(element))),
  };
}

function setTexts(
  name: string,
  before: Value,
  after: Value,
  show: (element: TlaValue) => string,
): readonly string[] {
  const { gone, added } = setChange(before, after);
  if (gone.length > 0 && elementsOf(after).length === 0) return [`${name}: nobody any more`];
  const list = (sign: string, elements: readonly TlaValue[]) =>
    elements.length === 0 ? [] : [`${name} ${sign} ${elements.map(show).join(', ')}`];
  return [...list('−', gone), ...list('+', added)];
}

function diskTexts(before: Value, after: Value, ambiguous: Ambiguous): readonly string[] {
  const epochs = ['acceptedEpoch', 'currentEpoch'].flatMap((name) => {
    const [b, a] = [at(before, name), at(after, name)];
    return same(b, a) ? [] : [arrow(`disk: ${name}`, textOf(b), textOf(a))];
  });
  const [logBefore, logAfter] = [at(before, 'log'), at(after, 'log')];
  const log = same(logBefore, logAfter)
    ? []
    : [logChange('disk: log', logBefore, logAfter, ambiguous)];
  const length = (disk: Value) => numberOf(at(disk, 'snapshot')) ?? 0;
  const upTo = (disk: Value) => {
    const last = elementsOf(at(disk, 'log'))[length(disk) - 1];
    return last === undefined ? 'none' : `up to ${txnText(last, ambiguous)}`;
  };
  const snapshot =
    length(before) === length(after) ? [] : [arrow('disk: snapshot', upTo(before), upTo(after))];
  return [...epochs, ...log, ...snapshot];
}

function deliveredTexts(server: string, context: Context): readonly string[] {
  const delivered = (state: TlaState) => {
    const n = numberOf(at(state.get('lastCommitted'), server)) ?? 0;
    return elementsOf(at(state.get('history'), server)).slice(0, n);
  };
  const [b, a] = [delivered(context.before), delivered(context.after)];
  if (a.length <= b.length) {
    const last = a[a.length - 1];
    return [`committed up to ${last === undefined ? 'nothing' : txnText(last, context.ambiguous)}`];
  }
  return [`delivers ${logText(a.slice(b.length), context.ambiguous)}`];
}

const writeKey = (write: TlaValue) =>
  write.kind === 'record'
    ? canonical({ kind: 'record', fields: write.fields.filter(([name]) => name !== 'ack') })
    : canonical(write);

const diskQueue = perServer('diskQueue', (before, after, { ambiguous, after: next }, server) => {
  const { gone, added } = queueChange(elementsOf(before), elementsOf(after), writeKey);
  const list = (writes: readonly TlaValue[]) =>
    writes.map((write) => writeText(write, ambiguous)).join(', ');
  const ends = textOf(at(next.get('state'), server)) === 'DOWN' ? 'lost' : 'done';
  return [
    ...(gone.length === 0 ? [] : [`writes ${ends}: ${list(gone)}`]),
    ...(added.length === 0 ? [] : [`writes asked for: ${list(added)}`]),
  ];
});

/** Packets and notifications: from whom, to whom. */
function network(
  variable: string,
  show: (message: TlaValue, ambiguous: Ambiguous) => string,
): Describe {
  return ({ action, before, after, servers, ambiguous }) =>
    servers.flatMap((from) =>
      servers.flatMap((to) => {
        const b = elementsOf(at(before.get(variable), from, to));
        const a = elementsOf(at(after.get(variable), from, to));
        const { gone, added } = queueChange(b, a, canonical);
        const takes = READS.test(action) ? 'takes from' : 'will never read from';
        const list = (messages: readonly TlaValue[]) =>
          messages.map((message) => show(message, ambiguous)).join(', ');
        return [
          ...(gone.length === 0 ? [] : [{ server: to, text: `${takes} ${from}: ${list(gone)}` }]),
          ...(added.length === 0 ? [] : [{ server: from, text: `sends to ${to}: ${list(added)}` }]),
        ];
      }),
    );
}

/** The committed entries that a server still holds one by one: others are in snapshots only. */
const memoryLog = perServer('memoryLog', (before, after, { ambiguous }) => {
  const [b, a] = [at(before, 'base'), at(after, 'base')];
  const log = [at(before, 'txns'), at(after, 'txns')] as const;
  return [
    ...(same(b, a) ? [] : [arrow('committed log in memory: from after', zxidText(b), zxidText(a))]),
    ...(same(...log) ? [] : [logChange('committed log in memory:', ...log, ambiguous)]),
  ];
});

const learners = perServer('learners', (before, after) =>
  entriesOf(after).flatMap(([learner, now]) => {
    const was = at(before, learner);
    if (same(was, now)) return [];
    const [b, a] = [textOf(at(was, 'phase')), textOf(at(now, 'phase'))];
    return b === a ? [] : [arrow(`its learner ${learner}:`, b, a)];
  }),
);

const acked = perServer('acked', (before, after) =>
  entriesOf(after).flatMap(([learner, zxid]) =>
    same(at(before, learner), zxid)
      ? []
      : [arrow(`acknowledged by ${learner}:`, zxidText(at(before, learner)), zxidText(zxid))],
  ),
);

function votes(variable: string, name: string): Describe {
  return perServer(variable, (before, after) =>
    entriesOf(after).flatMap(([voter, said]) => {
      if (same(at(before, voter), said)) return [];
      return [`${name} ${voter}: ${voteText(at(said, 'vote') ?? said)}`];
    }),
  );
}

function ghost(variable: string, describe: (context: Context) => readonly string[]): Describe {
  return (context) => {
    if (same(context.before.get(variable), context.after.get(variable))) return [];
    return describe(context).map((text) => ({ server: null, text }));
  };
}

const live = ghost('live', ({ before, after }) => {
  const ends = (pair: TlaValue) => elementsOf(pair).map(textOf).join('–');
  const { gone, added } = setChange(before.get('live'), after.get('live'));
  return [
    ...gone.map((pair) => `connection ${ends(pair)} has lost an end`),
    ...added.map((pair) => `connection ${ends(pair)} is up`),
  ];
});

const established = ghost('established', ({ before, after, ambiguous }) =>
  setChange(before.get('established'), after.get('established')).added.map((record) => {
    const initial = logText(elementsOf(at(record, 'initial')), ambiguous);
    return `epoch ${textOf(at(record, 'epoch'))} is established, initial history ${initial}`;
  }),
);

const broadcast = ghost('broadcast', ({ before, after, ambiguous }) =>
  setChange(before.get('broadcast'), after.get('broadcast')).added.map(
    (record) => `broadcast: ${txnText(at(record, 'txn'), ambiguous)}`,
  ),
);

const KNOWN: ReadonlyMap<string, Describe> = new Map<string, Describe>([
  ['state', plain('state', 'state')],
  ['zabState', plain('zabState', 'phase')],
  ['leaderOf', plain('leaderOf', 'leader')],
  ['round', plain('round', 'round')],
  ['vote', perServer('vote', (b, a) => [arrow('vote', voteText(b), voteText(a))])],
  ['recvset', votes('recvset', 'vote of')],
  ['outOfElection', votes('outOfElection', 'decision of')],
  ['notes', network('notes', notificationText)],
  [
    'history',
    perServer('history', (b, a, { ambiguous }) => [logChange('history', b, a, ambiguous)]),
  ],
  ['lastCommitted', perServer('lastCommitted', (_b, _a, context, s) => deliveredTexts(s, context))],
  ['memoryLog', memoryLog],
  ['disk', perServer('disk', (b, a, { ambiguous }) => diskTexts(b, a, ambiguous))],
  ['diskQueue', diskQueue],
  ['link', plain('link', 'connection to')],
  [
    'syncCommitted',
    perServer('syncCommitted', (_, a) =>
      numberOf(a) === -1 ? [] : [`told that ${textOf(a)} of its entries are committed`],
    ),
  ],
  ['learners', learners],
  ['newEpoch', plain('newEpoch', 'new epoch')],
  [
    'epochInfos',
    perServer('epochInfos', (b, a) =>
      setTexts('FOLLOWERINFOs', b, a, (info) => textOf(at(info, 'sid'))),
    ),
  ],
  ['ackEpochs', perServer('ackEpochs', (b, a) => setTexts('epoch acknowledged by', b, a, textOf))],
  [
    'ackNewLeader',
    perServer('ackNewLeader', (b, a) => setTexts('NEWLEADER acknowledged by', b, a, textOf)),
  ],
  ['acked', acked],
  ['live', live],
  ['msgs', network('msgs', packetText)],
  ['established', established],
  ['broadcast', broadcast],
  [
    'committedLog',
    ghost('committedLog', ({ before, after, ambiguous }) => [
      logChange(
        'ever delivered:',
        before.get('committedLog'),
        after.get('committedLog'),
        ambiguous,
      ),
    ]),
  ],
  // The first says no more than newEpoch, the second counts failures for the model's bounds.
  ['issuedEpoch', () => []],
  ['count', () => []],
]);

function unknown(variable: string): Describe {
  return ghost(variable, ({ before, after }) => {
    const text = (value: Value) => (value === undefined ? 'nothing' : printValue(value));
    return [arrow(`${variable}:`, text(before.get(variable)), text(after.get(variable)))];
  });
}

/** In the order of the variables in KNOWN, servers first; other specifications' variables last. */
export function changesOf(
  action: string,
  before: TlaState,
  after: TlaState,
  ambiguous: Ambiguous,
): readonly Change[] {
  const servers = serversOf(after);
  const context = { action, before, after, servers, ambiguous };
  const variables = servers.length === 0 ? [] : [...KNOWN.keys()].filter((v) => after.has(v));
  const others = [...after.keys()].filter((v) => servers.length === 0 || !KNOWN.has(v));
  const all = [
    ...variables.flatMap((variable) => KNOWN.get(variable)?.(context) ?? []),
    ...others.flatMap((variable) => unknown(variable)(context)),
  ];
  return [...servers, null].flatMap((server) => all.filter((change) => change.server === server));
}

/** "s1        state LOOKING → LEADING": lines of one server under one name. */
export function changeLines(changes: readonly Change[]): readonly string[] {
  const names = changes.map(({ server }) => (server === null ? '' : serverName(server)));
  const width = Math.max(0, ...names.map((name) => name.length));
  return changes.map(({ text }, i) => {
    const name = names[i] === names[i - 1] ? '' : (names[i] ?? '');
    return width === 0 ? text : `${name.padEnd(width)}  ${text}`;
  });
}
