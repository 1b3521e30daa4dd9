/**
 * While a read-only server is all that answers, looks for one with a quorum: asks the hosts in turn
 * `isro`, after 100 ms, 200 ms, … 60 s (Apache: `ClientCnxn.pingRwServer`).
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Host, HostList } from './connect-string.js';

const WAIT_MIN = 100;
const WAIT_MAX = 60_000;
const ANSWER_TIMEOUT = 1_000;

/** Owned by one session. */
export class ReadWriteProbe {
  private timer: NodeJS.Timeout | null = null;
  private socket: Socket | null = null;

  constructor(private readonly found: (host: Host) => void) {}

  /** Over TLS nothing is asked: the secure port knows no four-letter words for plain sockets. */
  start(hosts: HostList, secure: boolean): void {
    this.stop();
    if (!secure) this.wait(hosts, WAIT_MIN);
  }

  private wait(hosts: HostList, ms: number): void {
    this.timer = setTimeout(() => {
      this.ask(hosts.next(), (readWrite, host) => {
        if (readWrite) this.found(host);
        else this.wait(hosts, Math.min(ms * 2, WAIT_MAX));
      });
    }, ms);
  }

  private ask(host: Host, done: (readWrite: boolean, host: Host) => void): void {
    const socket = connect({ ...host });
    this.socket = socket;
    let answer = '';
    socket.setTimeout(ANSWER_TIMEOUT, () => socket.destroy());
    socket.on('connect', () => socket.write('isro'));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    // Told by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = null;
      done(answer.trim() === 'rw', host);
    });
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { socket } = this;
    this.socket = null;
    socket?.destroy();
  }
}
