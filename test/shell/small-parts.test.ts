/** Alarm, logger, addresses, how four-letter words are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressText, plainIp, reachable } from '../../src/shell/address.js';
import { Alarm } from '../../src/shell/alarm.js';
import { monotonicNow } from '../../src/shell/clock.js';
import { fourLetterWord } from '../../src/shell/operator/words.js';
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

test('a log line as JSON has the same in it', () => {
  const lines: string[] = [];
  const log = createLogger('warn', (line) => lines.push(line), '', 'json').child('3');
  log.info('not this');
  log.warn('hel"lo', { a: 1, b: 2n ** 60n, c: 'x\ny', d: null });
  const [line = ''] = lines;
  assert.equal(lines.length, 1);
  assert.match(line, /^[^\n]+\n$/);
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  assert.match(String(time), /^\d{4}-\d\d-\d\dT/);
  const fields = { a: 1, b: '1152921504606846976', c: 'x\ny', d: null };
  assert.deepEqual(rest, { level: 'warn', server: '3', message: 'hel"lo', ...fields });
});

test('addresses', () => {
  assert.equal(addressText({ host: '::1', port: 5 }), '[::1]:5');
  assert.equal(addressText({ host: 'h', port: 5 }), 'h:5');
  assert.equal(plainIp('::ffff:10.0.0.1'), '10.0.0.1');
  assert.equal(plainIp('::1'), '::1');
  assert.equal(addressText(reachable({ host: '0.0.0.0', port: 5 })), '127.0.0.1:5');
  assert.equal(addressText(reachable({ host: 'h', port: 5 })), 'h:5');
});

test('four-letter words are told from lengths', () => {
  assert.equal(fourLetterWord(Buffer.from('srvr')), 'srvr');
  assert.equal(fourLetterWord(Buffer.from('rvrs')), null);
  assert.equal(fourLetterWord(Buffer.from([0, 0, 0, 45])), null);
});
