/** Watches: one-shot, persistent, recursive; as callbacks and as iterators; removed, and below a chroot. */
import assert from 'node:assert/strict';
import { NoWatcherError, type WatchedEvent } from '../../../src/client/index.js';
import { Inbox } from '../../support/inbox.js';
import type { Case, Context } from '../targets.js';

const brief = ({ type, path }: WatchedEvent): string => `${type} ${path}`;

const oneShot = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const events = new Inbox<WatchedEvent>();
  const watcher = events.push;
  await zk.create('/a');
  await zk.getData('/a', { watcher });
  const stat = await other.setData('/a', 'x');
  const event = await events.take();
  assert.deepEqual(
    [event.type, event.path, event.state],
    ['NodeDataChanged', '/a', 'SyncConnected'],
  );
  assert.ok(event.zxid === stat.mzxid || event.zxid === -1n);
  await other.setData('/a', 'y');
  assert.equal(await zk.exists('/b', { watcher }), null);
  await other.create('/b');
  assert.equal(brief(await events.take()), 'NodeCreated /b', 'the second change was not told');
  await zk.getChildren('/', { watcher });
  await zk.exists('/b', { watcher });
  await other.delete('/b');
  assert.equal(brief(await events.take()), 'NodeDeleted /b');
  assert.equal(brief(await events.take()), 'NodeChildrenChanged /');
  await assert.rejects(zk.getData('/no', { watcher }));
  await other.create('/no');
  await zk.sync('/');
  await zk.exists('/');
  assert.equal(events.all.length, 4, 'a read that failed leaves no watch');
};

const inOrder = async ({ zk }: Context): Promise<void> => {
  const told: string[] = [];
  await zk.create('/a', '0');
  const watcher = (event: WatchedEvent): void => void told.push(brief(event));
  const first = zk.getData('/a', { watcher }).then(() => told.push('read'));
  const write = zk.setData('/a', '1').then(() => told.push('written'));
  await Promise.all([first, write]);
  assert.deepEqual(told, ['read', 'NodeDataChanged /a', 'written']);
};

const persistent = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const flat = new Inbox<WatchedEvent>();
  const deep = new Inbox<WatchedEvent>();
  await zk.addWatch('/a', flat.push);
  await zk.addWatch('/a', deep.push, { recursive: true });
  await other.create('/a');
  await other.setData('/a', 'x');
  await other.setData('/a', 'y');
  await other.create('/a/b');
  await other.setData('/a/b', 'x');
  await other.delete('/a/b');
  await other.delete('/a');
  const own = (await Promise.all(Array.from({ length: 6 }, () => flat.take()))).map(brief);
  const all = (await Promise.all(Array.from({ length: 7 }, () => deep.take()))).map(brief);
  assert.deepEqual(own, [
    'NodeCreated /a',
    'NodeDataChanged /a',
    'NodeDataChanged /a',
    'NodeChildrenChanged /a',
    'NodeChildrenChanged /a',
    'NodeDeleted /a',
  ]);
  assert.deepEqual(all, [
    'NodeCreated /a',
    'NodeDataChanged /a',
    'NodeDataChanged /a',
    'NodeCreated /a/b',
    'NodeDataChanged /a/b',
    'NodeDeleted /a/b',
    'NodeDeleted /a',
  ]);
};

const iterated = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const seen: string[] = [];
  const events = await zk.watch('/', { recursive: true });
  await other.create('/a');
  await other.create('/a/b');
  await other.delete('/a/b');
  for await (const event of events) {
    seen.push(brief(event));
    if (seen.length === 3) break;
  }
  assert.deepEqual(seen, ['NodeCreated /a', 'NodeCreated /a/b', 'NodeDeleted /a/b']);
  const stop = new AbortController();
  const again = await zk.watch('/a', { signal: stop.signal });
  const reading = again.next();
  stop.abort(new Error('enough'));
  await assert.rejects(reading, /enough/);
  const last = await other.watch('/a');
  const ended = last.next();
  await other.close();
  assert.deepEqual(await ended, { done: true, value: undefined });
};

const removed = async ({ zk }: Context): Promise<void> => {
  const first = new Inbox<WatchedEvent>();
  const second = new Inbox<WatchedEvent>();
  await zk.create('/a');
  await zk.getData('/a', { watcher: first.push });
  await zk.getData('/a', { watcher: second.push });
  await zk.checkWatches('/a', 'data');
  await zk.removeWatches('/a', { watcher: first.push });
  assert.equal(brief(await first.take()), 'DataWatchRemoved /a');
  await zk.setData('/a', 'x');
  assert.equal(brief(await second.take()), 'NodeDataChanged /a');
  assert.equal(first.all.length, 1);
  await assert.rejects(zk.removeWatches('/a'), NoWatcherError);
  await assert.rejects(zk.checkWatches('/a', 'data'), NoWatcherError);
  await zk.getChildren('/a', { watcher: first.push });
  await zk.getData('/a', { watcher: first.push });
  await zk.removeWatches('/a', { type: 'children' });
  assert.equal(brief(await first.take()), 'ChildWatchRemoved /a');
  await zk.removeWatches('/a', { type: 'data' });
  assert.equal(brief(await first.take()), 'DataWatchRemoved /a');
};

const followed = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const data = zk.dataChanges('/a');
  const names = zk.childrenChanges('/a');
  const next = async () => (await data.next()).value?.data?.toString() ?? null;
  assert.equal(await next(), null);
  assert.equal((await names.next()).value, null);
  await other.create('/a', 'one');
  assert.equal(await next(), 'one');
  assert.deepEqual((await names.next()).value, []);
  await other.setData('/a', 'two');
  assert.equal(await next(), 'two');
  await other.create('/a/b');
  assert.deepEqual((await names.next()).value, ['b']);
  await other.delete('/a/b');
  assert.deepEqual((await names.next()).value, []);
  await other.delete('/a');
  assert.equal(await next(), null);
  assert.equal((await names.next()).value, null);
  await data.return();
  const rest = names.next();
  await zk.close();
  assert.deepEqual(await rest, { done: true, value: undefined });
};

const chrooted = async ({ zk, base, connect }: Context): Promise<void> => {
  const root = await connect({ chroot: '' });
  const inside = new Inbox<WatchedEvent>();
  const outside = new Inbox<WatchedEvent>();
  await zk.exists('/a', { watcher: inside.push });
  await zk.getChildren('/', { watcher: inside.push });
  await root.exists(`${base}/a`, { watcher: outside.push });
  assert.equal(await zk.create('/a'), '/a');
  assert.equal(brief(await inside.take()), 'NodeCreated /a');
  assert.equal(brief(await inside.take()), 'NodeChildrenChanged /');
  assert.equal(brief(await outside.take()), `NodeCreated ${base}/a`);
  assert.deepEqual(await root.getChildren(base), ['a']);
  assert.notEqual((await zk.getConfig()).data, undefined);
};

export const watches: readonly Case[] = [
  { name: 'one-shot watches', run: oneShot },
  { name: 'an event comes between the replies as the server sent it', run: inOrder },
  {
    name: 'persistent and recursive watches',
    on: ({ kind }) => kind === 'apache',
    run: persistent,
  },
  { name: 'a persistent watch as an iterator', run: iterated },
  { name: 'removeWatches and checkWatches', run: removed },
  { name: 'dataChanges and childrenChanges', run: followed },
  { name: 'paths of events are below the chroot', run: chrooted },
];
