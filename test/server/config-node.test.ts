/** What each server writes into its own `/zookeeper/config`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Txn } from '../../src/core/txn.js';
import type { SessionId } from '../../src/core/ids.js';
import { ZXID_ZERO, type Zxid } from '../../src/core/zxid.js';
import type { ServiceConfig } from '../../src/server/events.js';
import { serviceStep } from '../../src/server/service.js';
import { initialService, type ServiceState } from '../../src/server/state.js';
import { applyTxn } from '../../src/tree/apply.js';
import { CONFIG_PATH } from '../../src/tree/config-node.js';
import { imageOf, treeOf } from '../../src/tree/image.js';
import { childNames, emptyTree, getNode, type Tree } from '../../src/tree/tree.js';
import { CONFIG, WALL_CLOCK } from './harness.js';

const text = (tree: Tree): string => Buffer.from(getNode(tree, CONFIG_PATH)!.data!).toString();
const configOf = (lines: string): ServiceConfig => ({
  ...CONFIG,
  configNode: { text: Buffer.from(lines), version: ZXID_ZERO },
});
const started = (config: ServiceConfig, tree: Tree | null): ServiceState => {
  const snapshot = tree === null ? null : { zxid: tree.lastZxid, image: tree };
  const event = { type: 'serviceStart', now: 50, wallClock: WALL_CLOCK, snapshot } as const;
  return serviceStep(initialService(config), event)[0];
};

test('an empty server has its configuration, stamped as Apache stamps it', () => {
  const { tree, ahead } = started(configOf('server.1=a'), null);
  assert.equal(text(tree), 'server.1=a');
  const fresh = getNode(emptyTree(), CONFIG_PATH)!;
  const node = getNode(tree, CONFIG_PATH)!;
  const stamped = { version: -1, mzxid: ZXID_ZERO, mtime: WALL_CLOCK, data: node.data };
  assert.deepEqual(node, { ...fresh, ...stamped });
  assert.equal(ahead.tree, tree, 'what is proposed is validated against it');
});

test('a standalone server leaves the node as it is', () => {
  assert.deepEqual(
    getNode(started(CONFIG, null).tree, CONFIG_PATH),
    getNode(emptyTree(), CONFIG_PATH),
  );
  const { tree } = started(configOf('server.1=a'), null);
  assert.equal(text(started(CONFIG, tree).tree), 'server.1=a', 'also that of a former ensemble');
});

test('its own configuration counts, not the one of a snapshot, its own or a received one', () => {
  const create: Txn = {
    sessionId: 7n as SessionId,
    cxid: 1,
    zxid: 5 as Zxid,
    time: 1,
    body: {
      type: 'create',
      path: '/a',
      data: null,
      acl: [{ perms: 31, scheme: 'world', id: 'anyone' }],
      ephemeral: false,
      parentCVersion: 1,
    },
  };
  const { tree } = applyTxn(started(configOf('old'), null).tree, create);
  const stored = treeOf(imageOf(tree));
  const restarted = started(configOf('new'), stored);
  assert.equal(text(restarted.tree), 'new');
  assert.equal(restarted.tree.lastZxid, 5);
  assert.ok(getNode(restarted.tree, '/a'));
  const leaders = applyTxn(started(configOf('the leader’s'), null).tree, create).tree;
  const snapshot = { zxid: leaders.lastZxid, image: leaders };
  const [after, effects] = serviceStep(restarted, { type: 'installed', snapshot });
  assert.equal(text(after.tree), 'new');
  assert.deepEqual(effects, []);
});

test('a snapshot of a server that knew no such node', () => {
  const { nodes, ...image } = imageOf(emptyTree());
  const old = treeOf({ ...image, nodes: [...nodes].filter(({ path }) => path !== CONFIG_PATH) });
  assert.equal(getNode(old, CONFIG_PATH), undefined);
  const { tree } = started(configOf('server.1=a'), old);
  assert.equal(text(tree), 'server.1=a');
  assert.deepEqual(childNames(getNode(tree, '/zookeeper')!), ['config', 'quota']);
  const [given, fresh] = [tree, emptyTree()].map((of) => getNode(of, CONFIG_PATH)!);
  assert.deepEqual([given!.acl, given!.aversion], [fresh!.acl, -1]);
  assert.doesNotThrow(() => treeOf(imageOf(tree)));
});
