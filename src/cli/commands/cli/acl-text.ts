/** ACLs as words: `world:anyone:r,digest:user:hash:cdrwa` (Apache: `AclParser`). */
import { Perms, type Acl } from '../../../client/index.js';

const LETTERS: Readonly<Record<string, number>> = {
  r: Perms.READ,
  w: Perms.WRITE,
  c: Perms.CREATE,
  d: Perms.DELETE,
  a: Perms.ADMIN,
};

/** What cannot be read is told and left out, as zkCli.sh does. */
export function parseAcl(text: string, err: (line: string) => void): readonly Acl[] {
  const acl: Acl[] = [];
  for (const part of javaSplit(text)) {
    const first = part.indexOf(':');
    const last = part.lastIndexOf(':');
    if (first < 0 || first === last) {
      err(`${part} does not have the form scheme:id:perm`);
      continue;
    }
    let perms = 0;
    for (const letter of part.slice(last + 1)) {
      const bit = LETTERS[letter];
      if (bit === undefined) err(`Unknown perm type: ${letter}`);
      else perms |= bit;
    }
    acl.push({ perms, scheme: part.slice(0, first), id: part.slice(first + 1, last) });
  }
  return acl;
}

/** Java's `split(",")`: empty words at the end do not count. */
function javaSplit(text: string): readonly string[] {
  const parts = text.split(',');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts;
}
