/** What simulated clients ask for: few nodes, so that they are in each other's way. */
import type {
  ClientRequest,
  CreateRequest,
  MultiOpRequest,
  WatchingReadRequest,
} from '../../core/request.js';
import type { Acl } from '../../core/txn.js';
import type { Rng } from './rng.js';

const OPEN: readonly Acl[] = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const PARENTS = ['/a', '/b'];
const CONTAINER = '/c';
const PERSISTENT = 0;
const EPHEMERAL = 1;
const SEQUENTIAL = 2;
const KNOWN_MAX = 16;

const WEIGHTS = {
  create: 6,
  sequential: 6,
  ephemeral: 5,
  container: 2,
  delete: 8,
  deleteKnown: 5,
  setData: 10,
  multi: 5,
  getData: 10,
  exists: 6,
  getChildren: 6,
  multiRead: 2,
  sync: 5,
};

export class Workload {
  /** Paths with a sequence number that some client was told. */
  #known: string[] = [];
  #writes = 0;

  constructor(readonly rng: Rng) {}

  learned(path: string): void {
    this.#known.push(path);
    if (this.#known.length > KNOWN_MAX) this.#known.shift();
  }

  /** The next request of a client. */
  next(): ClientRequest {
    const { rng } = this;
    const kind = rng.weighted(WEIGHTS);
    switch (kind) {
      case 'create':
        return this.#create(rng.chance(1, 3) ? rng.pick([...PARENTS, CONTAINER]) : this.#node());
      case 'sequential': {
        const flags = SEQUENTIAL + (rng.chance(1, 2) ? EPHEMERAL : 0);
        return this.#create(`${rng.pick(PARENTS)}/s-`, flags);
      }
      case 'ephemeral':
        return this.#create(`${rng.pick(PARENTS)}/e${rng.below(4)}`, EPHEMERAL);
      case 'container':
        if (rng.chance(1, 2)) return this.#create(`${CONTAINER}/x${rng.below(2)}`);
        return { ...this.#create(CONTAINER, 4), op: 'createContainer' };
      case 'delete':
        return { op: 'delete', path: this.#any(), version: this.#version() };
      case 'deleteKnown': {
        const path = this.#known.length === 0 ? this.#any() : rng.pick(this.#known);
        return { op: 'delete', path, version: -1 };
      }
      case 'setData':
        return { op: 'setData', path: this.#any(), data: this.#data(), version: this.#version() };
      case 'multi':
        return { op: 'multi', ops: Array.from({ length: rng.between(1, 4) }, () => this.#part()) };
      case 'multiRead':
        return {
          op: 'multiRead',
          ops: Array.from({ length: rng.between(1, 3) }, () => this.#read('getData', false)),
        };
      case 'sync':
        return { op: 'sync', path: '/' };
      case 'getData':
      case 'exists':
        return this.#read(kind, rng.chance(1, 2));
      case 'getChildren':
        return this.#read(rng.chance(1, 2) ? kind : 'getChildren2', rng.chance(1, 2));
      default:
        return kind satisfies never;
    }
  }

  #create(path: string, flags = PERSISTENT): CreateRequest {
    const op = this.rng.chance(1, 2) ? 'create' : 'create2';
    return { op, path, data: this.#data(), acl: OPEN, flags };
  }

  #read(op: WatchingReadRequest['op'], watch: boolean): WatchingReadRequest {
    const parent = op.startsWith('getChildren') && this.rng.chance(3, 4);
    return { op, path: parent ? this.rng.pick(PARENTS) : this.#any(), watch };
  }

  #part(): MultiOpRequest {
    const { rng } = this;
    switch (rng.below(5)) {
      case 0:
        return this.#create(this.#node());
      case 1:
        return this.#create(`${rng.pick(PARENTS)}/s-`, SEQUENTIAL);
      case 2:
        return { op: 'delete', path: this.#node(), version: -1 };
      case 3:
        return { op: 'check', path: rng.pick(PARENTS), version: rng.chance(3, 4) ? -1 : 1 };
      default:
        return { op: 'setData', path: rng.pick(PARENTS), data: this.#data(), version: -1 };
    }
  }

  #node(): string {
    return `${this.rng.pick(PARENTS)}/n${this.rng.below(4)}`;
  }

  #any(): string {
    const { rng } = this;
    switch (rng.below(8)) {
      case 0:
        return rng.pick(PARENTS);
      case 1:
        return `${rng.pick(PARENTS)}/e${rng.below(4)}`;
      case 2:
        return rng.chance(1, 2) ? CONTAINER : `${CONTAINER}/x${rng.below(2)}`;
      case 3:
        return this.#known.length === 0 ? '/' : rng.pick(this.#known);
      default:
        return this.#node();
    }
  }

  #version(): number {
    return this.rng.chance(2, 3) ? -1 : this.rng.below(4);
  }

  /** Bytes that no other write has. */
  #data(): Uint8Array {
    const n = ++this.#writes;
    return Uint8Array.of(n & 0xff, (n >> 8) & 0xff, (n >> 16) & 0xff, ...new Uint8Array(n % 5));
  }
}
