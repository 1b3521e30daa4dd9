/** The ensemble as text: what `/zookeeper/config` holds and notifications carry. */
import { zxidToHex, type Zxid } from '../core/zxid.js';
import type { PeerConfig } from './server-config.js';

/** `server.N=…` lines by sid, and the configuration's version in hexadecimal. */
export function configText(peers: readonly PeerConfig[], version: Zxid): string {
  const lines = peers.map((peer) => `server.${peer.sid}=${serverText(peer)}`);
  return [...lines, `version=${zxidToHex(version)}`].join('\n');
}

function serverText({ quorum, election, role, client }: PeerConfig): string {
  const host = hostText(quorum.host);
  const text = `${host}:${quorum.port}:${election.port}:${role}`;
  return client === null ? text : `${text};${hostText(client.host)}:${client.port}`;
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
