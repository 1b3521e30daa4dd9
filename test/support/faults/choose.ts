/** Which of the networks that can be cut a process may have here. */
import { execFileSync } from 'node:child_process';
import { enterCommands } from './namespaces.js';

export type Choice =
  | {
      readonly kind: 'network namespaces';
      /** What to put before a command, so that it runs in a namespace of its own. */
      readonly enter: readonly string[];
    }
  /** `why`: what the last attempt to make namespaces said. */
  | { readonly kind: 'TCP proxies'; readonly enter: readonly []; readonly why: string };

/** `probe`: a command that exits with 0 if it can make namespaces where `enter` has put it. */
export const chooseNetwork = (probe: readonly string[]): Choice => {
  let why = '';
  for (const enter of enterCommands) {
    const [tool = '', ...args] = [...enter, ...probe];
    try {
      execFileSync(tool, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      return { kind: 'network namespaces', enter };
    } catch (error) {
      const { stderr, message } = error as Error & { readonly stderr?: Buffer };
      const said = stderr?.toString().trim().split('\n')[0] ?? '';
      why = said === '' ? message : said;
    }
  }
  return { kind: 'TCP proxies', enter: [], why };
};
