/** `zab validate`: see conformance/trace/. */
import { runValidate, usage } from '../../../conformance/trace/command.js';
import { runInterruptible } from './interruptible.js';

export const command = {
  name: 'validate',
  summary: 'have TLC accept or refuse recorded traces',
  usage,
  run: (args: readonly string[]): Promise<number> =>
    runInterruptible((io) => runValidate(args, io)),
};
