/**
 * A naive znode tree to compare with: one mutable map, children found by looking at every path,
 * ACLs as they came. Written from the documented semantics, not from src/tree.
 */
import type { SessionId } from '../../src/core/ids.js';
import type { Stat } from '../../src/core/stat.js';
import type { Acl, Data, SingleBody, Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';

interface ModelNode {
  data: Data;
  acl: readonly Acl[];
  czxid: Zxid;
  mzxid: Zxid;
  pzxid: Zxid;
  ctime: number;
  mtime: number;
  version: number;
  creates: number;
  aversion: number;
  session: SessionId;
  kind: 'plain' | 'ephemeral' | 'container' | 'ttl';
  ttl: number;
}

export interface ModelResult {
  err: number;
  path: string | null;
  stat: Stat | null;
}

const ZERO = 0 as Zxid;
const NOBODY = 0n as SessionId;

function plain(acl: readonly Acl[], aversion: number): ModelNode {
  return {
    data: new Uint8Array(0),
    acl,
    czxid: ZERO,
    mzxid: ZERO,
    pzxid: ZERO,
    ctime: 0,
    mtime: 0,
    version: 0,
    creates: 0,
    aversion,
    session: NOBODY,
    kind: 'plain',
    ttl: 0,
  };
}

export class NaiveTree {
  readonly nodes = new Map<string, ModelNode>();
  readonly sessions = new Map<SessionId, number>();
  lastZxid: Zxid = ZERO;
  events: string[] = [];

  constructor() {
    const all = [{ perms: 31, scheme: 'world', id: 'anyone' }];
    this.nodes.set('/', plain(all, 0));
    this.nodes.set('/zookeeper', plain(all, 0));
    this.nodes.set('/zookeeper/quota', plain(all, 0));
    const readOnly = [{ perms: 1, scheme: 'world', id: 'anyone' }];
    this.nodes.set('/zookeeper/config', plain(readOnly, -1));
  }

  childrenOf(path: string): string[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return [...this.nodes.keys()]
      .filter((p) => p !== '/' && p.startsWith(prefix) && !p.slice(prefix.length).includes('/'))
      .map((p) => p.slice(prefix.length))
      .sort();
  }

  pathsWhere(test: (node: ModelNode) => boolean): string[] {
    return [...this.nodes]
      .filter(([, node]) => test(node))
      .map(([path]) => path)
      .sort();
  }

  statAt(path: string): Stat {
    const node = this.nodes.get(path)!;
    const numChildren = this.childrenOf(path).length;
    const deletes = node.creates - numChildren;
    return {
      czxid: node.czxid,
      mzxid: node.mzxid,
      pzxid: node.pzxid,
      ctime: node.ctime,
      mtime: node.mtime,
      version: node.version,
      cversion: node.creates + deletes,
      aversion: node.aversion,
      ephemeralOwner: node.kind === 'ephemeral' ? node.session : NOBODY,
      dataLength: node.data?.length ?? 0,
      numChildren,
    };
  }

  /** Results of the parts of `txn`; events gather in `events` as `type path`. */
  apply(txn: Txn): ModelResult[] {
    this.events = [];
    this.lastZxid = Math.max(this.lastZxid, txn.zxid) as Zxid;
    const { body } = txn;
    if (body.type === 'createSession') {
      this.sessions.set(txn.sessionId, body.timeout);
      return [{ err: 0, path: null, stat: null }];
    }
    if (body.type === 'closeSession') {
      const owned = this.pathsWhere((n) => n.kind === 'ephemeral' && n.session === txn.sessionId);
      const named = body.paths ?? [];
      for (const path of [...named, ...owned.filter((p) => !named.includes(p))]) {
        this.remove(path, txn.zxid);
      }
      this.sessions.delete(txn.sessionId);
      return [{ err: 0, path: null, stat: null }];
    }
    if (body.type !== 'multi') return [this.single(txn, body)];
    const bad = body.ops.findIndex((op) => op.type === 'error');
    if (bad === -1) return body.ops.map((op) => this.single(txn, op));
    return body.ops.map((op, i) => ({
      err: op.type === 'error' ? op.err : i < bad ? 0 : -2,
      path: null,
      stat: null,
    }));
  }

  private single(txn: Txn, body: SingleBody): ModelResult {
    switch (body.type) {
      case 'error':
        return { err: body.err, path: null, stat: null };
      case 'check':
        return { err: 0, path: body.path, stat: null };
      case 'delete':
      case 'deleteContainer':
        return { err: this.remove(body.path, txn.zxid), path: body.path, stat: null };
      case 'setData': {
        const node = this.nodes.get(body.path);
        if (!node) return { err: -101, path: body.path, stat: null };
        node.data = body.data;
        node.version = body.version;
        node.mzxid = txn.zxid;
        node.mtime = txn.time;
        this.events.push(`data ${body.path}`);
        return { err: 0, path: body.path, stat: this.statAt(body.path) };
      }
      case 'setACL': {
        const node = this.nodes.get(body.path);
        if (!node) return { err: -101, path: body.path, stat: null };
        node.acl = body.acl;
        node.aversion = body.version;
        return { err: 0, path: body.path, stat: this.statAt(body.path) };
      }
      default:
        return this.create(txn, body);
    }
  }

  private create(
    txn: Txn,
    body: Extract<SingleBody, { readonly parentCVersion: number }>,
  ): ModelResult {
    const { path } = body;
    const parentPath = path.slice(0, path.lastIndexOf('/')) || '/';
    const parent = this.nodes.get(parentPath);
    if (!parent) return { err: -101, path, stat: null };
    const creates = body.parentCVersion === -1 ? parent.creates + 1 : body.parentCVersion;
    if (creates > parent.creates) {
      parent.creates = creates;
      parent.pzxid = txn.zxid;
    }
    const there = this.nodes.get(path);
    if (there) {
      there.acl = body.acl;
      return { err: -110, path, stat: null };
    }
    const ephemeral = (body.type === 'create' || body.type === 'create2') && body.ephemeral;
    const container = body.type === 'createContainer';
    this.nodes.set(path, {
      ...plain(body.acl, 0),
      data: body.data,
      czxid: txn.zxid,
      mzxid: txn.zxid,
      pzxid: txn.zxid,
      ctime: txn.time,
      mtime: txn.time,
      session: ephemeral ? txn.sessionId : NOBODY,
      kind:
        body.type === 'createTTL'
          ? 'ttl'
          : container
            ? 'container'
            : ephemeral
              ? 'ephemeral'
              : 'plain',
      ttl: body.type === 'createTTL' ? body.ttl : 0,
    });
    this.events.push(`created ${path}`, `children ${parentPath}`);
    return { err: 0, path, stat: body.type === 'create' ? null : this.statAt(path) };
  }

  private remove(path: string, zxid: Zxid): number {
    const parentPath = path.slice(0, path.lastIndexOf('/')) || '/';
    const parent = this.nodes.get(parentPath);
    if (!parent) return -101;
    if (zxid > parent.pzxid) parent.pzxid = zxid;
    if (!this.nodes.has(path)) return -101;
    for (const below of [...this.nodes.keys()]) {
      if (below === path || below.startsWith(`${path}/`)) this.nodes.delete(below);
    }
    this.events.push(`deleted ${path}`, `children ${parentPath}`);
    return 0;
  }
}
