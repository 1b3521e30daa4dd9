/** The specification's actions that a line of a trace can be: `ActionNames` in spec/ZabTrace.tla. */
import { STEP_NAMES } from '../../src/core/classify.js';

const NAMES: ReadonlySet<string> = new Set(STEP_NAMES);

export function isAction(name: string): boolean {
  return NAMES.has(name);
}
