/**
 * Znode paths: which are valid where, and their parts (Apache: `PathUtils.validatePath`,
 * `PrepRequestProcessor.getParentPathAndValidate`, `validatePathForCreate`).
 *
 * Characters are UTF-16 code units, as in Java: what lies outside the basic plane is two
 * surrogates and hence refused.
 */

const SLASH = 0x2f;
const DOT = 0x2e;

/** Paths that no request may delete. */
const SPECIAL: ReadonlySet<string> = new Set([
  '/',
  '/zookeeper',
  '/zookeeper/quota',
  '/zookeeper/config',
]);

function isBanned(c: number): boolean {
  if (c < 0x7f) return c <= 0x1f;
  return c <= 0x9f || (c >= 0xd800 && c <= 0xf8ff) || c >= 0xfff0;
}

/** Is `path` a path that may be created, written to and checked? A sequential one has its suffix. */
export function isValidPath(path: string): boolean {
  const length = path.length;
  if (length === 0 || path.charCodeAt(0) !== SLASH) return false;
  if (length === 1) return true;
  if (path.charCodeAt(length - 1) === SLASH) return false;
  let start = 1;
  for (let i = 1; i <= length; i++) {
    const c = i === length ? SLASH : path.charCodeAt(i);
    if (c === SLASH) {
      if (!isValidName(path, start, i)) return false;
      start = i + 1;
    } else if (isBanned(c)) {
      return false;
    }
  }
  return true;
}

/** Not empty, `.` or `..`. */
function isValidName(path: string, start: number, end: number): boolean {
  if (end - start > 2) return true;
  if (end === start) return false;
  if (path.charCodeAt(start) !== DOT) return true;
  return end - start === 2 && path.charCodeAt(start + 1) !== DOT;
}

/** The laxer rule for a create's path before the suffix: a slash somewhere, and no NUL. */
export function isCreatablePath(path: string): boolean {
  return path.includes('/') && !path.includes('\0');
}

/** The laxer rule for a delete: a slash somewhere, no NUL, and none of the server's own nodes. */
export function isDeletablePath(path: string): boolean {
  return isCreatablePath(path) && !SPECIAL.has(path);
}

/** The path without its last part; `/` for a child of the root and for the root itself. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** What follows the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `parent` + `/` + `name`, for the root too. */
export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** A sequential node's suffix: Java's `%010d` of an int32, whose sign counts in the width. */
export function sequenceSuffix(cversion: number): string {
  return cversion < 0
    ? `-${String(-cversion).padStart(9, '0')}`
    : String(cversion).padStart(10, '0');
}
