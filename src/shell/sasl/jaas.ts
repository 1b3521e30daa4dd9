/**
 * JAAS login configuration files (Java: `javax.security.auth.login.Configuration`), as far as
 * DIGEST-MD5 needs them: `Section { module.Class required user_bob="secret" …; };`.
 */
import { readFileSync } from 'node:fs';
import { OperatorError } from '../operator-error.js';

export interface LoginModule {
  /** The Java class. */
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

export type Sections = ReadonlyMap<string, readonly LoginModule[]>;

/** A quoted text, a mark, or a word; comments and space go. */
const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|#[^\n]*|\s+|"((?:[^"\\]|\\.)*)"|([{};=])|([^\s{};="]+)/gy;
const FLAGS: ReadonlySet<string> = new Set(['required', 'requisite', 'sufficient', 'optional']);

/** @throws {OperatorError} if there is no such file, or it is none. */
export function readJaas(file: string): Sections {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? String(error)})`;
    throw new OperatorError(`JAAS file ${file}: ${why}`);
  }
  const sections = parseJaas(text);
  if (typeof sections === 'string') throw new OperatorError(`JAAS file ${file}: ${sections}`);
  return sections;
}

interface Token {
  readonly text: string;
  readonly mark: boolean;
  readonly line: number;
}

/** The sections, or what is wrong with `text`. */
export function parseJaas(text: string): Sections | string {
  const tokens = tokensOf(text);
  if (typeof tokens === 'string') return tokens;
  const sections = new Map<string, readonly LoginModule[]>();
  let at = 0;
  const wrong = (wanted: string): string => {
    const token = tokens[at];
    return token === undefined
      ? `ends where ${wanted} should be`
      : `line ${token.line}: ${wanted} should be where '${token.text}' is`;
  };
  const isMark = (mark: string): boolean => tokens[at]?.mark === true && tokens[at]?.text === mark;
  const word = (): string | null => {
    const token = tokens[at];
    if (token === undefined || token.mark) return null;
    at += 1;
    return token.text;
  };
  while (at < tokens.length) {
    const name = word();
    if (name === null) return wrong('the name of a section');
    if (!isMark('{')) return wrong("'{'");
    at += 1;
    const modules: LoginModule[] = [];
    while (!isMark('}')) {
      const module = word();
      if (module === null) return wrong('the name of a login module');
      const flag = word();
      if (flag === null || !FLAGS.has(flag.toLowerCase())) {
        if (flag !== null) at -= 1;
        return wrong('required, requisite, sufficient or optional');
      }
      const options: Record<string, string> = {};
      while (!isMark(';')) {
        const key = word();
        if (key === null) return wrong("an option or ';'");
        if (!isMark('=')) return wrong("'='");
        at += 1;
        const value = word();
        if (value === null) return wrong(`the value of ${key}`);
        options[key] = value;
      }
      at += 1;
      modules.push({ name: module, options });
    }
    at += 1;
    if (!isMark(';')) return wrong("';'");
    at += 1;
    sections.set(name, modules);
  }
  return sections;
}

function tokensOf(text: string): readonly Token[] | string {
  const tokens: Token[] = [];
  let line = 1;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length;) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return `line ${line}: cannot be read from '${text.charAt(at)}' on`;
    const [whole, quoted, mark, plain] = match;
    if (quoted !== undefined) {
      tokens.push({ text: quoted.replace(/\\(.)/gs, '$1'), mark: false, line });
    } else if (mark !== undefined) tokens.push({ text: mark, mark: true, line });
    else if (plain !== undefined) tokens.push({ text: plain, mark: false, line });
    line += whole.split('\n').length - 1;
    at += whole.length;
  }
  return tokens;
}
