/** Can this process make a network of namespaces that carries, and that a cut stops? */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { namespaceNetwork } from '../../support/faults/namespaces.js';

const SILENT_MS = 300;
const LISTENER = `
const { createServer } = require('node:net');
createServer((s) => s.destroy()).listen(9, process.argv[1], () => console.log('up'));
`;
const DIALLER = `
const { connect } = require('node:net');
connect(9, process.argv[1]).on('connect', () => process.exit(0)).on('error', () => process.exit(1));
`;

async function reached(address: string): Promise<boolean> {
  const socket = connect({ host: address, port: 9 });
  socket.setTimeout(SILENT_MS);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      socket.once('connect', () => resolve(true));
      socket.once('timeout', () => resolve(false));
      socket.once('error', reject);
    });
  } finally {
    socket.destroy();
  }
}

/** Throws, with the reason, if it cannot. */
export async function probeNamespaces(): Promise<void> {
  const network = await namespaceNetwork([1, 2]);
  const node = (sid: number, script: string, address: string) =>
    network.asServer(sid, { tool: process.execPath, args: ['-e', script, address] });
  const { host } = network.place(1);
  const { tool, args } = node(1, LISTENER, host);
  const listener = spawn(tool, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(listener.stdout, 'data');
    if (!(await reached(host))) throw new Error('the router does not reach a server');
    const dial = node(2, DIALLER, host);
    execFileSync(dial.tool, dial.args, { timeout: 5_000 });
    await network.cut(2, 1);
    const through = await new Promise<boolean>((resolve) => {
      const dialler = spawn(dial.tool, dial.args, { stdio: 'ignore' });
      const late = setTimeout(() => dialler.kill('SIGKILL'), SILENT_MS);
      dialler.once('exit', (code) => {
        clearTimeout(late);
        resolve(code !== null);
      });
    });
    if (through) throw new Error('a cut does not stop a connection');
  } finally {
    listener.kill('SIGKILL');
    await network.close();
  }
}
