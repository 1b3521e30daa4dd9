/**
 * Histories of random transactions (of `generators.ts`) that Apache ZooKeeper 3.9.5's `DataTree`
 * has applied, with extended types enabled: what it answered, which of two watchers it told in
 * which order (1 has a data watch at every path, 2 a child watch at every node; of a closing
 * session sorted, as Apache's own order is that of a hash set), and the state at the end. Left out
 * are the two cases of a replay in which `apply.ts` says that it deviates.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { ClientConn, SessionId } from '../../src/core/ids.js';
import type { Stat } from '../../src/core/stat.js';
import type { Acl, Data, Txn } from '../../src/core/txn.js';
import { addWatch, emptyWatches, trigger, type WatchTable } from '../../src/server/watches.js';
import { type Applied, applyTxn } from '../../src/tree/apply.js';
import { sortedNames } from '../../src/tree/name-set.js';
import { statOf } from '../../src/tree/stat.js';
import { childNames, emptyTree, ephemeralsOf, getNode, type Tree } from '../../src/tree/tree.js';

interface Step {
  readonly txn: Omit<Txn, 'sessionId'> & { readonly sessionId: string };
  readonly err: number;
  readonly path: string | null;
  readonly stat: string | null;
  readonly parts: readonly string[];
  readonly events: readonly string[];
}

interface History {
  readonly steps: readonly Step[];
  readonly state: readonly string[];
}

const FILE = new URL('../../../test/tree/apache-histories.ndjson', import.meta.url);
const HISTORIES = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map(
    (line) => JSON.parse(line, (key, value) => (key === 'data' ? bytes(value) : value)) as History,
  );

function bytes(hex: string | null): Data {
  return hex === null ? null : Uint8Array.from(Buffer.from(hex, 'hex'));
}

const NAMES = ['a', 'b', 'c', 'n0000000001'];
const PATHS = [
  '/',
  ...NAMES.flatMap((x) => [
    `/${x}`,
    ...NAMES.flatMap((y) => [`/${x}/${y}`, ...NAMES.map((z) => `/${x}/${y}/${z}`)]),
  ]),
];
const DATA_WATCHER = 1 as ClientConn;
const CHILD_WATCHER = 2 as ClientConn;

function watchEverything(tree: Tree): WatchTable {
  return PATHS.reduce((table, path) => {
    const watched = addWatch(table, 'data', path, DATA_WATCHER);
    return getNode(tree, path) === undefined
      ? watched
      : addWatch(watched, 'child', path, CHILD_WATCHER);
  }, emptyWatches());
}

function eventsOf(before: Tree, { changes }: Applied): string[] {
  let table = watchEverything(before);
  return changes.flatMap((change) => {
    const [rest, events] = trigger(table, change);
    table = rest;
    return events.map(({ conn, event, path }) => `${conn}:${event}:${path}`);
  });
}

function statText(stat: Stat | null): string {
  if (stat === null) return 'null';
  const { czxid, mzxid, ctime, mtime, version, cversion, aversion } = stat;
  const { ephemeralOwner, dataLength, numChildren, pzxid } = stat;
  const counters = [czxid, mzxid, ctime, mtime, version, cversion, aversion];
  return [...counters, ephemeralOwner, dataLength, numChildren, pzxid].join(',');
}

function dataText(data: Data): string {
  return data === null ? 'null' : `x${Buffer.from(data).toString('hex')}`;
}

function aclText(acl: readonly Acl[]): string {
  return acl.map(({ perms, scheme, id }) => `${perms}|${scheme}|${id}`).join(',');
}

function stateOf(tree: Tree, sessions: readonly SessionId[]): string[] {
  const nodes = PATHS.flatMap((path) => {
    const node = getNode(tree, path);
    if (node === undefined) return [];
    const stat = statText(statOf(node));
    const children = childNames(node).join(',');
    return [[path, stat, dataText(node.data), aclText(node.acl), children, node.ephemeralOwner]];
  });
  const owned = sessions.map((id) => ['E', id, ephemeralsOf(tree, id).join(',')]);
  const indexes = ['C', sortedNames(tree.containers).join(','), sortedNames(tree.ttls).join(',')];
  return [...nodes, ...owned, indexes].map((cells) => cells.join('\t'));
}

for (const [i, history] of HISTORIES.entries()) {
  test(`history ${i + 1}: ${history.steps.length} transactions as Apache applies them`, () => {
    let tree = emptyTree();
    for (const { txn, ...expected } of history.steps) {
      const sessionId = BigInt(txn.sessionId) as SessionId;
      const applied = applyTxn(tree, { ...txn, sessionId });
      const { err, path, stat, results } = applied.result;
      const events = eventsOf(tree, applied);
      assert.deepEqual(
        {
          err,
          path,
          stat: stat === null ? null : statText(stat),
          parts: (results ?? []).map((part) => `${part.err};${part.path};${statText(part.stat)}`),
          events: txn.body.type === 'closeSession' ? events.sort() : events,
        },
        expected,
        `zxid ${txn.zxid}: ${txn.body.type}`,
      );
      tree = applied.tree;
    }
    const sessions = history.state
      .filter((line) => line.startsWith('E\t'))
      .map((line) => BigInt(line.split('\t')[1]!) as SessionId);
    assert.equal(sessions.length, 3);
    assert.deepEqual(stateOf(tree, sessions), history.state);
  });
}
