/**
 * X.500 distinguished names as ids of scheme x509 (Java: `X500Principal`, RFC 2253): is a text one?
 */

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['CN', 'C', 'L', 'S', 'ST', 'O', 'OU', 'T', 'IP', 'STREET', 'DC', 'DNQUALIFIER', 'DNQ'],
  ...['SURNAME', 'GIVENNAME', 'INITIALS', 'GENERATION', 'EMAIL', 'EMAILADDRESS', 'UID'],
  'SERIALNUMBER',
]);

/** One `keyword=value`: the value quoted, or with what is special escaped. */
const PART =
  /^\s*([A-Za-z][\w-]*|(?:OID\.)?\d+(?:\.\d+)+)\s*=\s*(?:"(?:[^"\\]|\\.)*"|(?:[^"\\,;+<>]|\\.)*)\s*$/s;

export function isDistinguishedName(id: string): boolean {
  if (id === '') return true;
  return partsOf(id).every((part) => {
    const keyword = PART.exec(part)?.[1];
    return keyword !== undefined && (/\d\./.test(keyword) || KEYWORDS.has(keyword.toUpperCase()));
  });
}

/** Cut at separators that are neither quoted nor escaped. */
function partsOf(id: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < id.length; i++) {
    const c = id[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && (c === ',' || c === ';' || c === '+')) {
      parts.push(id.slice(start, i));
      start = i + 1;
    }
  }
  parts.push(id.slice(start));
  return parts;
}
