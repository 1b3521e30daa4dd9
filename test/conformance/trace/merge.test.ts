import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digestOf } from '../../../conformance/trace/digest.js';
import type { SourceLine } from '../../../conformance/trace/file.js';
import { mergeTraces } from '../../../conformance/trace/merge.js';
import { traceText } from '../../../conformance/trace/recorder.js';
import { resolveTrace } from '../../../conformance/trace/resolve.js';
import { decodeLine } from '../../../conformance/trace/schema.js';
import { initialLogs } from '../../../conformance/trace/to-tla.js';
import type { Txn } from '../../../src/core/txn.js';
import { recordedRun, splitByServer } from './helper.js';

/** Every receipt comes after as many sends on its connection, whatever the order of the rest. */
function isCausal(lines: readonly SourceLine[]): boolean {
  const sent = new Map<string, number>();
  const read = new Map<string, number>();
  const count = (counts: Map<string, number>, key: string) => {
    const n = (counts.get(key) ?? 0) + 1;
    counts.set(key, n);
    return n;
  };
  return lines.every(({ line }) => {
    const { event, server } = line;
    if (event.type === 'packet') {
      const n = count(read, `${event.conn} ${server}`);
      const others = [...sent].filter(([key]) => key.startsWith(`${event.conn} `));
      const other = others.find(([key]) => key !== `${event.conn} ${server}`);
      if (n > (other?.[1] ?? 0)) return false;
    }
    for (const item of line.sent) if ('packet' in item) count(sent, `${item.conn} ${server}`);
    return true;
  });
}

test('merging files keeps the order of each server and puts sends before receipts', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1_000_000 }),
      fc.integer({ min: 20, max: 300 }),
      (seed, n) => {
        const files = splitByServer(recordedRun(seed, n).lines);
        const { lines, refused } = mergeTraces(files);
        assert.equal(refused, null);
        assert.ok(isCausal(lines));
        assert.deepEqual(
          splitByServer(lines)
            .map((own) => own.map((s) => s.number))
            .sort(),
          files.map((own) => own.map((s) => s.number)).sort(),
        );
      },
    ),
    { numRuns: 25 },
  );
});

test('a receipt that nobody sent has no place: the merge ends there and says which it is', () => {
  const { lines } = recordedRun(1, 120);
  const sender = lines.find(({ line }) => line.action === 'LeaderPersistCurrentEpoch')!;
  const mute = { ...sender, line: { ...sender.line, sent: [] } };
  const { refused } = mergeTraces(splitByServer(lines.map((s) => (s === sender ? mute : s))));
  assert.match(refused!.why, /^server \d reads packet \d+ of c\d+, which server \d has not sent$/);
});

test('a recorded line is read back as it was written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
      for (const { line } of recordedRun(seed, 60).lines) {
        assert.deepEqual(decodeLine(traceText(line).trimEnd()), { ok: true, value: line });
      }
    }),
    { numRuns: 10 },
  );
});

test('a line of another ensemble, action or server is refused where it stands', () => {
  const { lines } = recordedRun(2, 60);
  const refusedWith = (change: (line: SourceLine['line']) => object) => {
    const wrong = lines.map((s, i) =>
      i === 10 ? { ...s, line: { ...s.line, ...change(s.line) } as SourceLine['line'] } : s,
    );
    const { refused, lines: before } = resolveTrace('x', wrong)!;
    assert.equal(before.length, 10);
    return refused!.why;
  };
  assert.equal(
    refusedWith(() => ({ server: 9 })),
    'server 9 is no member of the ensemble',
  );
  assert.equal(
    refusedWith(() => ({ action: 'Guess' })),
    'there is no action Guess',
  );
  assert.match(
    refusedWith(({ post }) => ({ post: { ...post, leader: 8 } })),
    /^server 8 is no member/,
  );
  const start = lines[0]!.line.event;
  assert.equal(
    refusedWith(() => ({ event: { ...start, voters: [1, 2] } })),
    'the servers do not agree who is a member',
  );
});

test('a digest depends on the content, not on where the transaction comes from', () => {
  const body = { type: 'setData', path: '/a', data: new Uint8Array([1, 2]), version: 3 } as const;
  const txn = { zxid: 1, sessionId: 5n, cxid: 7, time: 9, body } as unknown as Txn;
  const { type, path, version } = body;
  const same = { version, data: Buffer.from([1, 2]), path, type };
  const other = { body: same, cxid: 7, sessionId: 5n, time: 9, zxid: 1 } as unknown as Txn;
  assert.equal(digestOf(other), digestOf(txn));
  assert.match(digestOf(txn), /^[0-9a-f]{12}$/);
  for (const change of [{ cxid: 8 }, { body: { ...body, data: null } }, { sessionId: 6n }]) {
    assert.notEqual(digestOf({ ...txn, ...change } as Txn), digestOf(txn));
  }
});

test('what is only in a snapshot at first is taken from the logs of the others', () => {
  const disk = (counter: number, log: [number, number, string][]) => ({
    acceptedEpoch: 1,
    currentEpoch: 1,
    snapshotZxid: [1, counter] as [number, number],
    log,
  });
  const logs = initialLogs(
    new Map([
      [
        1,
        disk(0, [
          [1, 1, 'a'],
          [1, 2, 'b'],
        ]),
      ],
      [2, disk(1, [[1, 2, 'b']])],
      [3, disk(3, [])],
    ]),
  );
  assert.deepEqual(logs.get(1), [
    [1, 1, 'a'],
    [1, 2, 'b'],
  ]);
  assert.deepEqual(logs.get(2), [
    [1, 1, 'a'],
    [1, 2, 'b'],
  ]);
  assert.deepEqual(logs.get(3), [
    [1, 1, 'a'],
    [1, 2, 'b'],
    [1, 3, ''],
  ]);
});
