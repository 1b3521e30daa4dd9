/** Writes traces as a TLA+ module that extends ZabTrace and defines what ZabTrace.cfg asks for. */
import { quoteString } from '../tla2tools-runner/index.js';
import type { ModelLine, ModelTrace } from './resolve.js';
import type {
  TraceDisk,
  TraceNotification,
  TracePacket,
  TracePost,
  TraceTxn,
  TraceVote,
  TraceWrite,
  TraceZxid,
} from './schema.js';

/** As in ZabTrace.cfg: no server's id. */
const NO_SERVER = 1_000_000;
export const RUN_MODULE = 'ZabTraceRun';
export const DATA_MODULE = 'ZabTraceData';

type Fields = Readonly<Record<string, string>>;

function record(fields: Fields): string {
  const parts = Object.entries(fields).map(([name, value]) => `${name} |-> ${value}`);
  return `[${parts.join(', ')}]`;
}

function sequence(items: readonly string[]): string {
  return `<<${items.join(', ')}>>`;
}

function set(items: readonly string[]): string {
  return `{${items.join(', ')}}`;
}

/** A function from servers. */
function byServer(entries: readonly (readonly [number, string])[]): string {
  if (entries.length === 0) return '<<>>';
  return `(${entries.map(([sid, value]) => `${sid} :> ${value}`).join(' @@ ')})`;
}

function bool(value: boolean): string {
  return value ? 'TRUE' : 'FALSE';
}

function zxid([epoch, counter]: TraceZxid): string {
  return `<<${epoch}, ${counter}>>`;
}

function txn([epoch, counter, digest]: TraceTxn): string {
  return `[epoch |-> ${epoch}, counter |-> ${counter}, value |-> ${quoteString(digest)}]`;
}

function vote(v: TraceVote | null): string {
  if (v === null) {
    return record({ leader: String(NO_SERVER), zxid: '<<-1, -1>>', peerEpoch: '-1' });
  }
  return record({ leader: String(v.leader), zxid: zxid(v.zxid), peerEpoch: String(v.peerEpoch) });
}

function note(n: TraceNotification): string {
  return record({ state: quoteString(n.state), round: String(n.round), vote: vote(n.vote) });
}

function packet(p: TracePacket): string {
  const type = quoteString(p.type);
  switch (p.type) {
    case 'FOLLOWERINFO':
    case 'OBSERVERINFO':
      return record({ type, acceptedEpoch: String(p.acceptedEpoch) });
    case 'LEADERINFO':
      return record({ type, epoch: String(p.epoch) });
    case 'ACKEPOCH':
      return record({ type, currentEpoch: String(p.currentEpoch), lastZxid: zxid(p.lastZxid) });
    case 'PROPOSAL':
    case 'INFORM':
      return record({ type, txn: txn(p.txn) });
    case 'PING':
    case 'REQUEST':
    case 'REVALIDATE':
    case 'SYNC':
      return record({ type });
    default:
      return record({ type, zxid: zxid(p.zxid) });
  }
}

function write(w: TraceWrite): string {
  const op = quoteString(w.op);
  switch (w.op) {
    case 'append':
      return record({ op, txn: txn(w.txn) });
    case 'truncate':
    case 'install':
      return record({ op, zxid: zxid(w.zxid) });
    default:
      return record({ op, epoch: String(w.epoch) });
  }
}

/** The fields of Shown(i) in ZabTrace. */
export function postToTla(p: TracePost): Fields {
  return {
    state: quoteString(p.state),
    zabState: quoteString(p.zabState),
    leader: String(p.leader ?? NO_SERVER),
    round: String(p.round),
    vote: vote(p.vote),
    acceptedEpoch: String(p.acceptedEpoch),
    currentEpoch: String(p.currentEpoch),
    lastZxid: zxid(p.lastZxid),
    lastCommitted: zxid(p.lastCommitted),
    pending: String(p.pending),
    newEpoch: String(p.newEpoch),
    ackEpochs: set(p.ackEpochs.map(String)),
    ackNewLeader: set(p.ackNewLeader.map(String)),
  };
}

function line(l: ModelLine): string {
  const { event, post: after, persisted, server } = l.source.line;
  const change = after.history;
  const fields: Record<string, string> = {
    server: String(server),
    action: quoteString(l.action),
    peer: String(l.peer),
    post: record(postToTla(after)),
    changed: bool(change !== null || event.type === 'start'),
    keep: zxid(event.type === 'start' ? event.disk.snapshotZxid : (change?.keep ?? [0, 0])),
    append: sequence((event.type === 'start' ? event.disk.log : (change?.append ?? [])).map(txn)),
    delivered: sequence(after.delivered.map(zxid)),
    writes: sequence(persisted.map((p) => write(p.write))),
    sent: byServer([...l.sent].map(([to, ps]) => [to, sequence(ps.map(packet))])),
    notes: byServer([...l.notes].map(([to, ns]) => [to, sequence(ns.map(note))])),
    durable: String(l.durable),
    kept: String(l.kept),
    resent: bool(l.resent),
  };
  if (l.packet !== null) fields['packet'] = packet(l.packet);
  if (l.note !== null) fields['note'] = note(l.note);
  if (event.type === 'propose') fields['value'] = quoteString(event.txn[2]);
  if (event.type === 'start') {
    fields['disk'] = record({
      acceptedEpoch: String(event.disk.acceptedEpoch),
      currentEpoch: String(event.disk.currentEpoch),
      snapshotZxid: zxid(event.disk.snapshotZxid),
      log: sequence(event.disk.log.map(txn)),
    });
  }
  return record(fields);
}

function zxidOrder(
  a: readonly [number, number, ...unknown[]],
  b: readonly [number, number, ...unknown[]],
): number {
  return a[0] - b[0] || a[1] - b[1];
}

/**
 * The disks at first, as whole logs. What is only in a snapshot is taken from the logs of the
 * others; an entry that nobody shows is a stand-in without a digest at the snapshot's zxid.
 */
export function initialLogs(
  disks: ReadonlyMap<number, TraceDisk>,
): ReadonlyMap<number, readonly TraceTxn[]> {
  const known = new Map<string, TraceTxn>();
  for (const { log } of disks.values()) for (const t of log) known.set(`${t[0]} ${t[1]}`, t);
  for (const {
    snapshotZxid: [epoch, counter],
  } of disks.values()) {
    const key = `${epoch} ${counter}`;
    if (counter > 0 && !known.has(key)) known.set(key, [epoch, counter, '']);
  }
  const all = [...known.values()].sort(zxidOrder);
  const logs = new Map<number, readonly TraceTxn[]>();
  for (const [sid, { snapshotZxid, log }] of disks) {
    const inSnapshot = all.filter((t) => zxidOrder(t, snapshotZxid) <= 0);
    logs.set(sid, [...inSnapshot, ...log]);
  }
  return logs;
}

function initialDisk(disk: TraceDisk | undefined, log: readonly TraceTxn[]): string {
  return record({
    acceptedEpoch: String(disk?.acceptedEpoch ?? 0),
    currentEpoch: String(disk?.currentEpoch ?? 0),
    snapshot: String(log.length - (disk?.log.length ?? 0)),
    log: sequence(log.map(txn)),
  });
}

/** The module to run. */
export const RUN_TEXT = `---- MODULE ${RUN_MODULE} ----\nEXTENDS ${DATA_MODULE}, ZabTrace\n====\n`;

/**
 * The module with the traces of ensembles with the same members, of which there is at least one.
 * It comes before ZabTrace, on which it does not depend: so TLC has evaluated it when it looks at
 * ZabTrace, which refers to it everywhere. (Looking through it each time took longer than the run.)
 * `explainLine`: print what happens at this line (from 1) of the only trace; 0: nothing.
 */
export function dataModule(traces: readonly ModelTrace[], explainLine = 0): string {
  const { voters = [], observers = [] } = traces[0] ?? {};
  const members = [...voters, ...observers];
  const disks = traces.map((trace) => {
    const logs = initialLogs(trace.disks);
    return byServer(
      members.map((sid) => [sid, initialDisk(trace.disks.get(sid), logs.get(sid) ?? [])]),
    );
  });
  return [
    `---- MODULE ${DATA_MODULE} ----`,
    'EXTENDS Integers, TLC',
    `RunServers == ${set(members.map(String))}`,
    `RunObservers == ${set(observers.map(String))}`,
    `RunExplainLine == ${explainLine}`,
    `RunInitialDisks == ${sequence(disks)}`,
    ...traces.map((trace, t) => `RunTrace${t + 1} == <<\n${trace.lines.map(line).join(',\n')}\n>>`),
    `RunTraces == ${sequence(traces.map((_, t) => `RunTrace${t + 1}`))}`,
    '====',
    '',
  ].join('\n');
}
