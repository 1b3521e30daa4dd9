/**
 * Which texts are names of X.500: the ids that ACLs of scheme x509 may have (Apache:
 * `X509AuthenticationProvider.isValid`, which asks Java's `X500Principal`).
 */

/** Keywords of attributes that Java knows, in any case; others are written as numbers. */
const KEYWORDS: ReadonlySet<string> = new Set([
  ...['CN', 'C', 'L', 'S', 'ST', 'O', 'OU', 'T', 'IP', 'STREET', 'DC', 'DNQUALIFIER', 'DNQ'],
  ...['SURNAME', 'GIVENNAME', 'INITIALS', 'GENERATION', 'EMAIL', 'EMAILADDRESS', 'UID'],
  'SERIALNUMBER',
]);
const NUMBERS = /^(?:OID\.)?(?:[01]\.[1-3]?\d|2\.\d+)(?:\.\d+)*$/i;
const HEX_VALUE = /^#(?:[0-9A-Fa-f]{2})+$/;
const HEX_PAIR = /^[0-9A-Fa-f]{2}/;
const FORBIDDEN = ',+<>;"';
const ESCAPABLE = ',=\n+<>#;\\" ';

/** Is `text` a list of `KEYWORD=value` between commas, semicolons and plus signs? */
export function isDistinguishedName(text: string): boolean {
  if (text === '') return true;
  const parts = splitParts(text);
  if (parts === null) return false;
  return parts.every(isAttribute);
}

/** Splits at separators that are neither quoted nor escaped; null: a quote is not closed. */
function splitParts(text: string): readonly string[] | null {
  const parts: string[] = [];
  let quoted = false;
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (char === '\\') i += 1;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === ',' || char === ';' || char === '+')) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  if (quoted) return null;
  parts.push(text.slice(start));
  return parts;
}

function isAttribute(part: string): boolean {
  const equals = part.indexOf('=');
  if (equals < 0) return false;
  const keyword = part.slice(0, equals).trim();
  if (!KEYWORDS.has(keyword.toUpperCase()) && !NUMBERS.test(keyword)) return false;
  const value = part.slice(equals + 1).replace(/^[ \n]+|(?<!\\)[ \n]+$/g, '');
  if (value.startsWith('#')) return HEX_VALUE.test(value) && isDer(value);
  return value.startsWith('"') ? isQuoted(value) : isPlain(value);
}

/** `#` and, in hex, a tag, a length below 128, and as many bytes. */
function isDer(value: string): boolean {
  return Number.parseInt(value.slice(3, 5), 16) === (value.length - 5) / 2;
}

function isQuoted(value: string): boolean {
  for (let i = 1; i < value.length; i++) {
    const char = value.charAt(i);
    if (char === '"') return i === value.length - 1;
    if (char === '\\') {
      if (!isEscape(value.slice(i + 1))) return false;
      i += 1;
    }
  }
  return false;
}

function isPlain(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    if (char === '\\') {
      if (!isEscape(value.slice(i + 1))) return false;
      i += 1;
    } else if (FORBIDDEN.includes(char)) return false;
  }
  return true;
}

/** What may stand behind a backslash. */
function isEscape(rest: string): boolean {
  return HEX_PAIR.test(rest) || (rest !== '' && ESCAPABLE.includes(rest.charAt(0)));
}
