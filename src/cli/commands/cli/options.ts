/**
 * Options of single commands, read as zkCli.sh reads them (Apache Commons CLI 1.5, `DefaultParser`):
 * one dash, anywhere on the line, `-sw` for `-s -w`, `-v3`, `-v=3`; `--` ends them.
 */
import { CliError } from './cli-error.js';

export interface OptionSpec {
  readonly name: string;
  /** Takes a value. */
  readonly value?: boolean;
  readonly description: string;
}

/** `one`: of the options at most one may be given, `required`: exactly one. */
export type Grouping = 'one' | 'required' | undefined;

export interface ParsedLine {
  /** Words that are no options; the first is the command's name. */
  readonly args: readonly string[];
  readonly has: (name: string) => boolean;
  readonly value: (name: string) => string | undefined;
}

const PACKAGE = 'org.apache.commons.cli';

function fault(kind: string, message: string): never {
  throw new CliError(`${PACKAGE}.${kind}: ${message}`);
}

function unquoted(text: string): string {
  const inner = text.slice(1, -1);
  const quoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  return quoted && !inner.includes('"') ? inner : text;
}

class LineParser {
  readonly args: string[] = [];
  readonly values = new Map<string, string | undefined>();
  private current: OptionSpec | null = null;
  private chosen: string | null = null;

  constructor(
    private readonly specs: readonly OptionSpec[],
    private readonly group: Grouping,
  ) {}

  parse(words: readonly string[]): void {
    let rest = false;
    for (const word of words) {
      if (rest) this.args.push(word);
      else if (word === '--') rest = true;
      else if (this.current !== null && this.isValue(word)) this.assign(unquoted(word));
      else if (word.startsWith('--')) this.unknown(word);
      else if (word.startsWith('-') && word !== '-') this.option(word);
      else this.args.push(word);
    }
    this.requireValue();
    if (this.group === 'required' && this.chosen === null) {
      const all = this.specs.map(({ name, description }) => `-${name} ${description}`).join(', ');
      fault('MissingOptionException', `Missing required option: [${all}]`);
    }
  }

  private find(name: string): OptionSpec | undefined {
    return this.specs.find((spec) => spec.name === name);
  }

  /** A negative number is a value, an option of ours is not. */
  private isValue(word: string): boolean {
    if (!word.startsWith('-') || word.length === 1) return true;
    if (word.trim() !== '' && !Number.isNaN(Number(word))) return true;
    const name = word.slice(1).split('=')[0] ?? '';
    return this.find(name) === undefined && this.find(name.slice(0, 1)) === undefined;
  }

  private option(word: string): void {
    const text = word.slice(1);
    const whole = this.find(text);
    const equals = text.indexOf('=');
    if (whole !== undefined) this.choose(whole);
    else if (equals > 0) {
      const spec = this.find(text.slice(0, equals));
      if (spec?.value !== true) this.unknown(word);
      this.choose(spec);
      this.assign(text.slice(equals + 1));
    } else this.several(word);
  }

  private several(word: string): void {
    for (let i = 1; i < word.length; i++) {
      const spec = this.find(word[i]!);
      if (spec === undefined) this.unknown(word);
      this.choose(spec);
      if (spec.value === true && i + 1 < word.length) {
        this.assign(word.slice(i + 1));
        return;
      }
    }
  }

  private choose(spec: OptionSpec): void {
    this.requireValue();
    if (this.group !== undefined) {
      if (this.chosen !== null && this.chosen !== spec.name) {
        fault(
          'AlreadySelectedException',
          `The option '${spec.name}' was specified but an option from this group has already ` +
            `been selected: '${this.chosen}'`,
        );
      }
      this.chosen = spec.name;
    }
    if (!this.values.has(spec.name)) this.values.set(spec.name, undefined);
    this.current = spec.value === true ? spec : null;
  }

  private assign(value: string): void {
    const { current } = this;
    if (current === null) return;
    // The first value counts, as in Commons CLI.
    if (this.values.get(current.name) === undefined) this.values.set(current.name, value);
    this.current = null;
  }

  private requireValue(): void {
    if (this.current === null) return;
    fault('MissingArgumentException', `Missing argument for option: ${this.current.name}`);
  }

  private unknown(word: string): never {
    return fault('UnrecognizedOptionException', `Unrecognized option: ${word}`);
  }
}

/** @throws {CliError} with Apache's words. */
export function parseLine(
  words: readonly string[],
  specs: readonly OptionSpec[],
  group: Grouping,
): ParsedLine {
  const parser = new LineParser(specs, group);
  parser.parse(words);
  return {
    args: parser.args,
    has: (name) => parser.values.has(name),
    value: (name) => parser.values.get(name),
  };
}

/** A line for each option, as Commons CLI's `HelpFormatter` prints them. */
export function describeOptions(specs: readonly OptionSpec[]): string {
  const rows = specs.map(({ name, value, description }) => ({
    left: ` -${name}${value === true ? ' <arg>' : ''}`,
    name,
    description,
  }));
  rows.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return rows.map(({ left, description }) => `${left.padEnd(width)}   ${description}\n`).join('');
}
