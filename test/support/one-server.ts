/** One server's core, brought into a phase by events, for tests of single steps. */
import assert from 'node:assert/strict';
import { classify } from '../../src/core/classify.js';
import type { CoreEffect } from '../../src/core/effect.js';
import type { CoreConfig, CoreEvent, DiskContent } from '../../src/core/event.js';
import type { PeerConn, Sid } from '../../src/core/ids.js';
import type { Packet } from '../../src/core/message.js';
import { initialState, reduce } from '../../src/core/reduce.js';
import type { CoreState } from '../../src/core/state.js';
import { zabStateOf } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Notification, ServerState } from '../../src/core/vote.js';
import type { Zxid } from '../../src/core/zxid.js';
import { makeZxid, ZXID_ZERO } from '../../src/core/zxid.js';

export const sid = (n: number): Sid => n as Sid;
export const conn = (n: number): PeerConn => n as PeerConn;
export const zxid = makeZxid;

export function configOf(n: number, change: Partial<CoreConfig> = {}): CoreConfig {
  return {
    sid: sid(n),
    voters: [1, 2, 3].map(sid),
    observers: [sid(4)],
    standalone: false,
    tickTime: 100,
    initLimit: 10,
    syncLimit: 5,
    finalizeWait: 20,
    commitLogCount: 500,
    ...change,
  };
}

export function txnOf(z: Zxid): Txn {
  const body = { type: 'error' as const, err: 0 };
  return { zxid: z, sessionId: 1n as Txn['sessionId'], cxid: z, time: 0, body };
}

export interface Run {
  readonly state: CoreState;
  readonly effects: readonly CoreEffect[];
  readonly names: readonly (string | null)[];
}

/** Feeds events in order; `effects` are those of the last one. */
export function feed(state: CoreState, ...events: readonly CoreEvent[]): Run {
  let run: Run = { state, effects: [], names: [] };
  for (const event of events) {
    const name = classify(run.state, event);
    const [next, effects] = reduce(run.state, event);
    run = { state: next, effects, names: [...run.names, name] };
  }
  return run;
}

export const EMPTY: DiskContent = {
  acceptedEpoch: 0,
  currentEpoch: 0,
  snapshotZxid: ZXID_ZERO,
  log: [],
};
export const boot = (disk: Partial<DiskContent> = {}): CoreEvent => ({
  type: 'start',
  now: 0,
  disk: { ...EMPTY, ...disk },
});
export const packet = (c: number, p: Packet, now = 1): CoreEvent => ({
  type: 'packet',
  conn: conn(c),
  packet: p,
  now,
});
export const persisted = (ticket: number): CoreEvent => ({ type: 'persisted', ticket });
export const opened = (c: number, as: 'leader' | 'learner', now = 1): CoreEvent => ({
  type: 'opened',
  conn: conn(c),
  as,
  now,
});
export function says(
  from: number,
  leader: number,
  state: ServerState,
  change: Partial<Notification> = {},
): CoreEvent {
  const base = { leader: sid(leader), zxid: ZXID_ZERO, peerEpoch: 0, electionEpoch: 1, state };
  return { type: 'notification', from: sid(from), notification: { ...base, ...change }, now: 1 };
}
export const info = (n: number, acceptedEpoch = 0): Packet => ({
  type: n === 4 ? 'OBSERVERINFO' : 'FOLLOWERINFO',
  sid: sid(n),
  acceptedEpoch,
  protocolVersion: 0x1_0000,
  configVersion: 0,
});
export const plain = (
  type: 'DIFF' | 'TRUNC' | 'COMMIT' | 'NEWLEADER' | 'UPTODATE' | 'ACK',
  z: Zxid,
): Packet => ({ type, zxid: z });

/** Server 3 leads: established in epoch 1 with server 1 on connection 11. */
export function leader(change: Partial<CoreConfig> = {}): CoreState {
  const { state } = feed(
    initialState(configOf(3, change)),
    boot(),
    says(1, 3, 'LOOKING'),
    says(2, 3, 'LOOKING'),
    opened(11, 'leader'),
    packet(11, info(1)),
    persisted(1),
    packet(11, { type: 'ACKEPOCH', currentEpoch: 0, lastZxid: ZXID_ZERO }),
    persisted(2),
    packet(11, plain('ACK', zxid(1, 0))),
  );
  assert.equal(zabStateOf(state), 'BROADCAST');
  return state;
}

/** Server `n` learns of server 3 on connection 21: it has sent ACKEPOCH for epoch 1. */
export function learner(n = 1, disk: Partial<DiskContent> = {}): CoreState {
  const { state } = feed(
    initialState(configOf(n)),
    boot(disk),
    says(2, 3, 'FOLLOWING'),
    says(3, 3, 'LEADING'),
    opened(21, 'learner'),
    packet(21, { type: 'LEADERINFO', epoch: 1 }),
    persisted(1),
  );
  assert.equal(zabStateOf(state), 'SYNCHRONIZATION');
  return state;
}

/** The same in BROADCAST. */
export function serving(n = 1): CoreState {
  const { state } = feed(
    learner(n),
    packet(21, plain('DIFF', ZXID_ZERO)),
    packet(21, plain('NEWLEADER', zxid(1, 0))),
    persisted(2),
    packet(21, plain('UPTODATE', zxid(1, 0))),
  );
  assert.equal(zabStateOf(state), 'BROADCAST');
  return state;
}

export function typesOf({ effects }: Run): string[] {
  return effects.map((effect) => (effect.type === 'send' ? effect.packet.type : effect.type));
}

export function closes(run: Run): string | undefined {
  return run.effects.flatMap((effect) => (effect.type === 'close' ? [effect.reason] : []))[0];
}
