/** `zab replay`: see conformance/replay/. */
import { runReplay, usage } from '../../../conformance/replay/command.js';
import { runInterruptible } from './interruptible.js';

export const command = {
  name: 'replay',
  summary: 'drive the reducers along counterexamples and simulated runs of TLC',
  usage,
  run: (args: readonly string[]): Promise<number> => runInterruptible((io) => runReplay(args, io)),
};
