/** A snapshot laid open, its checksums and its digest checked (Apache: `SnapshotFormatter`). */
import { stat } from 'node:fs/promises';
import type { ImageNode, SnapshotImage } from '../../core/image.js';
import type { Zxid } from '../../core/zxid.js';
import { DecodeError } from '../../jute/decode-error.js';
import type { SnapshotContent } from '../../jute/snapshot-decode.js';
import type { Compression } from '../../shell/storage/compression.js';
import { readSnapshotFile } from '../../shell/storage/snapshots.js';
import { digestNumber, sameDigest } from '../../tree/digest.js';
import { treeOf } from '../../tree/image.js';
import { countNames } from '../../tree/name-set.js';
import { ownerKind, ttlOf } from '../../tree/owner.js';
import { DIGEST_VERSION } from '../../core/txn.js';
import type { Tree } from '../../tree/tree.js';
import { hex, type Finding, type NodeFinding } from './finding.js';
import { aclTexts } from './inspect-log.js';

/** A snapshot that can be read. */
export interface ReadSnapshot {
  readonly zxid: Zxid;
  readonly tree: Tree;
  readonly stated: SnapshotImage['digest'];
}

/**
 * @param zxid of the file's name; null: it has another name, and says itself of which it is.
 * @param onRead is handed the tree of a snapshot that is whole
 */
export async function* inspectSnapshot(
  file: string,
  zxid: Zxid | null,
  compression: Compression,
  onRead: (snapshot: ReadSnapshot) => void,
): AsyncGenerator<Finding> {
  const end = { kind: 'end', file, txns: null, first: null, last: null } as const;
  let content: SnapshotContent;
  let tree: Tree;
  const at = (known: SnapshotContent): Zxid => zxid ?? known.lastZxid ?? (0 as Zxid);
  try {
    content = await readSnapshotFile(file, compression);
  } catch (e) {
    if (!(e instanceof DecodeError)) throw e;
    yield { kind: 'damage', file, offset: null, reason: e.message };
    yield { ...end, damaged: true };
    return;
  }
  try {
    tree = treeOf({ ...content, zxid: at(content) });
  } catch (e) {
    const reason = e instanceof Error ? e.message : String(e);
    yield { kind: 'damage', file, offset: null, reason };
    yield { ...end, damaged: true };
    return;
  }
  const { size } = await stat(file);
  const { sessions, nodes, lastZxid, digest } = content;
  yield {
    ...{ kind: 'snapshot', file, size, compression },
    ...{ sessions: sessions.length, nodes: nodes.length },
    lastZxid: lastZxid === null ? null : hex(lastZxid),
  };
  for (const [id, timeout] of sessions) {
    const owned = tree.ephemerals.get(id);
    const ephemerals = owned === undefined ? 0 : countNames(owned);
    yield { kind: 'session', file, session: hex(id), timeout, ephemerals };
  }
  for (const node of nodes) yield nodeFinding(file, node);
  const checked = digest === undefined ? null : digestFinding(file, tree, digest);
  if (checked !== null) yield checked;
  const damaged = checked?.matches === false;
  if (damaged) {
    yield { kind: 'damage', file, offset: null, reason: 'the digest does not match the nodes' };
  }
  yield { ...end, damaged };
  onRead({ zxid: tree.lastZxid, tree, stated: digest });
}

function digestFinding(
  file: string,
  { digest, lastZxid }: Tree,
  stated: NonNullable<SnapshotImage['digest']>,
): Finding & { readonly kind: 'digest' } {
  if (digest === null) throw new Error('a tree without a digest');
  const comparable = stated.version === DIGEST_VERSION && stated.zxid === lastZxid;
  return {
    ...{ kind: 'digest', file, zxid: hex(stated.zxid) },
    stated: `${stated.version}/${digestNumber(stated)}`,
    actual: `${DIGEST_VERSION}/${digestNumber(digest)}`,
    matches: comparable ? sameDigest(stated, digest) : null,
  };
}

function nodeFinding(file: string, { path, data, acl, stat }: ImageNode): NodeFinding {
  const { ephemeralOwner, czxid, mzxid, pzxid, ...rest } = stat;
  const owner = ownerKind(ephemeralOwner);
  const kinds = {
    persistent: null,
    ephemeral: `ephemeral ${hex(ephemeralOwner)}`,
    container: 'container',
    ttl: owner === 'ttl' ? `ttl ${ttlOf(ephemeralOwner)} ms` : null,
  };
  return {
    ...{ kind: 'node', file, path },
    dataLength: data === null ? null : data.length,
    acl: aclTexts(acl),
    stat: {
      ...{ czxid: hex(czxid), mzxid: hex(mzxid), pzxid: hex(pzxid), ...rest },
      ephemeralOwner: hex(ephemeralOwner),
    },
    owner: kinds[owner],
  };
}
