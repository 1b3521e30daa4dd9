/** Saves a counterexample as a trace, beside what `zab replay` reads of it (story/saved.ts). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SavedCounterexample } from '../story/saved.js';
import { traceText } from '../trace/recorder.js';
import { UnusableInput } from '../unusable-input.js';
import { asTrace, isOfProtocol, NoTrace } from './as-trace.js';

export interface SavedTrace {
  /** DIR/MODEL.ndjson; null: there is none. */
  readonly trace: string | null;
  /** Why not, though it is a behaviour of the protocol. */
  readonly noTrace: string | null;
}

/** `folder` exists. Throws UnusableInput if the file cannot be written. */
export function saveTrace(folder: string, from: SavedCounterexample): SavedTrace {
  if (!isOfProtocol(from.counterexample)) return { trace: null, noTrace: null };
  let text: string;
  try {
    text = asTrace(from.counterexample, from.config).map(traceText).join('');
  } catch (e) {
    // A configuration that says nothing of servers, too.
    if (!(e instanceof NoTrace || e instanceof UnusableInput)) throw e;
    return { trace: null, noTrace: e.message };
  }
  const path = join(folder, `${from.model}.ndjson`);
  try {
    writeFileSync(path, text);
  } catch (e) {
    throw new UnusableInput(`cannot write ${path}: ${(e as NodeJS.ErrnoException).code ?? ''}`);
  }
  return { trace: path, noTrace: null };
}
