/** The entries of a configuration while they are read: each is taken out once, problems gather. */
import { decode, type TextCodec } from './codecs.js';
import { parseProperties, type Property } from './properties.js';

const NO_LINE = Number.MAX_SAFE_INTEGER;

export interface Entry extends Property {
  /** Where it stands: a file, or `-D`. */
  readonly file: string;
}

export class Reader {
  readonly warnings: string[] = [];
  readonly #problems: { readonly line: number; readonly text: string }[] = [];
  readonly #wrong = new Set<string>();
  readonly #entries = new Map<string, Entry>();
  /** What was taken out, too. */
  readonly #all = new Map<string, Entry>();
  readonly #file: string;

  constructor(text: string, file: string) {
    this.#file = file;
    for (const entry of entriesOf(text, file)) this.put(entry);
  }

  put(entry: Entry): void {
    this.#entries.set(entry.key, entry);
    this.#all.set(entry.key, entry);
  }

  /** Every entry that there ever was, the last of each key. */
  get all(): readonly Entry[] {
    return [...this.#all.values()];
  }

  has(key: string): boolean {
    return this.#all.has(key);
  }

  /** As they stand in the file; those of no line, and of other files, after them. */
  get problems(): readonly string[] {
    return this.#problems.toSorted((a, b) => a.line - b.line).map(({ text }) => text);
  }

  /** Takes `key` out; undefined if it is not there. */
  take(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry;
  }

  /** Takes `key` out as a value; undefined if it is not there, or wrong, which is a problem then. */
  read<A>(key: string, type: TextCodec<A>): A | undefined {
    const entry = this.take(key);
    if (entry === undefined) return undefined;
    const result = decode(type, entry.value);
    if ('value' in result) return result.value;
    this.problem(entry, result.reason);
    return undefined;
  }

  text(key: string): string | undefined {
    return this.take(key)?.value;
  }

  takePrefix(prefix: string): readonly Entry[] {
    const found = [...this.#entries.values()].filter((entry) => entry.key.startsWith(prefix));
    for (const entry of found) this.#entries.delete(entry.key);
    return found;
  }

  rest(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  problem(entry: Entry, reason: string): void {
    const line = entry.file === this.#file ? entry.line : NO_LINE;
    this.#problems.push({ line, text: `${placeOf(entry)}: ${entry.key}: ${reason}` });
    this.#wrong.add(entry.key);
  }

  /** `key` has no value, and not because the one that stands there is wrong. */
  unset(key: string, although = ''): void {
    if (!this.#wrong.has(key)) this.whole(`${although}${key} is not set`);
  }

  /** A problem of the whole file. */
  whole(reason: string): void {
    this.elsewhere(this.#file, reason);
  }

  /** A problem of another file. */
  elsewhere(file: string, reason: string): void {
    this.#problems.push({ line: NO_LINE, text: `${file}: ${reason}` });
  }

  warn(entry: Entry, reason: string): void {
    this.warnings.push(`${placeOf(entry)}: ${entry.key}: ${reason}`);
  }
}

/** The entries of a file's text, without the space that `java.util.Properties` leaves at the ends. */
export function entriesOf(text: string, file: string): readonly Entry[] {
  return parseProperties(text).map(({ key, value, line }) => ({
    key: key.trim(),
    value: value.trim(),
    line,
    file,
  }));
}

/** A `-D` has no line. */
function placeOf({ file, line }: Entry): string {
  return line === 0 ? file : `${file}:${line}`;
}
