/**
 * JSON.parse takes the last of two fields of one name in silence: whoever wrote such a line, and
 * whoever reads it with another program, may mean the first.
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN = 0x7b;
const CLOSE = 0x7d;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}

/** The first name that an object has twice; null if none has. `text`: valid JSON. */
export function fieldTwice(text: string): string | null {
  const objects: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === OPEN) objects.push(new Set());
    else if (code === CLOSE) objects.pop();
    if (code !== QUOTE) continue;
    const start = at + 1;
    for (at++; text.charCodeAt(at) !== QUOTE; at++) {
      if (text.charCodeAt(at) === BACKSLASH) at++;
    }
    let next = at + 1;
    while (isSpace(text.charCodeAt(next))) next++;
    if (text.charCodeAt(next) !== COLON) continue;
    const raw = text.slice(start, at);
    // Escapes: two spellings of one name are one name.
    const name = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
    const names = objects[objects.length - 1]!;
    if (names.has(name)) return name;
    names.add(name);
  }
  return null;
}
