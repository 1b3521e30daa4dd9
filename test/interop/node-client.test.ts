/** npm's `node-zookeeper-client`, against standalone servers and ensembles: see node-client/checks.ts. About 35 s on a quiet machine. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientTests } from '../support/client-program.js';
import { projectRoot, provision, run } from '../support/provision.js';
import type { Command } from '../support/server-process.js';

const PINNED = { 'node-zookeeper-client': '1.1.3', async: '3.2.6', underscore: '1.13.8' };

const command = async (): Promise<Command> => {
  const manifest = JSON.stringify({ private: true, dependencies: PINNED });
  const folder = await provision('node-zookeeper-client', manifest, async (into) => {
    writeFileSync(join(into, 'package.json'), manifest);
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
    await run('npm', args, { cwd: into, purpose: 'a JavaScript client for the interop tests' });
  });
  const program = join(projectRoot, 'dist', 'test', 'interop', 'node-client', 'checks.js');
  const installed = join(folder, 'node_modules', 'node-zookeeper-client');
  return { tool: process.execPath, args: ['--enable-source-maps', program, installed] };
};

clientTests({
  name: "npm's node-zookeeper-client",
  command,
  // It has no sync, takes over no session, and cannot leave one behind.
  without: ['sync', 'session-handover', 'expiry-removes-ephemerals', 'failover'],
});
