/**
 * Proxies on loopback between each two servers, one for each direction of dialling and each port: a
 * server's zoo.cfg names the proxies where it would name the others.
 *
 * A cut holds back what flows in one direction; a connection that is dialled during one is not passed
 * on before it heals. Apart from that a proxy delays what it passes on (`delay`), and hangs up on the
 * dialler (`hangUp`): with a cut from there, the acceptor goes on believing in the connection. As the
 * two ends of a connection are two sockets here, the servers call it by two names: `renames` brings
 * them together.
 */
import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { freePorts } from '../server-process.js';
import type { FaultNetwork, Place } from './network.js';

const HOST = '127.0.0.1';

export interface ProxyNetwork extends FaultNetwork {
  /** What `from` sends to `to` arrives `ms` later from now on. */
  readonly delay: (from: number, to: number, ms: number) => void;
  /** Ends every connection that `dialler` has made to `acceptor`; the latter hears of it as of data. */
  readonly hangUp: (dialler: number, acceptor: number) => void;
}

/** What one direction between two servers does with bytes. */
class Valve {
  delayMs = 0;
  #shut = false;
  #waiting: (() => void)[] = [];

  /** Does `run` now, or when the valve is opened. */
  pass(run: () => void): void {
    if (this.#shut) this.#waiting.push(run);
    else run();
  }

  shut(): void {
    this.#shut = true;
  }

  open(): void {
    this.#shut = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const run of waiting) run();
  }
}

/** Passes on what comes, in order, the end of the stream included: late, and through a valve. */
const pump = (from: Socket, to: Socket, valve: Valve): void => {
  const queue: { readonly due: number; readonly run: () => void }[] = [];
  let timer: NodeJS.Timeout | null = null;
  const drain = (): void => {
    timer = null;
    for (let head = queue[0]; head !== undefined; head = queue[0]) {
      const wait = head.due - performance.now();
      if (wait > 0) {
        timer = setTimeout(drain, wait);
        return;
      }
      queue.shift();
      valve.pass(head.run);
    }
  };
  const later = (run: () => void): void => {
    queue.push({ due: performance.now() + valve.delayMs, run });
    if (timer === null) drain();
  };
  from.on('data', (chunk: Buffer) => {
    later(() => {
      if (!to.destroyed) to.write(chunk);
    });
  });
  from.on('error', () => undefined);
  from.once('close', () => later(() => to.destroySoon()));
};

const endpoint = (host: string | undefined, port: number | undefined): string =>
  `${host ?? ''}:${port ?? 0}`;

interface Pair {
  readonly dialler: number;
  readonly acceptor: number;
  readonly port: 'quorum' | 'election';
}

class ProxyHub {
  readonly renames = new Map<string, string>();
  readonly places: ReadonlyMap<number, Place>;
  readonly #valves = new Map<string, Valve>();
  readonly #listeners = new Map<string, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #dialled = new Map<string, Set<Socket>>();

  constructor(places: ReadonlyMap<number, Place>) {
    this.places = places;
  }

  valve(from: number, to: number): Valve {
    const key = `${from} ${to}`;
    const valve = this.#valves.get(key) ?? new Valve();
    this.#valves.set(key, valve);
    return valve;
  }

  healAll(): void {
    for (const valve of this.#valves.values()) {
      valve.delayMs = 0;
      valve.open();
    }
  }

  async listen(pair: Pair): Promise<void> {
    const server = createServer({ noDelay: true }, (socket) => this.#accepted(pair, socket));
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    this.#listeners.set(`${pair.dialler} ${pair.acceptor} ${pair.port}`, server);
  }

  portOf({ dialler, acceptor, port }: Pair): number {
    const server = this.#listeners.get(`${dialler} ${acceptor} ${port}`);
    return (server?.address() as AddressInfo).port;
  }

  hangUp(dialler: number, acceptor: number): void {
    for (const socket of this.#dialled.get(`${dialler} ${acceptor}`) ?? []) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    const servers = [...this.#listeners.values()];
    await Promise.all(servers.map((s) => new Promise((resolve) => s.close(resolve))));
  }

  #accepted(pair: Pair, inner: Socket): void {
    const { dialler, acceptor, port } = pair;
    const target = this.places.get(acceptor)!;
    const { remoteAddress, remotePort, localAddress, localPort } = inner;
    const name = `${endpoint(remoteAddress, remotePort)}>${endpoint(localAddress, localPort)}`;
    this.#track(inner);
    inner.on('error', () => undefined);
    const key = `${dialler} ${acceptor}`;
    const dialled = this.#dialled.get(key) ?? new Set();
    this.#dialled.set(key, dialled.add(inner));
    inner.once('close', () => dialled.delete(inner));
    inner.pause();
    const there = this.valve(dialler, acceptor);
    const back = this.valve(acceptor, dialler);
    // A handshake goes both ways.
    there.pass(() => back.pass(() => this.#connect(inner, target, port, name, there, back)));
  }

  #connect(
    inner: Socket,
    target: Place,
    port: Pair['port'],
    name: string,
    there: Valve,
    back: Valve,
  ): void {
    if (inner.destroyed) return;
    const outer = createConnection({ host: target.host, port: target[port], noDelay: true });
    this.#track(outer);
    outer.once('connect', () => {
      if (port === 'quorum') {
        const { localAddress, localPort, remoteAddress, remotePort } = outer;
        const other = `${endpoint(localAddress, localPort)}>${endpoint(remoteAddress, remotePort)}`;
        this.renames.set(other, name);
      }
    });
    pump(inner, outer, there);
    pump(outer, inner, back);
    inner.resume();
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

export const proxyNetwork = async (sids: readonly number[]): Promise<ProxyNetwork> => {
  const ports = await freePorts(3 * sids.length);
  const hub = new ProxyHub(
    new Map(
      sids.map((sid, i) => [
        sid,
        {
          host: HOST,
          client: ports[3 * i]!,
          quorum: ports[3 * i + 1]!,
          election: ports[3 * i + 2]!,
        },
      ]),
    ),
  );
  for (const dialler of sids) {
    for (const acceptor of sids) {
      if (dialler === acceptor) continue;
      await hub.listen({ dialler, acceptor, port: 'quorum' });
      await hub.listen({ dialler, acceptor, port: 'election' });
    }
  }
  const place = (sid: number): Place => hub.places.get(sid)!;
  return {
    kind: 'TCP proxies',
    place,
    seenBy: (viewer, sid) => {
      if (viewer === sid) return place(sid);
      const pair = { dialler: viewer, acceptor: sid };
      return {
        ...place(sid),
        quorum: hub.portOf({ ...pair, port: 'quorum' }),
        election: hub.portOf({ ...pair, port: 'election' }),
      };
    },
    asServer: (_sid, command) => command,
    cut: async (from, to) => hub.valve(from, to).shut(),
    heal: async () => hub.healAll(),
    delay: (from, to, ms) => {
      hub.valve(from, to).delayMs = ms;
    },
    hangUp: (dialler, acceptor) => hub.hangUp(dialler, acceptor),
    renames: () => hub.renames,
    close: () => hub.close(),
  };
};
