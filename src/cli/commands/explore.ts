/** `zab explore`: see conformance/explore/. */
import { runExplore, usage } from '../../../conformance/explore/explore.js';
import { runInterruptible } from './interruptible.js';

export const command = {
  name: 'explore',
  summary: "compare the reducers' whole reachable graph with TLC's",
  usage,
  run: (args: readonly string[]): Promise<number> => runInterruptible((io) => runExplore(args, io)),
};
