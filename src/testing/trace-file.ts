/**
 * A trace of every core step of some servers, as a file: lines are numbered over all of them, and
 * each is with the kernel before any effect of its step leaves the process.
 */
import { closeSync, writeSync } from 'node:fs';
import { OperatorError } from '../shell/operator-error.js';
import type { OpenTrace } from '../shell/trace-sink.js';

export interface TraceFile {
  /** For each server that is started, and started again. */
  readonly open: OpenTrace;
  /** Safe to call twice; no server may run any more. */
  close(): void;
}

/**
 * Opens `path` to write on where it ends. Loads the recorder, which a server without a trace never
 * needs.
 * @throws {OperatorError} if it cannot be written, or holds something else.
 */
export async function openTraceFile(path: string): Promise<TraceFile> {
  const { openTrace, UnusableTrace } = await import('../../conformance/trace/file.js');
  const { traceLine, traceText } = await import('../../conformance/trace/recorder.js');
  const failed = (error: unknown): OperatorError => {
    if (error instanceof UnusableTrace) return new OperatorError(error.message);
    const { code, message } = error as NodeJS.ErrnoException;
    return new OperatorError(`trace ${path} cannot be written (${code ?? message})`);
  };
  const attempt = <A>(run: () => A): A => {
    try {
      return run();
    } catch (error) {
      throw failed(error);
    }
  };
  const { fd, nextSeq } = attempt(() => openTrace(path));
  let seq = nextSeq;
  let open = true;
  return {
    open: ({ connectionName: connName }) => ({
      line: (step) => {
        const text = traceText(traceLine(step, { seq, connName }));
        attempt(() => writeAll(fd, Buffer.from(text)));
        seq += 1;
      },
    }),
    close: () => {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done);
}
