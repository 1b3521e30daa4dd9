/** The ports between servers, as one server opens them: quorum, election, and for observers. */
import { configText } from '../config/config-text.js';
import type { ServerConfig } from '../config/server-config.js';
import type { CoreEvent } from '../core/event.js';
import { serverStateOf } from '../core/state.js';
import type { MemberState } from '../server/member.js';
import { imageOf, treeOf } from '../tree/image.js';
import type { Tree } from '../tree/tree.js';
import { monotonicNow } from './clock.js';
import { ElectionPort } from './election-port.js';
import { addressesOf, ownPeer, type ServerListeners } from './listeners.js';
import type { Logger } from './logger.js';
import { ObserverMaster } from './observer-master.js';
import type { Flusher } from './outbox.js';
import type { PeerTransport } from './peer-transport.js';
import { QuorumPort, type PeerEvent } from './quorum-port.js';
import { authenticated } from './sasl/quorum-auth.js';
import type { ServerSecurity } from './server-security.js';

/** A transaction is larger than the request that it comes from: headers, paths, ACLs. */
const PACKET_EXTRA_BYTES = 1 << 20;

export interface PeerPortsOptions {
  readonly config: ServerConfig;
  readonly listeners: ServerListeners;
  readonly transport: PeerTransport;
  readonly auth: ServerSecurity['peers'];
  readonly flusher: Flusher;
  readonly log: Logger;
  readonly state: () => MemberState;
  readonly post: (event: PeerEvent | Extract<CoreEvent, { type: 'notification' }>) => void;
}

/** null each: a standalone server has none; `observerMaster` only if the configuration says so. */
export interface PeerPorts {
  readonly quorum: QuorumPort | null;
  readonly election: ElectionPort | null;
  readonly observerMaster: ObserverMaster | null;
}

export function openPeerPorts(options: PeerPortsOptions): PeerPorts {
  const election = openElectionPort(options);
  const quorum = openQuorumPort(options, election);
  return { quorum, election, observerMaster: openObserverMaster(options) };
}

function openQuorumPort(
  { config, listeners, transport, auth, flusher, log, state, post }: PeerPortsOptions,
  election: ElectionPort | null,
): QuorumPort | null {
  if (listeners.quorum === null) return null;
  return new QuorumPort({
    listener: listeners.quorum,
    transport: authenticated(transport, auth),
    peers: new Map(config.peers.map((peer) => [peer.sid, addressesOf(peer, 'quorum')])),
    flusher,
    log,
    now: monotonicNow,
    connectTimeout: config.tickTime * config.syncLimit,
    packetMax: config.juteMaxBuffer + PACKET_EXTRA_BYTES,
    isLeading: () => serverStateOf(state().core) === 'LEADING',
    holdsEarly: () =>
      serverStateOf(state().core) === 'LOOKING' && election?.hasForeignPeers === true,
    imageToState: (image) => treeOf(image, config.disk.digestEnabled),
    stateToImage: (tree) => imageOf(tree as Tree),
    onEvent: post,
  });
}

function openElectionPort(options: PeerPortsOptions): ElectionPort | null {
  const { config, listeners, transport, auth, log, post } = options;
  const own = ownPeer(config);
  if (own === null || listeners.election === null) return null;
  return new ElectionPort({
    sid: config.sid,
    peers: config.peers
      .filter(({ sid }) => sid !== config.sid)
      .map((peer) => ({ sid: peer.sid, addresses: addressesOf(peer, 'election') })),
    addresses: addressesOf(own, 'election'),
    multiAddress: config.quorum.multiAddressEnabled,
    configText: Buffer.from(configText(config.peers, config.configVersion)),
    listener: listeners.election,
    transport,
    auth,
    log,
    onNotification: (from, notification) =>
      post({ type: 'notification', from, notification, now: monotonicNow() }),
  });
}

function openObserverMaster(options: PeerPortsOptions): ObserverMaster | null {
  const { config, listeners, transport, log, state } = options;
  const { observerMaster: listener = null } = listeners;
  if (listener === null) return null;
  return new ObserverMaster({
    ...{ listener, transport, log },
    peers: new Map(config.peers.map(({ sid, quorum }) => [sid, quorum])),
    connectTimeout: config.tickTime * config.syncLimit,
    leader: () => {
      const { role } = state().service;
      return role.kind === 'following' && role.serving ? role.leader : null;
    },
  });
}
