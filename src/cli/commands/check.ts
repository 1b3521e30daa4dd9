/** `zab check`: see conformance/check/. */
import { runCheck, usage } from '../../../conformance/check/check.js';
import { runInterruptible } from './interruptible.js';

export const command = {
  name: 'check',
  summary: 'check the TLA+ models with TLC, as the manifest says',
  usage,
  run: (args: readonly string[]): Promise<number> => runInterruptible((io) => runCheck(args, io)),
};
