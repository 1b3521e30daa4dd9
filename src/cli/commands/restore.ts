/** `zab restore`: a snapshot file in place of a server's data, by AdminServer's restore command. */
import { createReadStream, statSync } from 'node:fs';
import { zxidToHex, type Zxid } from '../../core/zxid.js';
import { ADMIN_USAGE, askAdmin, exitCodeOf, readAdminArguments } from '../admin-client.js';
import { UsageError, type Command } from '../command.js';

const usage = `
Usage: zab restore FILE --force [OPTIONS]

Has a server replace its whole data by the snapshot in FILE, which "zab snapshot" wrote or a server
has in its data folder. Its connections end, and what it held is gone. In an ensemble read
docs/operating.md first: the newest history wins. Of Apache's server as well (3.9 and newer).

Options:
  --force         yes, replace the data${ADMIN_USAGE}

Exit code: 0 done, 1 the server refuses, 2 no such server or file.
`;

async function run(args: readonly string[]): Promise<number> {
  const { file, options, target } = readAdminArguments('restore', args);
  if (!options.force) {
    throw new UsageError("zab restore: replaces all of the server's data: say --force");
  }
  const bytes = sizeOf(file);
  return await exitCodeOf(async () => {
    const stream = createReadStream(file);
    const { text } = await askAdmin('restore', target, '', { stream, bytes });
    const zxid = zxidIn(text);
    const told = options.json ? JSON.stringify({ lastZxid: zxid }) : `restored, last zxid ${zxid}`;
    process.stdout.write(`${told}\n`);
  });
}

function sizeOf(file: string): number {
  try {
    const found = statSync(file);
    if (found.isFile()) return found.size;
  } catch (error) {
    throw new UsageError(`zab restore: ${file}: ${(error as Error).message}`);
  }
  throw new UsageError(`zab restore: ${file}: is no file`);
}

/** A number in the answer. */
function zxidIn(text: string): string {
  const zxid = /"last_zxid"\s*:\s*(\d+)/.exec(text)?.[1];
  return zxid === undefined ? 'unknown' : `0x${zxidToHex(Number(zxid) as Zxid)}`;
}

export const command: Command = {
  name: 'restore',
  summary: "put a snapshot file in place of a server's data, by AdminServer",
  usage,
  run,
};
