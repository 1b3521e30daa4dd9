/** addauth, getAcl, setAcl, whoami. */
import { Buffer } from 'node:buffer';
import { InvalidAclError, ZooKeeperError } from '../../../client/index.js';
import { parseAcl } from './acl-text.js';
import type { CliCommand } from './command.js';
import { aclLines, statLines } from './format.js';
import { javaInteger, javaPath } from './java-path.js';
import { visit } from './subtree.js';

const addAuth: CliCommand = {
  name: 'addauth',
  synopsis: 'scheme auth',
  options: [],
  needs: 1,
  run: ({ zk }, line) => {
    const [, scheme = '', auth = ''] = line.args;
    // Not awaited, as zkCli.sh: a refusal ends the session, which the next command tells.
    zk.addAuth(scheme, Buffer.from(auth, 'utf8')).catch(() => undefined);
    return Promise.resolve();
  },
};

const getAcl: CliCommand = {
  name: 'getAcl',
  synopsis: '[-s] path',
  options: [{ name: 's', description: 'stats' }],
  needs: 1,
  run: async ({ zk, out }, line) => {
    const { acl, stat } = await zk.getACL(javaPath(line.args[1] ?? ''));
    for (const entry of acl) aclLines(entry).forEach(out);
    if (line.has('s')) statLines(stat).forEach(out);
  },
};

const setAcl: CliCommand = {
  name: 'setAcl',
  synopsis: '[-s] [-v version] [-R] path acl',
  options: [
    { name: 's', description: 'stats' },
    { name: 'v', value: true, description: 'version' },
    { name: 'R', description: 'recursive' },
  ],
  needs: 2,
  run: async ({ zk, out, print, err }, line) => {
    const [, path = '', text = ''] = line.args;
    const acl = parseAcl(text, err);
    const version = line.has('v') ? javaInteger(line.value('v') ?? '') : -1;
    javaPath(path);
    if (!line.has('R')) {
      // Apache's client does not ask the server about it.
      if (acl.length === 0) throw new InvalidAclError();
      const stat = await zk.setACL(path, acl, { version });
      if (line.has('s')) statLines(stat).forEach(out);
      return;
    }
    await visit(zk, path, async (node) => {
      try {
        await zk.setACL(node, acl, { version });
      } catch (error) {
        if (!(error instanceof ZooKeeperError)) throw error;
        // No line break: as zkCli.sh.
        print(error.message);
      }
    });
  },
};

const whoAmI: CliCommand = {
  name: 'whoami',
  synopsis: '',
  options: [],
  run: async ({ zk, out }) => {
    const identities = await zk.whoAmI();
    out('Auth scheme: User');
    for (const { scheme, id } of identities) out(`${scheme}: ${id}`);
  },
};

export const accessCommands: readonly CliCommand[] = [addAuth, getAcl, setAcl, whoAmI];
