/**
 * Reads the metrics of ZAB and of the tree off the core's steps. Reads cause no step of the core:
 * their path does not come by here. Latencies are against a transaction's own time, which is its
 * leader's clock, as Apache's are (`Request.logLatency`).
 */
import type { PeerConn } from '../../core/ids.js';
import type { Packet } from '../../core/message.js';
import type { CoreState } from '../../core/state.js';
import { zabStateOf } from '../../core/state.js';
import type { Txn, TxnBody } from '../../core/txn.js';
import { counterOf } from '../../core/zxid.js';
import type { CoreStep, MemberEffect, MemberStep } from '../../server/member.js';
import { countUpTo, entryAt } from '../../core/history.js';
import type { BufferStats } from '../client-stats.js';
import { encodedTxn } from '../storage/txn-bytes.js';
import { topNamespace } from './request-meter.js';
import type { ServerMetrics } from './server-metrics.js';

/** Of so many acknowledgements one is measured. */
const ACK_EVERY = 1000;

export class StepMeter {
  readonly #metrics: ServerMetrics;
  readonly #proposals: BufferStats;
  readonly #now: () => number;
  readonly #wallClock: () => number;
  /** When the server began to look for a leader, when it found one, and when it last served. */
  #lookingSince = 0;
  #electedAt = 0;
  #downSince: number;

  constructor(
    metrics: ServerMetrics,
    proposals: BufferStats,
    now: () => number,
    wallClock: () => number,
  ) {
    this.#metrics = metrics;
    this.#proposals = proposals;
    this.#now = now;
    this.#wallClock = wallClock;
    this.#downSince = now();
  }

  stepped({ steps, effects }: MemberStep): void {
    if (steps.length === 0) return;
    for (const step of steps) this.#step(step);
    this.#watches(effects);
  }

  #step(step: CoreStep): void {
    const { before, event, after, effects } = step;
    const metrics = this.#metrics;
    switch (event.type) {
      case 'propose':
        this.#proposed(event.txn);
        break;
      case 'packet':
        this.#packet(event.packet, event.conn, before);
        break;
    }
    for (const effect of effects) {
      switch (effect.type) {
        case 'deliver':
          this.#delivered(effect.txn, after);
          break;
        case 'send':
          if (effect.packet.type === 'DIFF' || effect.packet.type === 'TRUNC') {
            metrics.diffCount.add();
            metrics.inflightDiffCount.add(1);
          }
          break;
        case 'sendSnapshot':
          metrics.snapCount.add();
          metrics.inflightSnapCount.add(1);
          break;
        case 'revalidate':
          if (effect.conn !== null) metrics.revalidateCount.add();
          break;
      }
    }
    if (before.peer !== after.peer) this.#moved(before, after);
  }

  #proposed(txn: Txn): void {
    const metrics = this.#metrics;
    metrics.proposalCount.add();
    metrics.prepProcessorQueued.add();
    metrics.outstandingChangesQueued.add();
    metrics.syncProcessorQueued.add();
    this.#proposals.add(encodedTxn(txn).length);
    // A client's own request has a number; expiry has none.
    if (txn.body.type === 'closeSession' && txn.cxid === 0) metrics.staleSessionsExpired.add();
  }

  #packet(packet: Packet, conn: PeerConn, { log: { history }, peer }: CoreState): void {
    const metrics = this.#metrics;
    switch (packet.type) {
      case 'PROPOSAL':
        metrics.learnerProposalReceivedCount.add();
        metrics.syncProcessorQueued.add();
        metrics.proposalLatency.add(this.#since(packet.txn));
        return;
      case 'INFORM':
        metrics.learnerCommitReceivedCount.add();
        metrics.syncProcessorQueued.add();
        metrics.commitPropagationLatency.add(this.#since(packet.txn));
        return;
      case 'COMMIT': {
        metrics.learnerCommitReceivedCount.add();
        const txn = entryAt(history, countUpTo(history, packet.zxid) - 1);
        if (txn !== undefined) metrics.commitPropagationLatency.add(this.#since(txn));
        return;
      }
      case 'ACK': {
        // Apache: `leader.ackLoggingFrequency`.
        if (counterOf(packet.zxid) === 0 || packet.zxid % ACK_EVERY !== 0) return;
        const txn = entryAt(history, countUpTo(history, packet.zxid) - 1);
        if (txn === undefined || peer.state !== 'LEADING') return;
        const learner = peer.handlers.find((handler) => handler.conn === conn);
        metrics.ackLatency.add(String(learner?.sid ?? -1), this.#since(txn));
      }
    }
  }

  #delivered(txn: Txn, { peer }: CoreState): void {
    const metrics = this.#metrics;
    if (peer.state === 'LEADING' || peer.state === 'STANDALONE') {
      metrics.outstandingChangesRemoved.add();
    }
    if (peer.state === 'LEADING') {
      metrics.commitCount.add();
      metrics.quorumAckLatency.add(this.#since(txn));
    }
    metrics.propagationLatency.add(this.#since(txn));
    this.#written(txn.body);
  }

  /** ms since the transaction was made. */
  #since({ time }: Txn): number {
    return Math.max(0, this.#wallClock() - time);
  }

  #written(body: TxnBody): void {
    switch (body.type) {
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL':
      case 'setData': {
        const bytes = body.path.length + (body.data?.length ?? 0);
        this.#writtenAt(body.path, bytes);
        return;
      }
      case 'delete':
      case 'deleteContainer':
        this.#writtenAt(body.path, body.path.length);
        return;
      case 'multi':
        for (const part of body.ops) this.#written(part);
    }
  }

  #writtenAt(path: string, bytes: number): void {
    const namespace = topNamespace(path);
    if (namespace !== '') this.#metrics.writePerNamespace.add(namespace, bytes);
  }

  /** How many hear of each event: those of one event stand together. */
  #watches(effects: readonly MemberEffect[]): void {
    for (let i = 0; i < effects.length;) {
      const first = effects[i];
      if (first?.type !== 'watchEvent') {
        i += 1;
        continue;
      }
      let end = i + 1;
      for (let next = effects[end]; next?.type === 'watchEvent'; next = effects[++end]) {
        if (next.path !== first.path || next.event !== first.event) break;
      }
      this.#watchesOf(first.event).add(end - i);
      i = end;
    }
  }

  #watchesOf(event: number) {
    const metrics = this.#metrics;
    const { nodeCreatedWatcher, nodeDeletedWatcher } = metrics;
    if (event === 1) return nodeCreatedWatcher;
    if (event === 2) return nodeDeletedWatcher;
    return event === 3 ? metrics.nodeChangedWatcher : metrics.nodeChildrenWatcher;
  }

  /** From one phase to another. */
  #moved(before: CoreState, after: CoreState): void {
    const { state: from } = before.peer;
    const { state: to } = after.peer;
    const [zabFrom, zabTo] = [zabStateOf(before), zabStateOf(after)];
    if (from === to && zabFrom === zabTo) return;
    const metrics = this.#metrics;
    const now = this.#now();
    if (to === 'LOOKING' && from !== 'LOOKING') {
      metrics.lookingCount.add();
      this.#lookingSince = now;
    }
    if (from === 'LOOKING' && to !== 'LOOKING') {
      metrics.electionTime.add(now - this.#lookingSince);
      this.#electedAt = now;
    }
    if (zabFrom === 'BROADCAST') this.#downSince = now;
    if (zabTo !== 'BROADCAST' || to === 'STANDALONE') return;
    metrics.unavailableTime.add(now - this.#downSince);
    if (to === 'LEADING') metrics.leaderUnavailableTime.add(now - this.#downSince);
    if (to === 'FOLLOWING') metrics.followerSyncTime.add(now - this.#electedAt);
    if (to === 'OBSERVING') metrics.observerSyncTime.add(now - this.#electedAt);
  }
}
