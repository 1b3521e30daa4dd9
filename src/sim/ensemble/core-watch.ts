/**
 * The properties of the specification over a running ensemble, under their names in
 * spec/Properties.tla, each looked at where a step can break it: so a step costs no more with a long
 * history than with a short one.
 *
 * What makes it cheap: an entry with a zxid has one transaction and one predecessor, wherever and
 * whenever it stands (LogMatching, checked as each entry is appended, in memory and on disk). So a
 * log that holds an entry holds all that comes before it, and a place in the committed sequence is
 * one zxid.
 */
import { at } from '../../core/chunked.js';
import type { CoreEffect } from '../../core/effect.js';
import { contains } from '../../core/history.js';
import type { Sid } from '../../core/ids.js';
import type { Packet } from '../../core/message.js';
import type { CoreState } from '../../core/state.js';
import type { Txn } from '../../core/txn.js';
import { ZXID_ZERO, epochOf, zxidToHex, type Zxid } from '../../core/zxid.js';
import { encodeTxn } from '../../jute/txn.js';
import { createWriter } from '../../jute/writer.js';
import type { CoreStep } from '../../server/member.js';
import { isDurable } from '../durable.js';
import type { Write } from './disk.js';
import { show } from './history.js';
import type { SimServer } from './server.js';
import { must } from './violation.js';

const writer = createWriter(4096);

/** Why a server may close a quorum connection: silence, a newer one, or the other is ahead of it. */
const CLOSES =
  /silent for too long|^nothing from the leader|connected anew|follower is ahead|^no quorum of|does not lead|not wanted any more|^epoch \d+ is over/;

interface Entry {
  readonly txn: Txn;
  /** The entry before it in every log. */
  readonly after: Zxid;
}

/** What is remembered of a server from step to step. */
interface Seen {
  /** Last of its history in memory, and on its disk. */
  last: Zxid;
  diskLast: Zxid;
  /** How much of the committed sequence it has applied. */
  applied: number;
}

export class CoreWatch {
  /** Everything that any server ever applied, in order. */
  readonly committed: Txn[] = [];
  /** Each established epoch: who leads it, and how long its initial history is. */
  readonly established = new Map<number, { readonly sid: Sid; readonly length: number }>();
  readonly #places = new Map<Zxid, number>();
  readonly #entries = new Map<Zxid, Entry>();
  readonly #proposed = new Map<number, Zxid>();
  readonly #seen = new Map<Sid, Seen>();

  constructor(
    readonly servers: ReadonlyMap<Sid, SimServer>,
    readonly voters: readonly Sid[],
    readonly onCommit: (txn: Txn) => void,
  ) {}

  get lastCommitted(): Zxid {
    return this.committed.at(-1)?.zxid ?? ZXID_ZERO;
  }

  #of(server: SimServer): Seen {
    const known = this.#seen.get(server.sid);
    if (known !== undefined) return known;
    const seen = { last: ZXID_ZERO, diskLast: ZXID_ZERO, applied: 0 };
    this.#seen.set(server.sid, seen);
    return seen;
  }

  /** One step of a core, before its effects are carried out. */
  stepped(server: SimServer, step: CoreStep): void {
    const { before, event, after, effects } = step;
    const seen = this.#of(server);
    if (event.type === 'start') {
      const { snapshotZxid } = event.disk;
      seen.last = server.disk.lastZxid;
      seen.applied = this.#placeAfter(server, snapshotZxid);
    }
    for (const effect of effects) this.#effect(server, seen, effect);
    const who = `server ${server.sid}`;
    const { log, epochs } = after;
    must(log.history.last === seen.last, 'TypeOK', () => {
      return `${who}: history ends at ${zxidToHex(log.history.last)}, written: ${zxidToHex(seen.last)}`;
    });
    must(epochs.current <= epochs.accepted, 'EpochOrder', () => `${who}: currentEpoch is ahead`);
    must(log.lastCommitted <= log.history.last, 'TypeOK', () => `${who}: lastCommitted`);
    must(this.#zxidAt(seen.applied - 1) === log.lastCommitted, 'Integrity', () => {
      return `${who} has applied ${seen.applied}, lastCommitted ${zxidToHex(log.lastCommitted)}`;
    });
    if (before.peer.state !== 'DOWN') this.#fromStepToStep(who, before, after);
    this.#leader(server, seen, before, after);
    this.#learner(server, before, after);
  }

  #zxidAt(place: number): Zxid {
    return this.committed[place]?.zxid ?? ZXID_ZERO;
  }

  /** How much of the committed sequence the state at `zxid` holds. */
  #placeAfter(server: SimServer, zxid: Zxid): number {
    if (zxid === ZXID_ZERO) return 0;
    const place = this.#places.get(zxid);
    must(place !== undefined, 'SnapshotsAreCommitted', () => {
      return `server ${server.sid} has a snapshot of ${zxidToHex(zxid)}`;
    });
    return place! + 1;
  }

  #fromStepToStep(who: string, before: CoreState, after: CoreState): void {
    const sane =
      after.epochs.accepted >= before.epochs.accepted &&
      after.epochs.current >= before.epochs.current;
    must(sane, 'MonotoneEpochs', () => who);
    must(after.log.lastCommitted >= before.log.lastCommitted, 'MonotoneCommit', () => who);
  }

  #effect(server: SimServer, seen: Seen, effect: CoreEffect): void {
    const who = `server ${server.sid}`;
    switch (effect.type) {
      case 'persist': {
        const { write } = effect;
        if (write.op === 'append') {
          this.#entry(write.txn, seen.last, who);
          seen.last = write.txn.zxid;
        } else if (write.op === 'truncate') seen.last = write.zxid;
        else if (write.op === 'install') seen.last = write.snapshot.zxid;
        return;
      }
      case 'send':
        return this.#acknowledged(server, effect.packet);
      case 'installed':
        seen.applied = this.#placeAfter(server, effect.snapshot.zxid);
        return;
      case 'deliver':
        return this.#delivered(seen, effect.txn, who);
      case 'close':
        // PacketsFitRoles: no member sends what another must refuse.
        return must(CLOSES.test(effect.reason), 'PacketsFitRoles', () => {
          return `${who} closes a connection: ${effect.reason}`;
        });
      default:
    }
  }

  /** LogsIncrease and LogMatching: `txn` stands behind `after` in a log. */
  #entry(txn: Txn, after: Zxid, where: string): void {
    const { zxid } = txn;
    const what = (): string => `${where}: ${zxidToHex(zxid)} after ${zxidToHex(after)}`;
    must(zxid > after, 'LogsIncrease', what);
    const known = this.#entries.get(zxid);
    if (known === undefined) this.#entries.set(zxid, { txn, after });
    else {
      must(known.after === after && sameTxn(known.txn, txn), 'LogMatching', () => {
        return `${what()}: ${show(txn)}, elsewhere after ${zxidToHex(known.after)}: ${show(known.txn)}`;
      });
    }
  }

  /** Agreement: what a server applies is what was committed, or what is committed by that. */
  #delivered(seen: Seen, txn: Txn, who: string): void {
    const place = seen.applied++;
    const known = this.committed[place];
    if (known !== undefined) {
      must(known.zxid === txn.zxid && sameTxn(known, txn), 'Agreement', () => {
        return `${who} applies ${show(txn)} in place ${place}, where ${show(known)} is`;
      });
      return;
    }
    this.committed.push(txn);
    this.#places.set(txn.zxid, place);
    this.#durable();
    this.onCommit(txn);
  }

  /** CommittedIsDurable: a quorum of voters has everything that was ever committed on its disks. */
  #durable(): void {
    const { lastCommitted } = this;
    let count = 0;
    for (const sid of this.voters) if (this.servers.get(sid)!.disk.holds(lastCommitted)) count++;
    must(2 * count > this.voters.length, 'CommittedIsDurable', () => {
      return `${zxidToHex(lastCommitted)} is committed and on ${count} disks`;
    });
  }

  /** AcksAreDurable: an acknowledgement says what the disk holds. */
  #acknowledged({ sid, disk }: SimServer, packet: Packet): void {
    must(isDurable(packet, disk), 'AcksAreDurable', () => `server ${sid} sends ${show(packet)}`);
  }

  #leader(server: SimServer, seen: Seen, before: CoreState, after: CoreState): void {
    const { peer, log } = after;
    if (peer.state !== 'LEADING' || peer.zab !== 'BROADCAST') return;
    const { epoch } = peer;
    const was = before.peer;
    if (was.state !== 'LEADING' || was.zab !== 'BROADCAST') {
      this.#establishes(server, seen, after, epoch);
    }
    const { last } = log.history;
    if (epochOf(last) !== epoch) return;
    const proposed = this.#proposed.get(epoch) ?? ((epoch * 0x1_0000_0000) as Zxid);
    must(last === proposed || last === proposed + 1, 'LocalPrimaryOrder', () => {
      return `server ${server.sid} proposes ${zxidToHex(last)} after ${zxidToHex(proposed)}`;
    });
    this.#proposed.set(epoch, last);
  }

  #establishes(server: SimServer, seen: Seen, after: CoreState, epoch: number): void {
    const { sid } = server;
    const { log } = after;
    const known = this.established.get(epoch);
    must(known === undefined, 'Leadership', () => {
      return `epoch ${epoch} is established by ${known!.sid} and by ${sid}`;
    });
    must(log.lastCommitted === log.history.last, 'DeliversBeforeBroadcast', () => {
      return `server ${sid} leads epoch ${epoch} before its history is delivered`;
    });
    const length = seen.applied;
    let newest = 0;
    for (const [other, initial] of this.established) {
      newest = Math.max(newest, other);
      const prefix = other < epoch ? initial.length <= length : initial.length >= length;
      must(prefix, 'InitialHistoriesExtend', () => `of epochs ${other} and ${epoch}`);
    }
    must(newest > epoch || length === this.committed.length, 'LeaderCompleteness', () => {
      return `server ${sid} leads epoch ${epoch} with ${length} of ${this.committed.length}`;
    });
    this.established.set(epoch, { sid, length });
    for (const other of this.servers.values()) this.#epochHistory(other);
  }

  /** EpochImpliesHistory: a disk with the currentEpoch of an established leader has its initial history. */
  #epochHistory({ sid, disk }: SimServer): void {
    const length = this.established.get(disk.currentEpoch)?.length ?? 0;
    must(length === 0 || disk.holds(this.#zxidAt(length - 1)), 'EpochImpliesHistory', () => {
      return `server ${sid} is in epoch ${disk.currentEpoch} without ${zxidToHex(this.#zxidAt(length - 1))}`;
    });
  }

  /** FollowsLeader: a learner in BROADCAST has a prefix of its leader's history. */
  #learner(server: SimServer, before: CoreState, after: CoreState): void {
    const { peer, log } = after;
    if (peer.state !== 'FOLLOWING' && peer.state !== 'OBSERVING') return;
    if (peer.zab !== 'BROADCAST' || (before.peer === peer && before.log === log)) return;
    const leader = this.servers.get(peer.vote.leader)?.state?.core;
    if (leader?.peer.state !== 'LEADING' || leader.peer.zab !== 'BROADCAST') return;
    if (leader.peer.epoch !== peer.epoch) return;
    const { history, lastCommitted } = leader.log;
    const { last } = log.history;
    must(last <= history.base || contains(history, last), 'FollowsLeader', () => {
      return `server ${server.sid} has ${zxidToHex(last)}, its leader has not`;
    });
    must(log.lastCommitted <= lastCommitted, 'FollowsLeader', () => {
      return `server ${server.sid} has committed more than its leader`;
    });
  }

  /** Writes have reached a disk. */
  written(server: SimServer, writes: readonly Write[]): void {
    const seen = this.#of(server);
    const { disk, sid } = server;
    for (const { write } of writes) {
      if (write.op === 'append') {
        this.#entry(write.txn, seen.diskLast, `disk of server ${sid}`);
        seen.diskLast = write.txn.zxid;
      } else if (write.op === 'truncate') seen.diskLast = write.zxid;
      else if (write.op === 'install') seen.diskLast = write.snapshot.zxid;
    }
    this.#disk(
      server,
      writes.some(({ write }) => write.op !== 'append'),
    );
    must(disk.lastZxid === seen.diskLast, 'DisksChangeByWrites', () => {
      return `disk of server ${sid} ends at ${zxidToHex(disk.lastZxid)}`;
    });
  }

  /** A disk after a crash: some of what was under way. */
  crashed(server: SimServer): void {
    const { disk } = server;
    const seen = this.#of(server);
    let last = disk.snapshot.zxid;
    for (const txn of disk.log.slice(-64)) {
      const known = this.#entries.get(txn.zxid);
      const same = known !== undefined && sameTxn(known.txn, txn);
      must(same && txn.zxid > last, 'DisksChangeByWrites', () => {
        return `disk of server ${server.sid} has ${show(txn)} after a crash`;
      });
      last = txn.zxid;
    }
    seen.diskLast = disk.lastZxid;
    if (server.config.standalone) this.#forgetAfter(seen.diskLast);
    this.#disk(server, true);
  }

  /** Without epochs the zxids of what was lost and never answered are given out again. */
  #forgetAfter(zxid: Zxid): void {
    for (const lost of this.#entries.keys()) if (lost > zxid) this.#entries.delete(lost);
  }

  #disk(server: SimServer, shrank: boolean): void {
    const { disk, sid } = server;
    must(disk.currentEpoch <= disk.acceptedEpoch, 'EpochOrder', () => {
      return `disk of server ${sid}: currentEpoch is ahead`;
    });
    if (!shrank) return;
    this.#epochHistory(server);
    if (this.committed.length > 0) this.#durable();
  }

  /** TypeOK of what a server believes its disk to hold; for a server whose writes are all done. */
  quiet({ sid, disk, state }: SimServer): void {
    if (state === null || disk.waiting.length + disk.running.length > 0) return;
    const { epochs, log } = state.core;
    const same =
      epochs.durableAccepted === disk.acceptedEpoch &&
      epochs.durableCurrent === disk.currentEpoch &&
      log.history.last === disk.lastZxid &&
      at(log.queue, 0) === undefined;
    must(same, 'MemoryIsDiskToBe', () => `server ${sid}`);
  }
}

function sameTxn(a: Txn, b: Txn): boolean {
  if (a === b) return true;
  return encodeTxn(writer, a).equals(encodeTxn(writer, b));
}
