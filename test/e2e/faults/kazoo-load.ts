/** kazoo as the client that goes on writing: test/interop/kazoo/writer.py. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from '../../support/provision.js';
import type { Load } from './load.js';

const script = join(projectRoot, 'test', 'interop', 'kazoo', 'writer.py');
/** Seconds: a server that is silent is left after two thirds of it. */
const SESSION_TIMEOUT = 2;

export function startKazoo(python: string, addresses: readonly string[], paceMs: number): Load {
  const root = '/written';
  const args = [addresses.join(','), root, String(paceMs / 1000), String(SESSION_TIMEOUT)];
  const child = spawn(python, [script, ...args], { stdio: 'pipe' });
  let errors = '';
  let acked = 0;
  const waiting: { readonly at: number; readonly resolve: () => void }[] = [];
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('acked ')) return;
    acked = Number(line.slice('acked '.length)) + 1;
    for (const wait of waiting) if (acked >= wait.at) wait.resolve();
  });
  const exited = once(child, 'exit').then(([code]) => {
    assert.equal(code, 0, `the writer ended with ${String(code)}: ${errors}`);
    return Array.from({ length: acked }, (_, n) => String(n));
  });
  return {
    root,
    more: (count) => {
      const reached = new Promise<void>((resolve) => waiting.push({ at: acked + count, resolve }));
      const tooEarly = exited.then(() => assert.fail(`the writer ended too early: ${errors}`));
      return Promise.race([reached, tooEarly]);
    },
    end: () => {
      child.stdin.end();
      return exited;
    },
  };
}
