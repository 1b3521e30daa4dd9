/** Command-line arguments: `--name value`, `--name=value`, flags and positional ones. */
import { UsageError } from './command.js';

/** `flag` takes no value, `text` does, `list` may come more than once. */
export type OptionKind = 'flag' | 'text' | 'list';

type Value<K extends OptionKind> = K extends 'flag'
  ? boolean
  : K extends 'text'
    ? string | undefined
    : readonly string[];

export interface Arguments<O extends Readonly<Record<string, OptionKind>>> {
  readonly options: { readonly [N in keyof O]: Value<O[N]> };
  readonly positional: readonly string[];
}

/**
 * @param command the command's name, for messages.
 * @param known option names without the dashes, and what each takes.
 * @throws {UsageError} for an option that is not known, lacks its value or must not have one.
 */
export function parseArguments<O extends Readonly<Record<string, OptionKind>>>(
  command: string,
  args: readonly string[],
  known: O,
): Arguments<O> {
  const values: Record<string, boolean | string | string[] | undefined> = {};
  for (const [name, kind] of Object.entries(known)) {
    values[name] = kind === 'flag' ? false : kind === 'list' ? [] : undefined;
  }
  const positional: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') {
      positional.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith('--')) {
      if (arg.startsWith('-') && arg !== '-') throw unknown(command, arg);
      positional.push(arg);
      continue;
    }
    const equals = arg.indexOf('=');
    const name = arg.slice(2, equals < 0 ? undefined : equals);
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) throw unknown(command, `--${name}`);
    if (kind === 'flag') {
      if (equals >= 0) throw new UsageError(`zab ${command}: --${name} takes no value`);
      values[name] = true;
      continue;
    }
    const value = equals < 0 ? args[++i] : arg.slice(equals + 1);
    if (value === undefined || value === '') {
      throw new UsageError(`zab ${command}: --${name} needs a value`);
    }
    if (kind === 'list') (values[name] as string[]).push(value);
    else values[name] = value;
  }
  return { options: values as Arguments<O>['options'], positional };
}

/** The value of option `name` as a whole number from `min` to `max`. */
export function wholeNumber(
  command: string,
  name: string,
  text: string,
  min: number,
  max: number,
): number {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw new UsageError(
      `zab ${command}: --${name} must be a whole number from ${min} to ${max}, not '${text}'`,
    );
  }
  return value;
}

function unknown(command: string, option: string): UsageError {
  return new UsageError(`zab ${command}: unknown option '${option}' (see zab ${command} --help)`);
}
