/** The client's parts by themselves: connect strings, batches, SASL, waits, queues. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AsyncQueue } from '../../src/client/async-queue.js';
import { Backoff } from '../../src/client/backoff.js';
import { HostList, parseConnectString } from '../../src/client/connect-string.js';
import { errorOf } from '../../src/client/errors.js';
import * as client from '../../src/client/index.js';
import { fromServer, isValidPath, toServer } from '../../src/client/paths.js';
import { digestResponse, parseDirectives, SaslExchange } from '../../src/client/sasl.js';
import { WatchRegistry, watchBatches } from '../../src/client/watch-registry.js';
import { ErrorCode } from '../../src/core/error-code.js';

test('connect strings', () => {
  assert.deepEqual(parseConnectString('a:1,b,[::1]:3/x/y'), {
    hosts: [
      { host: 'a', port: 1 },
      { host: 'b', port: 2181 },
      { host: '::1', port: 3 },
    ],
    chroot: '/x/y',
  });
  assert.equal(parseConnectString('a:1/').chroot, '');
  for (const bad of [
    '',
    '/x',
    'a:b',
    'a:1:2',
    'a:0',
    'a:70000',
    'a:1//x',
    'a:1/x/',
    '[::1',
    'a:1/..',
  ]) {
    assert.throws(() => parseConnectString(bad), TypeError, bad);
  }
});

test('hosts are tried in turn, all of them', () => {
  const hosts = [1, 2, 3].map((port) => ({ host: 'h', port }));
  const list = new HostList(hosts);
  const ports = Array.from({ length: 6 }, () => list.next().port);
  assert.deepEqual([...ports.slice(0, 3)].sort(), [1, 2, 3]);
  assert.deepEqual(ports.slice(0, 3), ports.slice(3));
  list.prefer(hosts[1]!);
  assert.equal(list.next().port, 2);
});

test('every code has a class of its own, and its words', () => {
  const seen = new Set<unknown>();
  for (const [name, code] of Object.entries(ErrorCode)) {
    if (code === 0 || name === 'UNKNOWNSESSION' || name === 'APIERROR') continue;
    const error = errorOf(code, '/p');
    assert.equal(error.code, code);
    assert.notEqual(error.constructor, client.ZooKeeperError, name);
    assert.equal(error.name, error.constructor.name);
    assert.ok(!seen.has(error.constructor), name);
    assert.ok(error.constructor.name in client, `${error.name} is exported`);
    seen.add(error.constructor);
  }
  const unknown = errorOf(-999, null);
  assert.deepEqual([unknown.name, unknown.code], ['ZooKeeperError', -999]);
});

test('chroots', () => {
  assert.equal(toServer('/c', '/'), '/c');
  assert.equal(toServer('/c', '/a'), '/c/a');
  assert.equal(fromServer('/c', '/c'), '/');
  assert.equal(fromServer('/c', '/c/a'), '/a');
  assert.equal(fromServer('/c', '/cc'), '/cc');
  assert.equal(fromServer('/c', '/zookeeper/config'), '/zookeeper/config');
  for (const good of ['/', '/a', '/a/.b', '/a/..b', '/ä']) assert.ok(isValidPath(good), good);
});

test('watches are set again in batches of 128 KiB and a path', () => {
  const long = (i: number): string => `/${String(i).padStart(999, 'x')}`;
  const all = Array.from({ length: 400 }, (_, i) => long(i));
  const none = { data: [], exist: [], child: [], persistent: [], recursive: [] };
  const batches = watchBatches({ ...none, data: all.slice(0, 150), child: all.slice(150) });
  assert.equal(batches.length, 4);
  const back = batches.flatMap(({ data, child }) => [...data, ...child]);
  assert.deepEqual(back, all);
  for (const { data, child } of batches) {
    const length = [...data, ...child].reduce((sum, path) => sum + path.length, 0);
    assert.ok(length < 128 * 1024 + 1_000);
  }
  assert.deepEqual(watchBatches(none), []);
});

test('the registry: whom an event is for', () => {
  const registry = new WatchRegistry();
  const [data, exist, child, flat, deep] = Array.from({ length: 5 }, () => () => undefined);
  registry.add('data', '/a', data!);
  registry.add('exist', '/a', exist!);
  registry.add('child', '/a', child!);
  registry.add('persistent', '/a', flat!);
  registry.add('recursive', '/', deep!);
  const take = (type: 'NodeCreated' | 'NodeDeleted' | 'NodeChildrenChanged', path: string) =>
    registry.take({ type, path, state: 'SyncConnected', zxid: 1n });
  assert.deepEqual([...take('NodeChildrenChanged', '/a')], [child, flat]);
  assert.deepEqual([...take('NodeCreated', '/a/b')], [deep]);
  assert.deepEqual([...take('NodeDeleted', '/a')], [data, exist, flat, deep]);
  assert.deepEqual([...take('NodeDeleted', '/a')], [flat, deep]);
  assert.equal(registry.clear().size, 2);
});

test("SASL DIGEST-MD5: RFC 2831's example, and a whole exchange", () => {
  const input = {
    username: 'chris',
    password: 'secret',
    realm: 'elwood.innosoft.com',
    nonce: 'OA6MG9tEQGm2hh',
    cnonce: 'OA6MHXh6VqTrRk',
    digestUri: 'imap/elwood.innosoft.com',
  };
  assert.equal(digestResponse(input, 'client'), 'd388dad90d4bbd760a152321f2143af7');
  assert.equal(digestResponse(input, 'server'), 'ea40f60335c427b5527b84dbabcdfffd');
  const options = {
    username: 'chris',
    password: 'secret',
    service: 'imap',
    serverName: 'elwood.innosoft.com',
  };
  const challenge =
    'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8';
  const exchange = new SaslExchange(options, 'OA6MHXh6VqTrRk');
  const answer = exchange.answer(Buffer.from(challenge));
  assert.ok(Buffer.isBuffer(answer));
  const said = parseDirectives(answer.toString());
  assert.equal(said.get('response'), 'd388dad90d4bbd760a152321f2143af7');
  assert.equal(said.get('nc'), '00000001');
  assert.equal(exchange.answer(Buffer.from('rspauth=ea40f60335c427b5527b84dbabcdfffd')), 'done');
  const other = new SaslExchange(options);
  other.answer(Buffer.from(challenge));
  assert.equal(other.answer(Buffer.from('rspauth=0')), 'failed', 'a server that knows no password');
  assert.equal(new SaslExchange(options).answer(Buffer.from('x')), 'failed');
});

test('waits between attempts: none in the first round, then longer, at most a second', () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 20 }, () => backoff.next(2));
  assert.deepEqual(waits.slice(0, 2), [0, 0]);
  assert.ok(waits.slice(2, 4).every((ms) => ms >= 25 && ms <= 50));
  assert.ok(waits.slice(-2).every((ms) => ms >= 500 && ms <= 1_000));
});

test('a queue: what is there is read first, then the end', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.fail(new Error('over'));
  queue.push(2);
  assert.deepEqual(await queue.next(), { done: false, value: 1 });
  await assert.rejects(queue.next(), /over/);
  assert.deepEqual(await queue.next(), { done: true, value: undefined });
  let released = 0;
  const other = new AsyncQueue<number>(() => released++);
  const reading = other.next();
  await other.return();
  assert.deepEqual(await reading, { done: true, value: undefined });
  other.end();
  assert.equal(released, 1);
});
