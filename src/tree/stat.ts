/** A znode's Stat as clients see it (Apache: `DataNode.copyStat`). */
import type { Stat } from '../core/stat.js';
import { countNames } from './name-set.js';
import { OWNER_NONE, ownerKind } from './owner.js';
import type { Znode } from './znode.js';

/**
 * The client's view: cversion counts changes of children (every create, and a delete for each
 * child created that is gone), and only a session shows as owner.
 */
export function statOf(node: Znode): Stat {
  const numChildren = countNames(node.children);
  const owner = node.ephemeralOwner;
  return {
    czxid: node.czxid,
    mzxid: node.mzxid,
    pzxid: node.pzxid,
    ctime: node.ctime,
    mtime: node.mtime,
    version: node.version,
    cversion: (Math.imul(node.cversion, 2) - numChildren) | 0,
    aversion: node.aversion,
    ephemeralOwner: ownerKind(owner) === 'ephemeral' ? owner : OWNER_NONE,
    dataLength: node.data === null ? 0 : node.data.length,
    numChildren,
  };
}
