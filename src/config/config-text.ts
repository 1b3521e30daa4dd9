/** The ensemble as text: what `/zookeeper/config` holds and notifications carry. */
import { zxidToHex, type Zxid } from '../core/zxid.js';
import type { PeerConfig } from './server-config.js';

/** `server.N=…` lines by sid, and the configuration's version in hexadecimal. */
export function configText(peers: readonly PeerConfig[], version: Zxid): string {
  const lines = peers.map((peer) => `server.${peer.sid}=${serverText(peer)}`);
  return [...lines, `version=${zxidToHex(version)}`].join('\n');
}

function serverText(peer: PeerConfig): string {
  const { role, client } = peer;
  // Several addresses are sorted by their hosts, as Apache sorts them.
  const addresses = [peer, ...(peer.others ?? [])]
    .toSorted((a, b) => compare(a.quorum.host, b.quorum.host))
    .map(({ quorum, election }) => `${hostText(quorum.host)}:${quorum.port}:${election.port}`);
  const text = `${addresses.join('|')}:${role}`;
  return client === null ? text : `${text};${hostText(client.host)}:${client.port}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
