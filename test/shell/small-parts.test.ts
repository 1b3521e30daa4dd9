/** Alarm, logger, counters, four-letter words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Zxid } from '../../src/core/zxid.js';
import { addressText, plainIp, reachable } from '../../src/shell/address.js';
import { Alarm } from '../../src/shell/alarm.js';
import { ClientStats } from '../../src/shell/client-stats.js';
import { monotonicNow } from '../../src/shell/clock.js';
import { answerWord, fourLetterWord, type ServerFacts } from '../../src/shell/four-letter-words.js';
import { createLogger } from '../../src/shell/logger.js';

/** Sets the alarm to each of `after` ms from now, in turn; when it rang, and the last of them. */
async function ring(...after: readonly number[]): Promise<readonly [number, number]> {
  let last = 0;
  const rang = new Promise<number>((resolve) => {
    const alarm = new Alarm(() => resolve(monotonicNow()));
    for (const ms of after) {
      last = monotonicNow() + ms;
      alarm.set(last);
    }
  });
  return [await rang, last];
}

for (const after of [[0], [-5], [15], [5, 25], [60_000, 5], [5, 60_000, 10]]) {
  test(`an alarm set to ${after.join(', then ')} ms rings once the last is reached`, async () => {
    const [rang, at] = await ring(...after);
    assert.ok(rang >= at, `${rang} ≥ ${at}`);
  });
}

test('an alarm that is stopped or unset does not ring', async () => {
  const rings: string[] = [];
  const stopped = new Alarm(() => rings.push('stopped'));
  stopped.set(monotonicNow() + 5);
  stopped.stop();
  const unset = new Alarm(() => rings.push('unset'));
  unset.set(monotonicNow() + 5);
  unset.set(null);
  await ring(20);
  assert.deepEqual(rings, []);
});

test('a log line: time, level, server, message, fields; nothing breaks it apart', () => {
  const lines: string[] = [];
  const log = createLogger('info', (line) => lines.push(line)).child('3');
  log.debug('not this');
  log.info('hello', { a: 1, b: 2n, c: 'two words', d: 'x\ny', e: null, f: '' });
  log.warn('plain');
  const [first = '', second = ''] = lines;
  assert.equal(lines.length, 2);
  assert.equal(
    first.replace(/^\S+Z /, ''),
    'INFO  [3] hello a=1 b=2 c="two words" d="x\\ny" e=null f=""\n',
  );
  assert.match(second, /^\d{4}-\d\d-\d\dT\S+Z WARN {2}\[3\] plain\n$/);
});

test('latencies', () => {
  const stats = new ClientStats();
  assert.deepEqual(stats.latency, { min: 0, avg: 0, max: 0 });
  for (const ms of [3, 1, 5]) stats.answered(ms);
  assert.deepEqual(stats.latency, { min: 1, avg: 3, max: 5 });
  assert.equal(stats.sent, 3);
});

test('addresses', () => {
  assert.equal(addressText({ host: '::1', port: 5 }), '[::1]:5');
  assert.equal(addressText({ host: 'h', port: 5 }), 'h:5');
  assert.equal(plainIp('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(plainIp('::1'), '::1');
  assert.equal(addressText(reachable({ host: '0.0.0.0', port: 5 })), '127.0.0.1:5');
  assert.equal(addressText(reachable({ host: 'h', port: 5 })), 'h:5');
});

const FACTS: ServerFacts = {
  version: 'V',
  serving: true,
  mode: 'follower',
  zxid: (5 * 2 ** 32 + 16) as Zxid,
  nodeCount: 7,
  connectionCount: 2,
  outstanding: 1,
  received: 10,
  sent: 9,
  latency: { min: 0, avg: 1.23456, max: 8 },
  connections: [' /a', ' /b'],
};
const SRVR = [
  'Latency min/avg/max: 0/1.2346/8',
  'Received: 10',
  'Sent: 9',
  'Connections: 2',
  'Outstanding: 1',
  'Zxid: 0x500000010',
  'Mode: follower',
  'Node count: 7',
  '',
].join('\n');

test('four-letter words are told from lengths', () => {
  assert.equal(fourLetterWord(Buffer.from('srvr')), 'srvr');
  assert.equal(fourLetterWord(Buffer.from('rvrs')), null);
  assert.equal(fourLetterWord(Buffer.from([0, 0, 0, 45])), null);
});

test('what four-letter words answer', () => {
  assert.equal(answerWord('srvr', FACTS), `Zookeeper version: V\n${SRVR}`);
  assert.equal(
    answerWord('stat', FACTS),
    `Zookeeper version: V\nClients:\n /a\n\n /b\n\n\n${SRVR}`,
  );
  assert.match(answerWord('mntr', FACTS), /^zk_version\tV\nzk_server_state\tfollower\n/);
  assert.match(answerWord('mntr', FACTS), /\nzk_znode_count\t7\n$/);
  const idle = { ...FACTS, serving: false };
  assert.equal(answerWord('ruok', idle), 'imok');
  assert.equal(answerWord('isro', idle), 'null');
  assert.equal(
    answerWord('srvr', idle),
    'This ZooKeeper instance is not currently serving requests\n',
  );
  assert.equal(answerWord('wchs', FACTS), 'wchs is not implemented by this server.\n');
});
