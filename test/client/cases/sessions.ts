/** Sessions: lost connections, resumption, expiry, signals, timeouts, several hosts. */
import assert from 'node:assert/strict';
import * as zab from '../../../src/client/index.js';
import { ZooKeeper, type ClientState, type WatchedEvent } from '../../../src/client/index.js';
import { Inbox } from '../../support/inbox.js';
import { freePorts } from '../../support/server-process.js';
import { Proxy } from '../proxy.js';
import type { Case, Context } from '../targets.js';
import { connectOptions as options, endSession, wired } from '../wired.js';

const brief = ({ type, path }: WatchedEvent): string => `${type} ${path}`;

const resumes = (context: Context): Promise<void> =>
  wired(context, async (zk, proxy) => {
    const { zk: other } = context;
    const events = new Inbox<WatchedEvent>();
    const states = new Inbox<ClientState>();
    zk.on('state', states.push);
    const id = zk.sessionId;
    await zk.create('/e', null, { mode: 'ephemeral' });
    await zk.create('/data', 'x');
    await zk.create('/quiet', 'x');
    await zk.getData('/data', { watcher: events.push });
    await zk.getData('/quiet', { watcher: events.push });
    await zk.exists('/later', { watcher: events.push });
    await zk.getChildren('/data', { watcher: events.push });
    proxy.cut({ open: false });
    assert.equal(await states.take(), 'connecting');
    await other.setData('/data', 'y');
    await other.create('/data/child');
    await other.create('/later');
    // What is asked meanwhile waits for the next connection.
    const waiting = zk.getData('/data');
    proxy.heal();
    assert.equal((await waiting).data?.toString(), 'y');
    assert.equal(await states.take(), 'connected');
    assert.equal(zk.sessionId, id);
    const caught = [await events.take(), await events.take(), await events.take()].map(brief);
    assert.deepEqual(caught.sort(), [
      'NodeChildrenChanged /data',
      'NodeCreated /later',
      'NodeDataChanged /data',
    ]);
    assert.equal((await other.exists('/e'))?.ephemeralOwner, id);
    await other.setData('/quiet', 'y');
    assert.equal(brief(await events.take()), 'NodeDataChanged /quiet');
  });

const losesReplies = (context: Context): Promise<void> =>
  wired(context, async (zk, proxy) => {
    const said = proxy.mute();
    const lost = zk.create('/a', 'x');
    const behind = zk.getData('/a');
    await said;
    proxy.cut({ open: false });
    await assert.rejects(lost, (error: unknown) => {
      assert.ok(error instanceof zab.ConnectionLossError);
      assert.deepEqual([error.path, error.maybeDone, error.code], ['/a', true, -4]);
      return true;
    });
    await assert.rejects(behind, zab.ConnectionLossError);
    proxy.heal();
    // Done once, and not again.
    assert.equal((await zk.getData('/a')).stat.version, 0);
  });

const failsFast = async ({ servers, base }: Context): Promise<void> => {
  await using proxy = await Proxy.start(servers.connectString);
  await using zk = await ZooKeeper.connect(proxy.address + base, { ...options, failFast: true });
  const states = new Inbox<ClientState>();
  zk.on('state', states.push);
  proxy.cut({ open: false });
  await states.take();
  await assert.rejects(zk.exists('/'), (error: unknown) => {
    assert.ok(error instanceof zab.ConnectionLossError);
    assert.equal(error.maybeDone, false);
    return true;
  });
};

const expires = (context: Context): Promise<void> =>
  wired(context, async (zk, proxy) => {
    const states = new Inbox<ClientState>();
    const events = new Inbox<WatchedEvent>();
    zk.on('state', states.push);
    await zk.create('/e', null, { mode: 'ephemeral' });
    await zk.exists('/e', { watcher: events.push });
    await zk.getChildren('/', { watcher: events.push });
    const iterator = zk.dataChanges('/e');
    await iterator.next();
    const change = iterator.next();
    proxy.cut({ open: false });
    await endSession(context, zk);
    const waiting = zk.getData('/e');
    proxy.heal();
    await assert.rejects(waiting, zab.SessionExpiredError);
    await assert.rejects(zk.exists('/e'), zab.SessionExpiredError);
    await assert.rejects(change, zab.SessionExpiredError);
    await states.until((state) => state === 'expired');
    assert.equal(states.all.filter((state) => state === 'expired').length, 1);
    const told = events.all.map(({ type, state }) => `${type} ${state}`);
    assert.deepEqual(told, ['None Expired'], 'a watcher of two watches is told once');
    assert.equal(await context.zk.exists('/e'), null);
  });

const handsOver = async ({ zk, connect }: Context): Promise<void> => {
  await zk.create('/e', null, { mode: 'ephemeral' });
  const session = { id: zk.sessionId, password: zk.sessionPassword };
  zk.detach();
  await assert.rejects(zk.exists('/e'), zab.ClientClosedError);
  const heir = await connect({ session });
  assert.equal(heir.sessionId, session.id);
  assert.equal((await heir.exists('/e'))?.ephemeralOwner, session.id);
};

const closes = async ({ zk, connect }: Context): Promise<void> => {
  const other = await connect();
  await other.create('/e', null, { mode: 'ephemeral' });
  const events = new Inbox<WatchedEvent>();
  await other.exists('/no', { watcher: events.push });
  const before = other.getData('/e');
  const closed = other.close();
  const after = assert.rejects(other.getData('/e'), zab.ClientClosedError);
  assert.equal((await before).data, null, 'what was asked before is answered');
  await after;
  await closed;
  assert.equal(other.state, 'closed');
  assert.deepEqual(events.all.at(-1)?.state, 'Closed');
  await zk.sync('/');
  assert.equal(await zk.exists('/e'), null, 'ephemerals go with the session');
  await other.close();
};

const signals = (context: Context): Promise<void> =>
  wired(context, async (zk, proxy) => {
    const { zk: other } = context;
    const states = new Inbox<ClientState>();
    zk.on('state', states.push);
    await zk.create('/a', 'x');
    await assert.rejects(zk.exists('/a', { signal: AbortSignal.abort(new Error('no')) }), /no/);
    const said = proxy.mute();
    const stop = new AbortController();
    const stopped = zk.setData('/a', 'y', { signal: stop.signal });
    // At once, as it may be late before what follows is done.
    const late = assert.rejects(zk.getData('/a', { timeout: 50 }), (error: unknown) => {
      assert.ok(error instanceof zab.RequestTimeoutError);
      assert.deepEqual([error.code, error.path], [-122, '/a']);
      return true;
    });
    await said;
    stop.abort(new Error('enough'));
    await assert.rejects(stopped, /enough/);
    await late;
    proxy.cut();
    await states.until((state) => state === 'connected');
    // It was sent, and the server did it.
    assert.equal((await zk.getData('/a')).data?.toString(), 'y');
    const held = new AbortController();
    const waiting = zk.getData('/a', { signal: held.signal });
    held.abort();
    await assert.rejects(waiting, { name: 'AbortError' });
    assert.equal((await other.getData('/a')).data?.toString(), 'y');
    assert.equal((await zk.getData('/a')).data?.toString(), 'y', 'the stream goes on');
  });

const findsHost = async ({ servers, base }: Context): Promise<void> => {
  const [nobody] = await freePorts(1);
  const both = `127.0.0.1:${nobody},${servers.connectString}${base}`;
  for (let i = 0; i < 4; i++) {
    await using zk = await ZooKeeper.connect(both, options);
    assert.ok(servers.connectString.split(',').includes(zk.server ?? ''));
    await zk.exists('/');
  }
  const silent = ZooKeeper.connect(`127.0.0.1:${nobody}`, { connectTimeout: 300 });
  await assert.rejects(silent, zab.ConnectionLossError);
  const stop = AbortSignal.abort(new Error('no'));
  await assert.rejects(ZooKeeper.connect(`127.0.0.1:${nobody}`, { signal: stop }), /no/);
};

const surviveLeader = async ({ servers, zk, connect }: Context): Promise<void> => {
  const other = await connect();
  const id = zk.sessionId;
  const events = new Inbox<WatchedEvent>();
  await zk.create('/e', null, { mode: 'ephemeral' });
  await zk.create('/n', '0');
  await other.getData('/n', { watcher: events.push });
  const leader = await servers.leader();
  await servers.kill(leader);
  for (;;) {
    try {
      await zk.setData('/n', '1');
      break;
    } catch (error) {
      assert.ok(error instanceof zab.ConnectionLossError, String(error));
      await zk.connected();
    }
  }
  assert.equal(brief(await events.take()), 'NodeDataChanged /n');
  assert.equal(zk.sessionId, id);
  await other.sync('/');
  assert.equal((await other.exists('/e'))?.ephemeralOwner, id);
  await servers.restart(leader);
};

export const sessions: readonly Case[] = [
  { name: 'a lost connection: same session, watches set again and caught up', run: resumes },
  { name: 'a lost reply is ConnectionLoss, and nothing is sent twice', run: losesReplies },
  { name: 'failFast rejects what waits for a connection', run: failsFast },
  { name: 'expiry is told once, to all', run: expires },
  { name: 'a session handed over to another client', run: handsOver },
  { name: 'close', run: closes },
  { name: 'AbortSignal and timeouts', run: signals },
  { name: 'several hosts, of which one answers', run: findsHost },
];

/** Last, as a leader that was killed takes time to come back. */
export const leaderLoss: readonly Case[] = [
  {
    name: 'the leader is killed: the session goes on',
    on: ({ shape }) => shape === 'ensemble',
    run: surviveLeader,
  },
];
