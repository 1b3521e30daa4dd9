/**
 * The value of a `server.N` key: `host:quorum:election[:role][;[host:]clientPort]`
 * (Apache: `QuorumPeer.QuorumServer`). IPv6 hosts stand in brackets.
 */
import type { Sid } from '../core/ids.js';
import { decode, port, role } from './codecs.js';
import type { Address, PeerConfig } from './server-config.js';

const FORM = 'host:quorumPort:electionPort[:role][;[host:]clientPort]';

/** The server, or the reason why `text` does not name one. */
export function parseServerLine(
  sid: Sid,
  text: string,
): { readonly value: PeerConfig } | { readonly reason: string } {
  const [servers = '', client, more] = text.split(';');
  if (more !== undefined) return { reason: `'${text}' does not have the form ${FORM}` };
  const addresses: Peer[] = [];
  for (const part of servers.split('|')) {
    const address = parsePeer(text, part.trim());
    if ('reason' in address) return address;
    addresses.push(address);
  }
  const roles = new Set(addresses.map((address) => address.role));
  roles.delete(null);
  if (roles.size > 1) return { reason: `'${text}': its addresses have different roles` };
  const [first, ...rest] = addresses;
  if (first === undefined) return { reason: `'${text}' does not have the form ${FORM}` };
  const address = client === undefined || client === '' ? null : parseClient(client.trim());
  if (address !== null && 'reason' in address) return address;
  const { quorum, election } = first;
  const peer = { sid, quorum, election, role: [...roles][0] ?? 'participant', client: address };
  if (rest.length === 0) return { value: peer };
  const others = rest.map((other) => ({ quorum: other.quorum, election: other.election }));
  return { value: { ...peer, others } };
}

interface Peer {
  readonly quorum: Address;
  readonly election: Address;
  /** null: not said. */
  readonly role: PeerConfig['role'] | null;
}

/** One of the addresses of a line. */
function parsePeer(text: string, part: string): Peer | { readonly reason: string } {
  const parts = splitHost(part);
  if (parts === null || parts.length < 3 || parts.length > 4) {
    return { reason: `'${text}' does not have the form ${FORM}` };
  }
  const [host = '', quorumText = '', electionText = '', roleText] = parts;
  const quorum = decode(port, quorumText);
  if ('reason' in quorum) return { reason: `quorum port ${quorum.reason}` };
  const election = decode(port, electionText);
  if ('reason' in election) return { reason: `election port ${election.reason}` };
  if (quorum.value === election.value) {
    return { reason: `'${text}': quorum port and election port must differ` };
  }
  const kind = roleText === undefined ? { value: null } : decode(role, roleText);
  if ('reason' in kind) return { reason: `role ${kind.reason}` };
  return {
    quorum: { host, port: quorum.value },
    election: { host, port: election.value },
    role: kind.value,
  };
}

function parseClient(text: string): Address | { readonly reason: string } {
  const parts = splitHost(text);
  if (parts === null || parts.length > 2) {
    return { reason: `'${text}' is not [host:]clientPort` };
  }
  const number = decode(port, parts.at(-1) ?? '');
  if ('reason' in number) return { reason: `client port ${number.reason}` };
  return { host: parts.length === 2 ? (parts[0] ?? '') : '0.0.0.0', port: number.value };
}

/** Splits at colons, but not within `[…]`, whose brackets it takes off. null: unbalanced. */
function splitHost(text: string): readonly string[] | null {
  if (!text.startsWith('[')) return text === '' ? null : text.split(':');
  const end = text.indexOf(']');
  if (end < 0) return null;
  const rest = text.slice(end + 1);
  if (rest === '') return [text.slice(1, end)];
  return rest.startsWith(':') ? [text.slice(1, end), ...rest.slice(1).split(':')] : null;
}
