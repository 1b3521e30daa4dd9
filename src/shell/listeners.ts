/** The ports of one server, bound. */
import type { Address, PeerConfig, ServerConfig } from '../config/server-config.js';
import { Listener } from './listener.js';

export interface ServerListeners {
  /** null: only TLS clients are let in. */
  readonly client: Listener | null;
  /** TLS clients; null: no such port. */
  readonly secure: Listener | null;
  /** null: standalone. */
  readonly quorum: Listener | null;
  readonly election: Listener | null;
  /** Observers that join through this voter; null or absent: no such port. */
  readonly observerMaster?: Listener | null;
}

/**
 * Binds all ports of a server.
 * @throws {OperatorError} that names the first port that cannot be had; then none is held.
 */
export async function bindServerPorts(config: ServerConfig): Promise<ServerListeners> {
  const own = ownPeer(config);
  const bound: Listener[] = [];
  const held = async (binding: Promise<Listener>): Promise<Listener> => {
    const listener = await binding;
    bound.push(listener);
    return listener;
  };
  const bind = (address: Address, what: string, backlog?: number): Promise<Listener> =>
    held(Listener.bind(address, what, backlog));
  const bindPeer = async (of: 'quorum' | 'election', what: string): Promise<Listener | null> => {
    if (own === null) return null;
    const addresses = addressesOf(own, of);
    const where = config.quorumListenOnAllIPs ? everywhere(addresses) : addresses;
    return held(Listener.bindAll(where, what));
  };
  try {
    const { client: address, plainClient, secureClient, listenBacklog: backlog } = config;
    const client = plainClient ? await bind(address, 'client port', backlog) : null;
    const secure =
      secureClient === null ? null : await bind(secureClient, 'secure client port', backlog);
    const quorum = await bindPeer('quorum', 'quorum port');
    const election = await bindPeer('election', 'election port');
    const { observerMasterPort } = config.quorum;
    if (own?.role !== 'participant' || observerMasterPort === 0) {
      return { client, secure, quorum, election };
    }
    const host = config.quorumListenOnAllIPs ? '0.0.0.0' : own.quorum.host;
    const master = { host, port: observerMasterPort };
    const observerMaster = await bind(master, 'observer master port');
    return { client, secure, quorum, election, observerMaster };
  } catch (error) {
    await Promise.all(bound.map((listener) => listener.close()));
    throw error;
  }
}

export async function closeListeners(listeners: ServerListeners): Promise<void> {
  const { client, secure, quorum, election, observerMaster } = listeners;
  const all = [client, secure, quorum, election, observerMaster];
  await Promise.all(all.map((listener) => listener?.close()));
}

/** Every address of a server, the first of its line first. */
export function addressesOf(
  peer: PeerConfig,
  of: 'quorum' | 'election',
): readonly [Address, ...Address[]] {
  return [peer[of], ...(peer.others ?? []).map((other) => other[of])];
}

/** Each port of these once, at every address of the machine. */
function everywhere([first, ...others]: readonly [Address, ...Address[]]): readonly [
  Address,
  ...Address[],
] {
  const at = (port: number): Address => ({ host: '0.0.0.0', port });
  const more = new Set(others.map(({ port }) => port));
  more.delete(first.port);
  return [at(first.port), ...[...more].map(at)];
}

/** This server's own line; null: standalone. */
export function ownPeer(config: ServerConfig): PeerConfig | null {
  if (config.standalone) return null;
  const own = config.peers.find((peer) => peer.sid === config.sid);
  if (own === undefined) throw new Error(`server ${config.sid} is not in its own configuration`);
  return own;
}
