/**
 * Writes traces as the TLA+ module that spec/ZabTrace.tla reads: the lines (spec/TraceLine.tla has
 * their fields) as a forest, so that traces which begin alike, as a trace and its corruptions do,
 * share what they have in common.
 */
import { quoteString } from '../tla2tools-runner/index.js';
import { Pool } from './pool.js';
import type { Ref } from './pool.js';
import type { ModelLine, ModelTrace } from './resolve.js';
import { growForest } from './forest.js';
import type { Forest } from './forest.js';
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

/**
 * A function from servers, or from places in a forest. In halves of halves: TLC's stack is as deep
 * as an expression.
 */
function functionOf(entries: readonly (readonly [number, string])[]): string {
  const [first] = entries;
  if (first === undefined) return '<<>>';
  if (entries.length === 1) return `(${first[0]} :> ${first[1]})`;
  if (entries.length <= 8) {
    return `(${entries.map(([key, value]) => `${key} :> ${value}`).join(' @@ ')})`;
  }
  const half = entries.length >> 1;
  return `(${functionOf(entries.slice(0, half))} @@ ${functionOf(entries.slice(half))})`;
}

const NOTHING: Fields = {};

/** The names of what the lines of a trace leave out, within `post` or beside it. */
function openFields(line: ModelLine | undefined): readonly string[] {
  const { omitted = [] } = line?.source.line ?? {};
  return omitted.map((name) => name.replace('post.', ''));
}

function without(fields: Fields, open: readonly string[]): Fields {
  if (open.length === 0) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !open.includes(name)));
}

/** Puts the parts of lines into a pool. */
class Writer {
  readonly pool = new Pool();
  /** Of each server, the fields of its line before. */
  private shown = new Map<number, Fields>();

  /** The lines that follow are another trace's. */
  startTrace(): void {
    this.shown = new Map();
  }

  private put(text: string): Ref {
    return this.pool.put(text);
  }

  zxid([epoch, counter]: TraceZxid): Ref {
    return this.put(`<<${epoch}, ${counter}>>`);
  }

  txn([epoch, counter, digest]: TraceTxn): Ref {
    return this.put(`T(${epoch}, ${counter}, ${quoteString(digest)})`);
  }

  vote(v: TraceVote | null): Ref {
    const leader = String(v?.leader ?? NO_SERVER);
    const zxid = v === null ? '<<-1, -1>>' : this.zxid(v.zxid);
    return this.put(record({ leader, zxid, peerEpoch: String(v?.peerEpoch ?? -1) }));
  }

  note(n: TraceNotification): Ref {
    const { state, round } = n;
    return this.put(
      record({ state: quoteString(state), round: String(round), vote: this.vote(n.vote) }),
    );
  }

  packet(p: TracePacket): Ref {
    return this.put(record({ type: quoteString(p.type), ...this.packetFields(p) }));
  }

  private packetFields(p: TracePacket): Fields {
    switch (p.type) {
      case 'FOLLOWERINFO':
      case 'OBSERVERINFO':
        return { acceptedEpoch: String(p.acceptedEpoch) };
      case 'LEADERINFO':
        return { epoch: String(p.epoch) };
      case 'ACKEPOCH':
        return { currentEpoch: String(p.currentEpoch), lastZxid: this.zxid(p.lastZxid) };
      case 'PROPOSAL':
      case 'INFORM':
        return { txn: this.txn(p.txn) };
      case 'PING':
      case 'REQUEST':
      case 'REVALIDATE':
      case 'SYNC':
        return {};
      default:
        return { zxid: this.zxid(p.zxid) };
    }
  }

  write(w: TraceWrite): Ref {
    const op = quoteString(w.op);
    switch (w.op) {
      case 'append':
        return this.put(record({ op, txn: this.txn(w.txn) }));
      case 'truncate':
      case 'install':
        return this.put(record({ op, zxid: this.zxid(w.zxid) }));
      default:
        return this.put(record({ op, epoch: String(w.epoch) }));
    }
  }

  /** The fields of Shown(i) in ZabTrace. */
  post(p: TracePost): Fields {
    return {
      state: quoteString(p.state),
      zabState: quoteString(p.zabState),
      leader: String(p.leader ?? NO_SERVER),
      round: String(p.round),
      vote: this.vote(p.vote),
      acceptedEpoch: String(p.acceptedEpoch),
      currentEpoch: String(p.currentEpoch),
      lastZxid: this.zxid(p.lastZxid),
      lastCommitted: this.zxid(p.lastCommitted),
      pending: String(p.pending),
      newEpoch: String(p.newEpoch),
      ackEpochs: set(p.ackEpochs.map(String)),
      ackNewLeader: set(p.ackNewLeader.map(String)),
    };
  }

  /** The fields that are not as the server's line before had them; without those left out. */
  private change(server: number, p: TracePost, open: readonly string[]): Ref | string {
    const before = this.shown.get(server) ?? NOTHING;
    const after = without(this.post(p), open);
    this.shown.set(server, after);
    const changed = Object.entries(after).filter(
      ([name, value]) => name === 'pending' || before[name] !== value,
    );
    return changed.length === 0 ? '<<>>' : this.put(record(Object.fromEntries(changed)));
  }

  private list(items: readonly string[]): Ref | string {
    return items.length === 0 ? '<<>>' : this.put(sequence(items));
  }

  private byServer<T>(map: ReadonlyMap<number, readonly T[]>, text: (item: T) => string): string {
    if (map.size === 0) return '<<>>';
    const entries = [...map].map(([to, items]) => [to, this.list(items.map(text))] as const);
    return this.put(functionOf(entries));
  }

  private disk(disk: TraceDisk): Ref {
    return this.put(
      record({
        acceptedEpoch: String(disk.acceptedEpoch),
        currentEpoch: String(disk.currentEpoch),
        snapshotZxid: this.zxid(disk.snapshotZxid),
        log: this.list(disk.log.map((t) => this.txn(t))),
      }),
    );
  }

  /** What the event of the line gave the action; 0 if the action takes nothing. */
  private what({ source, packet, note, durable }: ModelLine): string {
    const { event } = source.line;
    if (packet !== null) return this.packet(packet);
    if (note !== null) return this.note(note);
    if (event.type === 'propose') return this.txn(event.txn);
    if (event.type === 'start') return this.disk(event.disk);
    return String(durable);
  }

  line(l: ModelLine): Ref {
    const { event, post: after, persisted, server } = l.source.line;
    const changed =
      event.type === 'start'
        ? { keep: event.disk.snapshotZxid, append: event.disk.log }
        : after.history;
    const history =
      changed === null
        ? []
        : [
            this.put(
              record({
                keep: this.zxid(changed.keep),
                append: this.list(changed.append.map((t) => this.txn(t))),
              }),
            ),
          ];
    const fields = [
      String(server),
      quoteString(l.action),
      String(l.peer),
      this.what(l),
      String(l.note === null ? l.kept : Number(l.resent)),
      this.change(server, after, openFields(l)),
      this.list(history),
      this.list(after.delivered.map((z) => this.zxid(z))),
      this.list(persisted.map((p) => this.write(p.write))),
      this.byServer(l.sent, (p) => this.packet(p)),
      this.byServer(l.notes, (n) => this.note(n)),
      set(l.lost.map(String)),
    ];
    return this.put(`L(${fields.join(', ')})`);
  }

  initialDisks({ disks, voters, observers }: ModelTrace): string {
    const logs = initialLogs(disks);
    return functionOf(
      [...voters, ...observers].map((sid) => {
        const disk = disks.get(sid);
        const log = logs.get(sid) ?? [];
        const fields = {
          acceptedEpoch: String(disk?.acceptedEpoch ?? 0),
          currentEpoch: String(disk?.currentEpoch ?? 0),
          snapshot: String(log.length - (disk?.log.length ?? 0)),
          log: sequence(log.map((t) => this.txn(t))),
        };
        return [sid, record(fields)];
      }),
    );
  }
}

/** The fields of Shown(i) in ZabTrace that a line tells, as text of their own. */
export function postToTla(line: ModelLine): Fields {
  const writer = new Writer();
  const told = without(writer.post(line.source.line.post), openFields(line));
  const fields = Object.entries(told);
  const { resolve } = writer.pool.definitions([]);
  return Object.fromEntries(fields.map(([name, text]) => [name, resolve(text)]));
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

/** The module to run. */
export const RUN_TEXT = `---- MODULE ${RUN_MODULE} ----\nEXTENDS ${DATA_MODULE}, ZabTrace\n====\n`;

export interface DataModule {
  readonly text: string;
  /** For each trace, its lines' places in the forest; idle lines have none: 0. */
  readonly paths: Forest['paths'];
}

/**
 * The module with the traces of ensembles with the same members and the same fields left out, of
 * which there is at least one.
 * It comes before ZabTrace, on which it does not depend: so TLC has evaluated it when it looks at
 * ZabTrace, which refers to it everywhere. (Looking through it each time took longer than the run.)
 * `explainLast`: print what happens at the last line of the only trace.
 */
export function dataModule(traces: readonly ModelTrace[], explainLast = false): DataModule {
  const { voters = [], observers = [] } = traces[0] ?? {};
  const writer = new Writer();
  const forest = growForest(
    traces.map((trace) => {
      writer.startTrace();
      const told = trace.lines.filter(({ idle }) => !idle);
      return { root: writer.initialDisks(trace), lines: told.map((l) => writer.line(l)) };
    }),
  );
  const paths = traces.map(({ lines }, i) => {
    let next = 0;
    return lines.map(({ idle }) => (idle ? 0 : forest.paths[i]![next++]!));
  });
  const { lines: definitions, resolve } = writer.pool.definitions([
    ...forest.roots.keys(),
    ...forest.nodes,
  ]);
  const roots = [...forest.roots].map(([disks, first]) =>
    record({ disks: resolve(disks), first: set(first.map(String)) }),
  );
  const text = [
    `---- MODULE ${DATA_MODULE} ----`,
    'EXTENDS TraceLine',
    `RunServers == ${set([...voters, ...observers].map(String))}`,
    `RunObservers == ${set(observers.map(String))}`,
    `RunExplainLine == ${explainLast ? forest.nodes.length : 0}`,
    `RunOpen == ${set(openFields(traces[0]?.lines[0]).map(quoteString))}`,
    ...definitions,
    `Roots0 == ${sequence(roots)}`,
    `Nodes0 == <<\n${forest.nodes.map(resolve).join(',\n')}\n>>`,
    `Forks0 == ${functionOf([...forest.forks].map(([n, to]) => [n, set(to.map(String))]))}`,
    `Ends0 == ${set(forest.ends.map(String))}`,
    // TLC evaluates a definition once, but one that stands for a constant each time it is used.
    'RunRoots == Roots0',
    'RunNodes == Nodes0',
    'RunForks == Forks0',
    'RunEnds == Ends0',
    `RunOnlyOne == ${traces.length === 1 ? 'TRUE' : 'FALSE'}`,
    '====',
    '',
  ].join('\n');
  return { text, paths };
}
