/**
 * The process's own figures, under the names that Apache's Prometheus provider has for a JVM's,
 * as far as there is the like here: memory, CPU, file descriptors, collections of garbage.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { PerformanceObserver } from 'node:perf_hooks';
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { Double } from '../operator/java-text.js';
import type { Gauge, GaugeSample } from './exposition.js';

/** Collections since the first server of this process began to watch, by kind. */
const collections = new Map<number, { count: number; seconds: number }>();
const KINDS: Readonly<Record<number, string>> = {
  1: 'Scavenge',
  2: 'MinorMarkCompact',
  4: 'MarkSweepCompact',
  8: 'IncrementalMarking',
  16: 'WeakCallbacks',
};

let observers = 0;
let observer: PerformanceObserver | null = null;

/** Counts collections until the function that comes back is called. */
export function watchCollections(): () => void {
  observers += 1;
  observer ??= startObserver();
  let watching = true;
  return () => {
    if (!watching) return;
    watching = false;
    observers -= 1;
    if (observers > 0) return;
    observer?.disconnect();
    observer = null;
  };
}

function startObserver(): PerformanceObserver {
  const started = new PerformanceObserver((list) => {
    for (const { duration, detail } of list.getEntries()) {
      const { kind } = detail as { readonly kind: number };
      const known = collections.get(kind) ?? { count: 0, seconds: 0 };
      known.count += 1;
      known.seconds += duration / 1000;
      collections.set(kind, known);
    }
  });
  started.observe({ entryTypes: ['gc'] });
  return started;
}

export function processGauges(): readonly Gauge[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const { heap_size_limit: limit } = getHeapStatistics();
  const descriptors = fileDescriptors();
  const start = Date.now() / 1000 - process.uptime();
  return [
    one('process_cpu_seconds_total', (user + system) / 1e6, 'Total user and system CPU time', true),
    one('process_start_time_seconds', start, 'Start time of the process since unix epoch'),
    one('process_open_fds', descriptors.open, 'Number of open file descriptors.'),
    one('process_max_fds', descriptors.max, 'Maximum number of open file descriptors.'),
    one('process_resident_memory_bytes', rss, 'Resident memory size in bytes.'),
    areas('jvm_memory_bytes_used', heapUsed, external),
    areas('jvm_memory_bytes_committed', heapTotal, external),
    areas('jvm_memory_bytes_max', limit, -1),
    pools('jvm_memory_pool_bytes_used', 'space_used_size'),
    pools('jvm_memory_pool_bytes_committed', 'space_size'),
    {
      name: 'jvm_buffer_pool_used_bytes',
      samples: [{ labels: { pool: 'direct' }, value: new Double(arrayBuffers) }],
    },
    {
      name: 'jvm_gc_collection_seconds',
      help: 'Time spent in a given JVM garbage collector in seconds.',
      type: 'summary',
      samples: Object.entries(KINDS).flatMap(([kind, gc]): GaugeSample[] => {
        const { count, seconds } = collections.get(Number(kind)) ?? { count: 0, seconds: 0 };
        const labels = { gc };
        return [
          { suffix: '_count', labels, value: new Double(count) },
          { suffix: '_sum', labels, value: new Double(seconds) },
        ];
      }),
    },
    {
      name: 'jvm_info',
      help: 'JVM version info',
      samples: [
        {
          labels: { version: process.version, vendor: 'Node.js', runtime: 'V8' },
          value: new Double(1),
        },
      ],
    },
  ];
}

function one(name: string, value: number, help: string, isCounter = false): Gauge {
  return { name, help, type: isCounter ? 'counter' : 'gauge', samples: [{ value }] };
}

function areas(name: string, heap: number, nonheap: number): Gauge {
  const sample = (area: string, value: number): GaugeSample => ({ labels: { area }, value });
  return { name, samples: [sample('heap', heap), sample('nonheap', nonheap)] };
}

function pools(name: string, field: 'space_used_size' | 'space_size'): Gauge {
  const samples = getHeapSpaceStatistics().map((space) => ({
    labels: { pool: space.space_name },
    value: space[field],
  }));
  return { name, samples };
}

/** −1 where the system does not say. */
export function fileDescriptors(): { readonly open: number; readonly max: number } {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const max = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
    return { open: readdirSync('/proc/self/fd').length, max: max === undefined ? -1 : Number(max) };
  } catch {
    return { open: -1, max: -1 };
  }
}
