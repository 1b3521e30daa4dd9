/** The recipes, with several clients and lost connections. */
import assert from 'node:assert/strict';
import * as zab from '../../../src/client/index.js';
import {
  Counter,
  DoubleBarrier,
  Group,
  LeaderLatch,
  LeaderSelector,
} from '../../../src/client/index.js';
import { Barrier, Lock, ReadWriteLock, TreeCache, ZooKeeper } from '../../../src/client/index.js';
import type { CacheChange, TreeCacheOptions } from '../../../src/client/index.js';
import { Proxy } from '../proxy.js';
import type { Case, Context } from '../targets.js';
import { connectOptions, endSession, wired } from '../wired.js';

const excludes = async ({ connect, zk }: Context): Promise<void> => {
  const clients = await Promise.all([connect(), connect(), connect()]);
  let holders = 0;
  const order: number[] = [];
  await Promise.all(
    clients.map(async (client, i) => {
      const lock = new Lock(client, '/locks/a');
      for (let round = 0; round < 3; round++) {
        await lock.use(async (signal) => {
          assert.equal(++holders, 1);
          order.push(i);
          await client.sync('/');
          assert.equal(signal.aborted, false);
          holders--;
        });
      }
    }),
  );
  assert.equal(order.length, 9);
  // Fair: whoever asks again stands behind those who wait.
  for (const i of [0, 1, 2]) assert.equal(order.slice(-3).filter((one) => one === i).length, 1);
  assert.deepEqual(await zk.getChildren('/locks/a'), []);
};

const lockDetails = async ({ connect, zk }: Context): Promise<void> => {
  const other = await connect();
  const held = await new Lock(zk, '/l').acquire({ data: 'me' });
  assert.match(held.path, /^\/l\/_c_[0-9a-f-]{36}-lock-\d{10}$/, "Curator's layout");
  const lock = new Lock(other, '/l');
  assert.equal(await lock.tryAcquire(), null);
  const stop = new AbortController();
  const waiting = lock.acquire({ signal: stop.signal, data: 'you' });
  for await (const names of zk.childrenChanges('/l')) if (names?.length === 2) break;
  const line = (await lock.contenders()).map(({ data }) => data?.toString());
  assert.deepEqual(line, ['me', 'you']);
  stop.abort(new Error('enough'));
  await assert.rejects(waiting, /enough/);
  assert.equal((await zk.getChildren('/l')).length, 1, 'who gives up leaves nothing');
  await held.release();
  assert.equal(held.isHeld, false);
  assert.equal(held.signal.aborted, false, 'released is not lost');
  const next = await lock.tryAcquire();
  assert.ok(next);
  const lost = new Promise((resolve) => {
    next.signal.addEventListener('abort', resolve);
  });
  await zk.delete(next.path);
  await lost;
  assert.ok(next.signal.reason instanceof zab.NoNodeError);
};

const lockSurvivesLostReply = async ({ servers, base, zk }: Context): Promise<void> => {
  await using proxy = await Proxy.start(servers.connectString);
  await using client = await ZooKeeper.connect(proxy.address + base, connectOptions);
  await zk.create('/l');
  const said = proxy.mute();
  const acquired = new Lock(client, '/l').acquire();
  await said;
  proxy.cut();
  const held = await acquired;
  assert.equal((await zk.getChildren('/l')).length, 1, 'the lost create was found again');
  await held.release();
  assert.deepEqual(await zk.getChildren('/l'), []);
};

const lockTellsLoss = (context: Context): Promise<void> =>
  wired(context, async (holder, proxy) => {
    const waiter = await context.connect();
    const held = await new Lock(holder, '/l').acquire();
    const lost = new Promise((resolve) => {
      held.signal.addEventListener('abort', resolve);
    });
    const next = new Lock(waiter, '/l').acquire();
    proxy.cut({ open: false });
    await endSession(context, holder);
    await (await next).release();
    proxy.heal();
    await lost;
    assert.ok(held.signal.reason instanceof zab.ZooKeeperError);
    assert.equal(held.isHeld, false);
  });

const readersAndWriters = async ({ zk, connect }: Context): Promise<void> => {
  const a = new ReadWriteLock(zk, '/rw');
  const b = new ReadWriteLock(await connect(), '/rw');
  const first = await a.read.acquire();
  const second = await b.read.acquire();
  assert.equal(await a.write.tryAcquire(), null);
  let written = false;
  const writing = b.write.acquire().then((held) => {
    written = true;
    return held;
  });
  for await (const names of zk.childrenChanges('/rw')) if (names?.length === 3) break;
  assert.equal(await a.read.tryAcquire(), null, 'a reader does not overtake a writer');
  await first.release();
  assert.equal(written, false);
  await second.release();
  const held = await writing;
  assert.equal(await a.read.tryAcquire(), null);
  await held.release();
  assert.ok(await a.read.tryAcquire());
};

const elections = async ({ zk, connect }: Context): Promise<void> => {
  const [one, two] = [new LeaderLatch(zk, '/e', { id: 'one' }), await connect()];
  const other = new LeaderLatch(two, '/e', { id: 'two' });
  const leading = await one.lead();
  const waiting = other.lead();
  for await (const names of zk.childrenChanges('/e')) if (names?.length === 2) break;
  assert.deepEqual(await other.participants(), [
    { id: 'one', isLeader: true },
    { id: 'two', isLeader: false },
  ]);
  await leading.release();
  const next = await waiting;
  assert.equal(await one.leader(), 'two');
  await next.release();
  assert.equal(await one.leader(), null);
  const turns: string[] = [];
  await Promise.all(
    [zk, two].map((client, i) =>
      new LeaderSelector(client, '/s', { id: `s${i}` }).run(() => void turns.push(`s${i}`)),
    ),
  );
  assert.deepEqual(turns.sort(), ['s0', 's1']);
};

const barriers = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const barrier = new Barrier(zk, '/b/one');
  await barrier.set();
  await barrier.set();
  let open = false;
  const waiting = new Barrier(other, '/b/one').wait().then(() => (open = true));
  await other.sync('/');
  assert.equal(open, false);
  await barrier.remove();
  await waiting;
  await barrier.wait();
  const clients = await Promise.all([connect(), connect(), connect()]);
  let entered = 0;
  let left = 0;
  await Promise.all(
    clients.map(async (client) => {
      const double = new DoubleBarrier(client, '/b/two', 3);
      await double.enter();
      entered++;
      assert.equal(left, 0, 'nobody is out before all are in');
      await client.sync('/');
      await double.leave();
      assert.equal(entered, 3);
      left++;
    }),
  );
  assert.deepEqual(await zk.getChildren('/b/two'), []);
};

const counters = async ({ zk, connect }: Context): Promise<void> => {
  const clients = await Promise.all([connect(), connect(), connect()]);
  const counter = new Counter(zk, '/c/n');
  assert.equal(await counter.get(), 0n);
  await Promise.all(
    clients.map(async (client) => {
      const own = new Counter(client, '/c/n');
      for (let i = 0; i < 5; i++) await own.increment();
    }),
  );
  assert.equal(await counter.get(), 15n);
  assert.deepEqual((await zk.getData('/c/n')).data, Buffer.from([0, 0, 0, 0, 0, 0, 0, 15]));
  assert.equal(await counter.add(-20), -5n);
  assert.equal(await counter.compareAndSet(3, 4), false);
  assert.equal(await counter.compareAndSet(-5, 2n ** 63n - 1n), true);
  assert.equal(await counter.increment(), -(2n ** 63n), 'it wraps');
  const text = new Counter(zk, '/c/text', { format: 'text' });
  await text.set(7);
  assert.equal(await text.decrement(), 6n);
  assert.equal((await zk.getData('/c/text')).data?.toString(), '6');
  await zk.create('/c/odd', 'word');
  await assert.rejects(new Counter(zk, '/c/odd', { format: 'text' }).get(), TypeError);
};

const groups = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const group = new Group(zk, '/g');
  const ids = group.changes();
  assert.deepEqual((await ids.next()).value, []);
  const one = await group.join('one', '1');
  assert.deepEqual((await ids.next()).value, ['one']);
  const two = new Group(other, '/g').join('two', '2');
  assert.deepEqual((await ids.next()).value, ['one', 'two']);
  const members = await group.members();
  assert.deepEqual([...members.keys()].sort(), ['one', 'two']);
  assert.equal(members.get('two')?.toString(), '2');
  await (await two).release();
  assert.deepEqual((await ids.next()).value, ['one']);
  const again = new Group(other, '/g').join('one');
  await one.release();
  const heir = await again;
  assert.equal((await zk.exists('/g/one'))?.ephemeralOwner, other.sessionId);
  await heir.release();
};

const brief = ({ type, path, node }: CacheChange): string =>
  `${type} ${path}${type === 'deleted' ? '' : `=${node.data?.toString() ?? 'null'}`}`;

const caches =
  (options: TreeCacheOptions) =>
  async ({ servers, base, zk }: Context): Promise<void> => {
    await using proxy = await Proxy.start(servers.connectString);
    await using client = await ZooKeeper.connect(proxy.address + base, connectOptions);
    await zk.create('/t', 'root');
    await zk.create('/t/a', '1');
    await zk.create('/t/a/b', '2');
    await zk.create('/other');
    const cache = await TreeCache.start(client, '/t', options);
    assert.deepEqual(
      cache.all().map(({ path, data }) => `${path}=${data?.toString() ?? ''}`),
      ['/t=root', '/t/a=1', '/t/a/b=2'],
    );
    assert.deepEqual(cache.children('/t'), ['a']);
    const changes = cache.changes();
    const next = async (): Promise<string> => brief((await changes.next()).value as CacheChange);
    await zk.setData('/t/a', '3');
    assert.equal(await next(), 'changed /t/a=3');
    await zk.create('/t/c', '4');
    assert.equal(await next(), 'created /t/c=4');
    await zk.create('/t/c/d', '5');
    assert.equal(await next(), 'created /t/c/d=5');
    await zk.delete('/t/a/b');
    assert.equal(await next(), 'deleted /t/a/b');
    // What happens meanwhile is found afterwards.
    const lost = new Promise((resolve) => client.once('state', resolve));
    proxy.cut({ open: false });
    await lost;
    await zk.delete('/t/c/d');
    await zk.setData('/t/a', '6');
    await zk.create('/t/e', '7');
    proxy.heal();
    const found = [await next(), await next(), await next()].sort();
    assert.deepEqual(found, ['changed /t/a=6', 'created /t/e=7', 'deleted /t/c/d']);
    for (const path of ['/t/a', '/t/c', '/t/e', '/t']) await zk.delete(path);
    const gone = [await next(), await next(), await next(), await next()].sort();
    assert.deepEqual(gone, ['deleted /t', 'deleted /t/a', 'deleted /t/c', 'deleted /t/e']);
    assert.equal(cache.size, 0);
    await zk.create('/t', 'again');
    assert.equal(await next(), 'created /t=again');
    await cache.close();
    assert.deepEqual(await changes.next(), { done: true, value: undefined });
  };

export const recipes: readonly Case[] = [
  { name: 'lock: one holder at a time, in order', run: excludes },
  {
    name: 'lock: layout, tryAcquire, contenders, signal, a node deleted by others',
    run: lockDetails,
  },
  { name: 'lock: a create whose reply is lost is found by its GUID', run: lockSurvivesLostReply },
  { name: 'lock: the holder is told when its session ends', run: lockTellsLoss },
  { name: 'read-write lock', run: readersAndWriters },
  { name: 'leader latch and leader selector', run: elections },
  { name: 'barrier and double barrier', run: barriers },
  { name: 'counter', run: counters },
  { name: 'group', run: groups },
  { name: 'cached subtree, by a persistent watch', run: caches({}) },
  { name: 'cached subtree, by one-shot watches', run: caches({ watches: 'one-shot' }) },
];
