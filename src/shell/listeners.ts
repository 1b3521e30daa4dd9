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
}

/**
 * Binds all ports of a server.
 * @throws {OperatorError} that names the first port that cannot be had; then none is held.
 */
export async function bindServerPorts(config: ServerConfig): Promise<ServerListeners> {
  const own = ownPeer(config);
  const peer = (address: Address): Address =>
    config.quorumListenOnAllIPs ? { host: '0.0.0.0', port: address.port } : address;
  const bound: Listener[] = [];
  const bind = async (address: Address, what: string, backlog?: number): Promise<Listener> => {
    const listener = await Listener.bind(address, what, backlog);
    bound.push(listener);
    return listener;
  };
  try {
    const { client: address, plainClient, secureClient, listenBacklog: backlog } = config;
    const client = plainClient ? await bind(address, 'client port', backlog) : null;
    const secure =
      secureClient === null ? null : await bind(secureClient, 'secure client port', backlog);
    if (own === null) return { client, secure, quorum: null, election: null };
    const quorum = await bind(peer(own.quorum), 'quorum port');
    return { client, secure, quorum, election: await bind(peer(own.election), 'election port') };
  } catch (error) {
    await Promise.all(bound.map((listener) => listener.close()));
    throw error;
  }
}

export async function closeListeners(listeners: ServerListeners): Promise<void> {
  const { client, secure, quorum, election } = listeners;
  await Promise.all([client, secure, quorum, election].map((listener) => listener?.close()));
}

/** This server's own line; null: standalone. */
export function ownPeer(config: ServerConfig): PeerConfig | null {
  if (config.standalone) return null;
  const own = config.peers.find((peer) => peer.sid === config.sid);
  if (own === undefined) throw new Error(`server ${config.sid} is not in its own configuration`);
  return own;
}
