/** Who is in the ensemble, and which of them this server is (Apache: `QuorumPeerConfig`). */
import type { Sid } from '../core/ids.js';
import { bool, decode, integer, role } from './codecs.js';
import type { Entry, Reader } from './reader.js';
import { parseServerLine } from './server-line.js';
import { SID_MAX, type PeerConfig } from './server-config.js';

/** What stands beside the file: asked for only if it is needed. */
export interface Surroundings {
  /** The first line of `DIR/myid`; null if there is no such file. */
  readonly myid: (dataDir: string) => string | null;
  /** The text of the file that `dynamicConfigFile` names; null if there is none. */
  readonly dynamicConfig: (path: string) => string | null;
}

export interface Ensemble {
  readonly sid: Sid;
  readonly standalone: boolean;
  readonly peers: readonly PeerConfig[];
}

export interface EnsembleRules {
  /** May a server have more than one address? */
  readonly multiAddress: boolean;
  /** Largest `myid`: 254 with TTL nodes, whose owners take the value above it. */
  readonly sidMax: number;
}

const ALONE: Ensemble = { sid: 0 as Sid, standalone: true, peers: [] };

export function readEnsemble(
  reader: Reader,
  dataDir: string,
  around: Surroundings,
  rules: EnsembleRules,
): Ensemble {
  const peers = readPeers(reader, rules);
  refuseGroups(reader);
  const peerType = reader.read('peerType', role);
  const standaloneEnabled = reader.read('standaloneEnabled', bool) ?? true;
  const voters = peers.filter((peer) => peer.role === 'participant').length;
  if (voters === 0) {
    if (peers.length > 0) reader.whole('observers without participants');
    else if (!standaloneEnabled) reader.whole('standaloneEnabled is false and no server is named');
    return ALONE;
  }
  if (voters === 1 && standaloneEnabled) {
    if (peers.length > 1) reader.whole('observers without a quorum');
    return ALONE;
  }
  if (dataDir === '') return ALONE;
  const sid = readMyid(reader, dataDir, peers, around, rules.sidMax);
  if (sid === null) return { ...ALONE, standalone: false };
  const own = peers.find((peer) => peer.sid === sid);
  if (own !== undefined && peerType !== undefined && own.role !== peerType) {
    reader.warnings.push(
      `peerType ${peerType} does not match server.${sid}, which says ${own.role}: that counts`,
    );
  }
  return { sid, standalone: false, peers };
}

function readPeers(reader: Reader, { multiAddress }: EnsembleRules): readonly PeerConfig[] {
  const peers: PeerConfig[] = [];
  for (const entry of reader.takePrefix('server.')) {
    const sid = decode(integer(0, SID_MAX), entry.key.slice('server.'.length));
    if ('reason' in sid) {
      reader.problem(entry, `server id ${sid.reason}`);
      continue;
    }
    const peer = parseServerLine(sid.value as Sid, entry.value);
    if ('reason' in peer) reader.problem(entry, peer.reason);
    else if (peer.value.others !== undefined && !multiAddress) {
      reader.problem(entry, 'more than one address, and multiAddress.enabled is not true');
    } else peers.push(peer.value);
  }
  return peers.sort((a, b) => a.sid - b.sid);
}

/**
 * Hierarchical quorums are read as far as saying that they are not there: an ensemble whose owner
 * counts on other quorums than majorities must not start.
 */
function refuseGroups(reader: Reader): void {
  const refuse = (entry: Entry, form: RegExp, what: string): void =>
    reader.problem(
      entry,
      form.test(entry.value)
        ? 'hierarchical quorums are not supported'
        : `'${entry.value}' is not ${what}`,
    );
  for (const entry of reader.takePrefix('group')) {
    refuse(entry, /^\s*\d+\s*(:\s*\d+\s*)*$/, 'a list of server ids with colons between them');
  }
  for (const entry of reader.takePrefix('weight')) refuse(entry, /^\d+$/, 'a whole number');
}

function readMyid(
  reader: Reader,
  dataDir: string,
  peers: readonly PeerConfig[],
  around: Surroundings,
  sidMax: number,
): Sid | null {
  const file = `${dataDir}/myid`;
  const text = around.myid(dataDir);
  if (text === null) {
    reader.elsewhere(file, 'myid file is missing');
    return null;
  }
  const sid = decode(integer(0, sidMax), text.trim());
  if ('reason' in sid) {
    reader.elsewhere(file, `server id ${sid.reason}`);
    return null;
  }
  if (!peers.some((peer) => peer.sid === sid.value)) {
    const known = peers.map((peer) => peer.sid).join(', ');
    reader.elsewhere(file, `server id ${sid.value} is none of ${known}`);
    return null;
  }
  return sid.value as Sid;
}
