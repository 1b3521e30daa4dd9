/** `zab snapshot`: a server's whole data into a file, by AdminServer's snapshot command. */
import { createWriteStream, existsSync, renameSync, rmSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ADMIN_USAGE, Refusal, askAdmin, exitCodeOf, readAdminArguments } from '../admin-client.js';
import { UsageError, type Command } from '../command.js';

const usage = `
Usage: zab snapshot FILE [OPTIONS]

Has a server take a snapshot of what is committed now and writes it to FILE, or to stdout if FILE
is "-". It is a snapshot file of ZooKeeper: "zab restore", AdminServer's restore command and a
server's data folder (as snapshot.ZXID) take it. Of Apache's server as well (3.9 and newer).

Options:
  --force         overwrite FILE${ADMIN_USAGE}

Exit code: 0 done, 1 the server refuses, 2 no such server or file.
`;

async function run(args: readonly string[]): Promise<number> {
  const { file, options, target } = readAdminArguments('snapshot', args);
  if (file !== '-' && existsSync(file) && !options.force) {
    throw new UsageError(`zab snapshot: ${file} exists (--force overwrites it)`);
  }
  return await exitCodeOf(async () => {
    const { stream, headers } = await askAdmin('snapshot', target, '?streaming=true', null);
    if (stream === null) throw new Refusal('zab snapshot: the server has sent no snapshot');
    const bytes = await save(stream, file);
    const size = headers['snapshot_size'];
    if (size !== undefined && Number(size) !== bytes) {
      throw new Refusal(`zab snapshot: ${bytes} bytes came of ${String(size)}`);
    }
    const zxid = String(headers['last_zxid']);
    const told = options.json
      ? JSON.stringify({ file, bytes, lastZxid: zxid })
      : `${file}: ${bytes} bytes, last zxid ${zxid}`;
    (file === '-' ? process.stderr : process.stdout).write(`${told}\n`);
  });
}

/** FILE is whole or not there: until then it has another name. */
async function save(stream: Readable, file: string): Promise<number> {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  if (file === '-') {
    await pipeline(stream, process.stdout, { end: false });
    return bytes;
  }
  const partial = `${file}.part`;
  try {
    await pipeline(stream, createWriteStream(partial, { mode: 0o600 }));
    renameSync(partial, file);
    return bytes;
  } catch (error) {
    rmSync(partial, { force: true });
    throw new UsageError(`zab snapshot: ${file}: ${(error as Error).message}`);
  }
}

export const command: Command = {
  name: 'snapshot',
  summary: "write a server's data to a file, by AdminServer",
  usage,
  run,
};
