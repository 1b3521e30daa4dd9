/**
 * One connection to one server: a socket, cut into frames. It knows nothing of sessions; it tells
 * what it read and, once, why it ended. Writes of one turn of the event loop leave together.
 */
import type { Buffer } from 'node:buffer';
import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';
import { frameState, splitFrames } from '../jute/frames.js';
import type { Host } from './connect-string.js';

export interface ConnectionEvents {
  /** The connection (and its TLS session) stands. */
  readonly opened: () => void;
  readonly frame: (body: Buffer) => void;
  /** Once, whoever ended it. */
  readonly ended: (reason: Error) => void;
}

export interface ConnectionOptions_ {
  readonly tls: ConnectionOptions | null;
  /** Longest frame that is read, in bytes. */
  readonly maxFrame: number;
  /** Milliseconds until it must be open. */
  readonly connectTimeout: number;
}

export class Connection {
  private readonly socket: Socket;
  private frames: ReturnType<typeof frameState>;
  private over = false;
  private corked = false;
  private reason: Error | null = null;

  constructor(
    readonly host: Host,
    private readonly options: ConnectionOptions_,
    private readonly events: ConnectionEvents,
  ) {
    this.frames = frameState(options.maxFrame);
    this.socket = this.dial();
    this.socket.setNoDelay(true);
    const late = setTimeout(() => {
      this.end(new Error(`no connection to ${nameOf(host)} in ${options.connectTimeout} ms`));
    }, options.connectTimeout);
    this.socket.once(options.tls === null ? 'connect' : 'secureConnect', () => {
      clearTimeout(late);
      if (!this.over) events.opened();
    });
    this.socket.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    this.socket.on('error', (error) => {
      this.reason ??= error;
    });
    this.socket.on('end', () => {
      this.end(new Error(`${nameOf(host)} closed the connection`));
    });
    this.socket.on('close', () => {
      clearTimeout(late);
      this.end(new Error(`the connection to ${nameOf(host)} was lost`));
    });
  }

  private dial(): Socket {
    const { host, port } = this.host;
    const { tls } = this.options;
    if (tls === null) return connectTcp({ host, port });
    // An address is no name that a server could be asked for.
    const servername = isIP(host) === 0 ? { servername: host } : {};
    return connectTls({ host, port, ...servername, ...tls });
  }

  get remote(): string {
    return nameOf(this.host);
  }

  private read(chunk: Buffer): void {
    if (this.over) return;
    const { state, frames, error } = splitFrames(this.frames, chunk);
    this.frames = state;
    for (const frame of frames) {
      if (this.isOver()) return;
      this.events.frame(frame);
    }
    if (error !== null) this.end(error);
  }

  private isOver(): boolean {
    return this.over;
  }

  write(frame: Uint8Array): void {
    if (this.over) return;
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.corked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(frame);
  }

  /** Ends it now; `ended` is told, with this reason. */
  end(reason: Error): void {
    if (this.over) return;
    this.over = true;
    this.socket.destroy();
    this.events.ended(this.reason ?? reason);
  }
}

/** `host:port`, with brackets around an IPv6 address. */
export function nameOf({ host, port }: Host): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
