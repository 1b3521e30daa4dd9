/** Arguments of the scripts behind `npm run …`: what is wrong with them is one line, exit code 2. */
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;
type Values<T extends Options> = ReturnType<typeof parseArgs<{ options: T }>>['values'];

interface ScriptArguments {
  /** Ends the process. */
  readonly fail: (message: string) => never;
  /** A whole number, with or without thousands' separators; not below 0. */
  readonly numberOf: (name: string, text: string | undefined, byDefault: number) => number;
  readonly parse: <const T extends Options>(options: T) => Values<T>;
}

/** Of the script `npm run NAME`. */
export function scriptArguments(script: string): ScriptArguments {
  const fail = (message: string): never => {
    process.stderr.write(`npm run ${script}: ${message}\n`);
    process.exit(2);
  };
  return {
    fail,
    numberOf: (name, text, byDefault) => {
      if (text === undefined) return byDefault;
      const value = Number(text.replaceAll(',', ''));
      return Number.isSafeInteger(value) && value >= 0
        ? value
        : fail(`--${name} ${text}: expected a whole number`);
    },
    parse: (options) => {
      try {
        return parseArgs({ options }).values;
      } catch (error) {
        return fail((error as Error).message.split('\n')[0] ?? '');
      }
    },
  };
}

/** Another one each time. */
export function freshSeed(): number {
  return Date.now() % 1_000_000_000;
}
