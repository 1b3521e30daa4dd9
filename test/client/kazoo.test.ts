/** Recipes whose layouts kazoo shares: a lock, a counter, a double barrier, with kazoo on the other side. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Counter, DoubleBarrier, Lock, ZooKeeper } from '../../src/client/index.js';
import { ZooKeeperServer } from '../../src/testing/index.js';
import { kazooPython } from '../support/kazoo.js';
import { projectRoot } from '../support/provision.js';

test('lock, counter and double barrier with kazoo', { timeout: 120_000 }, async () => {
  const python = await kazooPython();
  await using server = await ZooKeeperServer.start();
  await using zk = await ZooKeeper.connect(server.connectString);
  const script = join(projectRoot, 'test', 'client', 'kazoo_beside.py');
  const child = spawn(python, [script, server.connectString], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const kazoo = async (step: string): Promise<string> => {
    child.stdin.write(`${step}\n`);
    return String((await lines.next()).value);
  };
  try {
    const lock = new Lock(zk, '/lock');
    const held = await lock.acquire({ data: 'zab' });
    assert.equal(await kazoo('try'), 'False');
    const waiting = kazoo('acquire');
    for await (const names of zk.childrenChanges('/lock')) if (names?.length === 2) break;
    const line = (await lock.contenders()).map(({ data }) => data?.toString());
    assert.deepEqual(line, ['zab', 'kazoo']);
    await held.release();
    assert.equal(await waiting, 'True');
    assert.equal(await lock.tryAcquire(), null);
    const next = lock.acquire();
    await kazoo('release');
    await (await next).release();

    const counter = new Counter(zk, '/counter', { format: 'text' });
    await counter.add(4);
    assert.equal(await kazoo('add'), '7');
    assert.equal(await counter.get(), 7n);

    const barrier = new DoubleBarrier(zk, '/barrier', 2);
    await Promise.all([barrier.enter(), kazoo('enter')]);
    await Promise.all([barrier.leave(), kazoo('leave')]);
  } finally {
    child.stdin.end();
    child.kill();
  }
});
