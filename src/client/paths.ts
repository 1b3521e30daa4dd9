/**
 * Paths as the client checks them before it sends (Apache: `PathUtils.validatePath`), and the
 * chroot: prepended to what is sent, taken off what comes back (Apache: `ChrootPathTransform`).
 */

/** As Java's chars: control characters, surrogates, the private area and the specials are refused. */
const BANNED = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

export function isValidPath(path: string): boolean {
  if (!path.startsWith('/')) return false;
  if (path === '/') return true;
  if (BANNED.test(path)) return false;
  return path
    .slice(1)
    .split('/')
    .every((name) => name !== '' && name !== '.' && name !== '..');
}

/** @throws TypeError; `sequential`: the server adds digits, so an empty last name is fine. */
export function checkPath(path: string, sequential = false): void {
  if (!isValidPath(sequential ? `${path}1` : path)) {
    throw new TypeError(`not a znode path: ${JSON.stringify(path)}`);
  }
}

/** The path on the server. */
export function toServer(chroot: string, path: string): string {
  if (chroot === '') return path;
  return path === '/' ? chroot : chroot + path;
}

/** The path below the chroot; one that is not below it (`/zookeeper/config`) stays as it is. */
export function fromServer(chroot: string, path: string): string {
  if (chroot === '') return path;
  if (path === chroot) return '/';
  return path.startsWith(`${chroot}/`) ? path.slice(chroot.length) : path;
}

/** `/` for a child of the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** What follows the last slash. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** `parent/name`, for the root too. */
export function childOf(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}
