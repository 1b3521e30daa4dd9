/**
 * A step's line is with the kernel before any effect of the step leaves the process: servers are
 * killed (SIGKILL) at random moments while they write, and all that another server has read of them
 * is in their traces, in order. Without that, traces of servers that were killed could not be merged.
 * About 20 s.
 */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { readTraceFile, type SourceLine } from '../../conformance/trace/file.js';
import { mergeTraces } from '../../conformance/trace/merge.js';
import { startCluster } from '../support/cluster.js';
import { traceFileOf } from '../support/faults/live-traces.js';
import { dropFolder, makeFolder } from '../support/server-process.js';
import { startLoad } from './faults/load.js';

const KILLS = 9;
/** Several writes under way at any time. */
const WRITERS = 4;

/** By connection and server, as text: the packets that it sent, and those that it read. */
function packetsOf(files: readonly (readonly SourceLine[])[]): {
  readonly sent: ReadonlyMap<string, readonly string[]>;
  readonly read: ReadonlyMap<string, readonly string[]>;
} {
  const sent = new Map<string, string[]>();
  const read = new Map<string, string[]>();
  const push = (map: Map<string, string[]>, key: string, item: unknown): void => {
    const list = map.get(key) ?? [];
    map.set(key, list);
    list.push(JSON.stringify(item));
  };
  for (const { line } of files.flat()) {
    const { server, event } = line;
    if (event.type === 'packet') push(read, `${event.conn} ${server}`, event.packet);
    if (event.type === 'notification') push(read, `note ${event.from}`, event.notification);
    for (const item of line.sent) {
      if ('packet' in item) push(sent, `${item.conn} ${server}`, item.packet);
      if ('notification' in item) push(sent, `note ${server}`, item.notification);
    }
  }
  return { sent, read };
}

test('what others have read of a killed server is in its trace', async (t) => {
  const traces = makeFolder('zab-trace-');
  try {
    await using cluster = await startCluster({
      ...{ kind: 'zab', shape: 'ensemble', traces },
      cfg: { tickTime: 500, initLimit: 20, syncLimit: 4, extra: ['forceSync=no'] },
    });
    const load = await startLoad(cluster.addresses, WRITERS, 2);
    for (let kill = 0; kill < KILLS; kill++) {
      const victim = cluster.addresses[kill % cluster.addresses.length]!;
      await load.more(40);
      // Any moment is as good as another: that is the test.
      await delay(Math.random() * 20);
      await cluster.kill(victim);
      await cluster.restart(victim);
    }
    await load.end();
    await cluster.close();

    const files = [1, 2, 3].map((sid) => readTraceFile(traceFileOf(traces, sid)).lines);
    const { sent, read } = packetsOf(files);
    let count = 0;
    for (const [key, packets] of read) {
      if (key.startsWith('note ')) {
        const known = new Set(sent.get(key));
        assert.ok(
          packets.every((note) => known.has(note)),
          key,
        );
        continue;
      }
      const [conn = '', reader = ''] = key.split(' ');
      const others = [...sent.keys()].filter((k) => k.startsWith(`${conn} `) && k !== key);
      assert.equal(
        others.length,
        1,
        `${conn}: read by ${reader}, sent by ${others.join() || 'nobody'}`,
      );
      // The last ones may have been under way.
      assert.deepEqual(packets, sent.get(others[0]!)?.slice(0, packets.length), key);
      count += packets.length;
    }
    t.diagnostic(`${KILLS} kills; ${count} packets read, each of them in its sender's trace`);
    assert.ok(count > 1_000);
    const { refused } = mergeTraces(files);
    assert.equal(refused, null, refused?.why);
  } finally {
    dropFolder(traces);
  }
});
