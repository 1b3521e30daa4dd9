/** `zab simulate`: see src/cli/simulate/ and src/sim/ensemble/. */
import { runSimulate } from '../simulate/simulate.js';
import { usage } from '../simulate/arguments.js';
import { runInterruptible } from './interruptible.js';

export const command = {
  name: 'simulate',
  summary: 'run ensembles with clients in virtual time, with faults, from seeds',
  usage,
  run: (args: readonly string[]): Promise<number> =>
    runInterruptible((io) => runSimulate(args, io)),
};
