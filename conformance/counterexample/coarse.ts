/**
 * Steps of a model that does a durable write in the step that asks for it (coarse), as a trace has
 * them: the step, and then each write as it is done.
 */
import { commonLength } from './ensemble.js';
import type { Ensemble, Parts, Shows } from './ensemble.js';
import type { StateView } from './state-view.js';
import type { TraceEvent, TraceSent, TraceWrite } from '../trace/schema.js';

const EPOCH_WRITES = ['acceptedEpoch', 'currentEpoch'];

/** What leads from one state to the next: who, with whom. */
export interface Step {
  readonly action: string;
  readonly i: number;
  readonly j: number;
  readonly before: StateView;
  readonly after: StateView;
}

/** Coarse: what the disk shows to have been written, in the order in which it was asked for. */
export function writesDone({ action, i, j, before, after }: Step): readonly TraceWrite[] {
  const [old, now] = [before.disk(i), after.disk(i)];
  const writes: TraceWrite[] = [];
  if (old.acceptedEpoch !== now.acceptedEpoch) {
    writes.push({ op: 'acceptedEpoch', epoch: now.acceptedEpoch });
  }
  let kept = commonLength(old.log, now.log);
  let epoch = old.currentEpoch === now.currentEpoch ? null : now.currentEpoch;
  if (action === 'FollowerProcessNEWLEADER') {
    const queue = before.packets(j, i);
    const [first] = queue;
    if (first !== undefined && 'zxid' in first && first.type !== 'DIFF') {
      const op = first.type === 'SNAP' ? 'install' : 'truncate';
      const { zxid } = first;
      writes.push({ op, zxid });
      kept = now.log.filter(([e, c]) => e < zxid[0] || (e === zxid[0] && c <= zxid[1])).length;
    }
    const last = queue.find(({ type }) => type === 'NEWLEADER');
    // Written again, if it was in this epoch before.
    if (last !== undefined && 'zxid' in last && last.zxid[0] === now.currentEpoch) {
      epoch = now.currentEpoch;
    }
  }
  for (const txn of now.log.slice(kept)) writes.push({ op: 'append', txn });
  if (epoch !== null) writes.push({ op: 'currentEpoch', epoch });
  return writes;
}

/** The step asks for the writes; then each is done. What waits for them is sent with the last. */
export function emitCoarse(
  ensemble: Ensemble,
  { action, i, before, after }: Step,
  event: TraceEvent,
  writes: readonly TraceWrite[],
  packets: readonly TraceSent[],
): void {
  const proposes = action === 'LeaderPropose';
  const leads = after.role(i) === 'LEADING';
  const committed = ensemble.server(i).committed;
  const earlier: Shows = leads
    ? {
        zabState: before.zabState(i) as NonNullable<Shows['zabState']>,
        ackNewLeader: before.ackNewLeader(i),
        ...(action === 'LeaderProcessACKEPOCH' ? {} : { ackEpochs: before.ackEpochs(i) }),
        ...(proposes ? {} : { committed }),
      }
    : {};
  ensemble.emit(after, i, action, event, {
    sent: proposes ? packets : [],
    writes,
    shows: earlier,
  });
  const server = ensemble.server(i);
  const who = leads ? 'Leader' : 'Follower';
  writes.forEach((write, n) => {
    const last = n === writes.length - 1;
    const isEpoch = EPOCH_WRITES.includes(write.op);
    const name = isEpoch ? write.op.replace(/^./, (c) => c.toUpperCase()) : 'Log';
    if ('epoch' in write) {
      if (write.op === 'acceptedEpoch') server.acceptedEpoch = write.epoch;
      else server.currentEpoch = write.epoch;
    }
    const [first, ...rest] = server.pending;
    server.pending = rest;
    const done: TraceEvent = { type: 'persisted', ticket: first?.ticket ?? 0 };
    const parts: Parts = {
      sent: last && !proposes ? packets : [],
      shows: last ? {} : earlier,
    };
    ensemble.emit(after, i, `${who}Persist${name}`, done, parts);
  });
}
