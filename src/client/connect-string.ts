/**
 * Connect strings: `host:port,host:port/chroot` (Apache: `ConnectStringParser`). A port may be left
 * out (2181), an IPv6 address stands in brackets.
 */
import { isValidPath } from './paths.js';

export interface Host {
  readonly host: string;
  readonly port: number;
}

export interface ConnectString {
  readonly hosts: readonly Host[];
  /** Without a slash at its end; empty for none. */
  readonly chroot: string;
}

const DEFAULT_PORT = 2181;
const PORT_MAX = 65_535;

function parseHost(text: string, whole: string): Host {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port < 1 || port > PORT_MAX) {
    throw new TypeError(`not a connect string: '${whole}' (wanted HOST:PORT,…/CHROOT)`);
  }
  return { host, port };
}

/** @throws TypeError for one that cannot be read. */
export function parseConnectString(text: string): ConnectString {
  const slash = text.indexOf('/');
  const chroot = slash < 0 ? '' : text.slice(slash);
  const servers = (slash < 0 ? text : text.slice(0, slash))
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (servers.length === 0) throw new TypeError(`no host in the connect string '${text}'`);
  if (chroot !== '' && !isValidPath(chroot)) throw new TypeError(`not a chroot: '${chroot}'`);
  const hosts = servers.map((part) => parseHost(part, text));
  return { hosts, chroot: chroot === '/' ? '' : chroot };
}

/** Hosts in a random order, one after the other, for ever. Owned by one session. */
export class HostList {
  private hosts: Host[];
  private at = -1;
  /** Attempts since the last success. */
  private failures = 0;

  constructor(hosts: readonly Host[]) {
    this.hosts = shuffled(hosts);
  }

  get size(): number {
    return this.hosts.length;
  }

  get failedAttempts(): number {
    return this.failures;
  }

  /** The next one to try. */
  next(): Host {
    this.at = (this.at + 1) % this.hosts.length;
    this.failures++;
    return this.hosts[this.at]!;
  }

  /** The last one answered: the next failure begins a new round behind it. */
  succeeded(): void {
    this.failures = 0;
  }

  /** Try this one next. */
  prefer(host: Host): void {
    const index = this.hosts.findIndex((h) => h.host === host.host && h.port === host.port);
    if (index >= 0) this.at = index - 1;
  }

  /** The one that `next` gave last. */
  current(): Host | null {
    return this.hosts[this.at] ?? null;
  }

  replace(hosts: readonly Host[]): void {
    this.hosts = shuffled(hosts);
    this.at = -1;
    this.failures = 0;
  }
}

function shuffled(hosts: readonly Host[]): Host[] {
  const all = [...hosts];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}
