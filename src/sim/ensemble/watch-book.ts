/**
 * The watches of one session, kept by its client, and what must be true of the events it hears:
 *
 * - WatchesInOrder: an event comes before any reply of a state that has the change.
 * - WatchesOnce: an event tells the first change since the watch was set, of a watch that is set,
 *   and none tells it again.
 *
 * After the session has moved, setWatches tells at once what was missed, and no more than that
 * (Apache: `DataTree.setWatches`).
 */
import type { SetWatchesRequest, WatchingReadRequest } from '../../core/request.js';
import { ErrorCode } from '../../core/error-code.js';
import { ZXID_NONE, zxidToHex, type Zxid } from '../../core/zxid.js';
import type { Happening, Model } from './model.js';
import { must, Violation } from './violation.js';

/** getData and exists set `data`, getChildren sets `child`. */
type Kind = 'data' | 'child';

interface Watch {
  /** The state that its client knew when it was set. */
  since: Zxid;
  /** Set by exists where there was no node. */
  readonly absent: boolean;
}

const KINDS: Readonly<Record<Kind, readonly Happening[]>> = {
  data: ['created', 'deleted', 'data'],
  child: ['deleted', 'children'],
};

/** By the number of an event on the wire. */
const EVENTS: readonly (Happening | null)[] = [null, 'created', 'deleted', 'data', 'children'];

interface Told {
  readonly event: number;
  readonly path: string;
}

export class WatchBook {
  readonly #data = new Map<string, Watch>();
  readonly #child = new Map<string, Watch>();
  /** Asked for on this connection and not answered. */
  #asked: SetWatchesRequest | null = null;
  /** Events without a zxid that came since. */
  #caughtUp: Told[] = [];
  /** How many events came. */
  events = 0;

  constructor(readonly model: Model) {}

  get size(): number {
    return this.#data.size + this.#child.size;
  }

  #of(kind: Kind): Map<string, Watch> {
    return kind === 'data' ? this.#data : this.#child;
  }

  /** A read was answered; it may have set a watch. */
  read(request: WatchingReadRequest, { err, zxid }: { err: number; zxid: Zxid }): void {
    if (!request.watch) return;
    const absent = err === ErrorCode.NONODE;
    if (err !== ErrorCode.OK && !(absent && request.op === 'exists')) return;
    const kind = request.op === 'getData' || request.op === 'exists' ? 'data' : 'child';
    // One that is set already stays: nothing has happened since, or its event would have come.
    if (!this.#of(kind).has(request.path))
      this.#of(kind).set(request.path, { since: zxid, absent });
  }

  /** A reply has told of the state `zxid`: of what happened up to there, all is known. */
  passed(zxid: Zxid, where: () => string): void {
    if (this.#asked !== null) return;
    for (const kind of ['data', 'child'] as const) {
      for (const [path, { since }] of this.#of(kind)) {
        const first = this.model.firstAfter(path, since, KINDS[kind]);
        if (first === null || first.zxid > zxid) continue;
        throw new Violation(
          'WatchesInOrder',
          `${where()}: ${path} was ${first.happened} in ${zxidToHex(first.zxid)}, not told of`,
        );
      }
    }
  }

  /** A watch event came. */
  event(event: number, path: string, zxid: Zxid): void {
    this.events++;
    if (zxid === ZXID_NONE) {
      must(this.#asked !== null, 'WatchesOnce', () => `event ${event} of ${path} unasked`);
      this.#caughtUp.push({ event, path });
      return;
    }
    const happened = EVENTS[event];
    const kinds = (['data', 'child'] as const).filter(
      (kind) => happened !== null && happened !== undefined && KINDS[kind].includes(happened),
    );
    const held = kinds.filter((kind) => this.#of(kind).has(path));
    const what = (): string => `${happened} of ${path} in ${zxidToHex(zxid)}`;
    must(held.length > 0, 'WatchesOnce', () => `${what()} told, and no watch is set`);
    for (const kind of held) {
      const { since } = this.#of(kind).get(path)!;
      const first = this.model.firstAfter(path, since, KINDS[kind]);
      must(first?.zxid === zxid && first.happened === happened, 'WatchesOnce', () => {
        const is = first === null ? 'nothing' : `${first.happened} in ${zxidToHex(first.zxid)}`;
        return `${what()} told, and the first change since ${zxidToHex(since)} is ${is}`;
      });
      this.#of(kind).delete(path);
    }
  }

  /** The request that sets all watches again on a new connection; null: there are none. */
  rearm(relativeZxid: Zxid): SetWatchesRequest | null {
    this.#caughtUp = [];
    this.#asked = null;
    if (this.size === 0) return null;
    const paths = (absent: boolean): string[] =>
      [...this.#data].filter(([, watch]) => watch.absent === absent).map(([path]) => path);
    this.#asked = {
      op: 'setWatches2',
      relativeZxid,
      data: paths(false),
      exist: paths(true),
      child: [...this.#child.keys()],
      persistent: [],
      persistentRecursive: [],
    };
    return this.#asked;
  }

  /** The connection is gone. */
  lost(): void {
    this.#asked = null;
    this.#caughtUp = [];
  }

  /** The answer to {@link rearm}, by a server whose state was `zxid`. */
  rearmed(zxid: Zxid): void {
    const asked = this.#asked;
    if (asked === null) throw new Violation('WatchesOnce', 'setWatches answered twice');
    const told: Told[] = [];
    const settle = (kind: Kind, path: string, missed: number | null): void => {
      if (missed === null) this.#of(kind).get(path)!.since = zxid;
      else {
        told.push({ event: missed, path });
        this.#of(kind).delete(path);
      }
    };
    const { relativeZxid } = asked;
    for (const path of asked.data) {
      const node = this.model.nodeAt(path, zxid);
      settle('data', path, node === null ? 2 : node.mzxid > relativeZxid ? 3 : null);
    }
    for (const path of asked.exist) {
      settle('data', path, this.model.nodeAt(path, zxid) === null ? null : 1);
    }
    for (const path of asked.child) {
      const node = this.model.nodeAt(path, zxid);
      settle('child', path, node === null ? 2 : node.pzxid > relativeZxid ? 4 : null);
    }
    const shown = (events: readonly Told[]): string => JSON.stringify(events);
    must(shown(told) === shown(this.#caughtUp), 'WatchesOnce', () => {
      return `missed since ${zxidToHex(relativeZxid)}: ${shown(told)}, told: ${shown(this.#caughtUp)}`;
    });
    this.lost();
  }
}
