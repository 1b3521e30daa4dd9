/** Measures flushes of the log where they happen (Apache: `FileTxnLog.commit`). */
import type { LogIo } from '../storage/log-writer.js';
import type { ServerMetrics } from './server-metrics.js';

/**
 * @param thresholdMs a flush that takes longer is told of by `onSlow`.
 */
export function meterDisk(
  io: LogIo,
  metrics: ServerMetrics,
  thresholdMs: number,
  onSlow: (ms: number) => void,
): LogIo {
  const sync = async (fd: number): Promise<void> => {
    const start = performance.now();
    await io.sync(fd);
    const ms = Math.round(performance.now() - start);
    metrics.fsyncTime.add(ms);
    metrics.syncProcessorFlushTime.add(ms);
    if (ms > thresholdMs) onSlow(ms);
  };
  return { ...io, sync };
}
