/**
 * What watches must hear of an applied transaction, in ZooKeeper's order: of a create, `created` of
 * the node, then `children` of its parent; of a delete, `deleted` (its data watches, then those of
 * its child watches that were not told), then `children` of its parent.
 */
import type { Acl } from '../core/txn.js';

export interface Change {
  readonly type: 'created' | 'deleted' | 'data' | 'children';
  readonly path: string;
  /** The ACL of the node at `path`: an event goes only to those who may read it. */
  readonly acl: readonly Acl[];
}
