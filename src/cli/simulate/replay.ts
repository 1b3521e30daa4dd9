/** One seed run again, with its last events kept and its trace written. */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { traceLine, traceText } from '../../../conformance/trace/recorder.js';
import { UnusableInput } from '../../../conformance/unusable-input.js';
import type { PeerConn } from '../../core/ids.js';
import { runSeed, type RunResult } from '../../sim/ensemble/run.js';

/** How many of the last events are kept. */
const LAST_EVENTS = 40;
const EVENT_MAX = 300;

export interface Replay {
  readonly result: RunResult;
  readonly lastEvents: readonly string[];
}

export interface ReplayOptions {
  /** Each event as it happens. */
  readonly onEvent?: (line: string) => void;
  /** Where its trace goes. */
  readonly trace?: string;
}

/** The ends of the simulator's connection n are numbered 2n and 2n + 1. */
function connName(conn: PeerConn): string {
  return `c${conn >> 1}`;
}

/** Throws UnusableInput if the trace cannot be written. */
export function replay(seed: number, { onEvent, trace }: ReplayOptions): Replay {
  const lastEvents: string[] = [];
  const onLog = (at: number, text: string): void => {
    const line = `${at.toFixed(3).padStart(12)}  ${text}`;
    onEvent?.(line);
    lastEvents.push(line.length > EVENT_MAX ? `${line.slice(0, EVENT_MAX)}…` : line);
    if (lastEvents.length > LAST_EVENTS) lastEvents.shift();
  };
  if (trace === undefined) return { result: runSeed(seed, { onLog }), lastEvents };
  const fd = openTrace(trace);
  let seq = 0;
  try {
    const result = runSeed(seed, {
      onLog,
      onStep: (step) => writeSync(fd, traceText(traceLine(step, { seq: ++seq, connName }))),
    });
    return { result, lastEvents };
  } finally {
    closeSync(fd);
  }
}

function openTrace(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'w');
  } catch (e) {
    throw new UnusableInput(`cannot write ${path}: ${(e as NodeJS.ErrnoException).code ?? ''}`);
  }
}
