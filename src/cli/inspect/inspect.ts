/** `zab inspect`: what ZooKeeper's files hold, readably, and whether they are whole. */
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Zxid } from '../../core/zxid.js';
import { LOG_MAGIC, SNAPSHOT_MAGIC } from '../../jute/log.js';
import { sniffCompression } from '../../shell/storage/compression.js';
import { parseName } from '../../shell/storage/files.js';
import { reasonOf } from '../../shell/storage/storage-error.js';
import { parseArguments } from '../args.js';
import { UsageError } from '../command.js';
import { textOf, type Finding } from './finding.js';
import { inspectEpoch, inspectFolders } from './inspect-folder.js';
import { inspectLog } from './inspect-log.js';
import { inspectSnapshot } from './inspect-snapshot.js';

export const usage = `
Usage: zab inspect [--json] [--summary] PATH…

Prints ZooKeeper's files, Apache's or ours, and checks them: transaction logs (each transaction, its
checksum, its digest), snapshots (plain, gz, snappy: sessions, nodes, ACLs, checksums, digest), epoch
files. Of a data folder (or two: dataDir and dataLogDir) it prints every file, and checks whether they
fit together as a server needs them: no gap in the log, and the right digest after each transaction.
It writes nothing, and a server may run.

  --json     a JSON object for each line
  --summary  only what each file is and what is wrong with it

Exit code 0: all is whole. 1: something is damaged; the lines that begin with DAMAGED (kind "damage")
say what and where. 2: a PATH is no such file.
`;

/** Prints a line; resolves when more may be printed. */
export type Print = (line: string) => Promise<void>;

export async function runInspect(args: readonly string[], print: Print): Promise<number> {
  const { options, positional } = parseArguments('inspect', args, {
    json: 'flag',
    summary: 'flag',
  });
  if (positional.length === 0) {
    throw new UsageError('zab inspect: no file or folder given (see zab inspect --help)');
  }
  let damaged = false;
  for await (const finding of inspectPaths(positional)) {
    if (finding.kind === 'damage') damaged = true;
    if (options.summary && isDetail(finding)) continue;
    await print(options.json ? JSON.stringify(finding) : textOf(finding));
  }
  return damaged ? 1 : 0;
}

/** Files each for itself, all folders together: a server's log may lie apart from its snapshots. */
async function* inspectPaths(paths: readonly string[]): AsyncGenerator<Finding> {
  const kinds = await Promise.all(paths.map(kindOf));
  const folders: string[] = [];
  for (const [i, path] of paths.entries()) {
    const kind = kinds[i]!;
    if (kind === 'folder') folders.push(path);
    else if (kind === 'data folder') folders.push(join(path, 'version-2'));
    else yield* inspectFile(path, kind);
  }
  if (folders.length > 0) yield* inspectFolders(folders);
}

function isDetail({ kind }: Finding): boolean {
  return kind === 'txn' || kind === 'session' || kind === 'node';
}

type FileKind = 'log' | 'snapshot' | 'epoch';
type Kind = FileKind | 'folder' | 'data folder';

/** @throws {UsageError} for what is none of ZooKeeper's */
async function kindOf(path: string): Promise<Kind> {
  const none = (why: string): UsageError => new UsageError(`zab inspect: ${path}: ${why}`);
  try {
    const found = await stat(path);
    if (found.isDirectory()) return await folderKind(path, none);
    if (!found.isFile()) throw none('neither a file nor a folder');
    return (await magicKind(path)) ?? nameKind(path, none);
  } catch (e) {
    if (e instanceof UsageError) throw e;
    throw none(reasonOf(e));
  }
}

async function folderKind(path: string, none: (why: string) => UsageError): Promise<Kind> {
  const names = await readdir(path);
  if (names.some((name) => isPrefix(parseName(name)?.prefix))) return 'folder';
  if (names.includes('version-2')) return 'data folder';
  throw none('a folder without logs and snapshots');
}

function isPrefix(prefix: string | undefined): boolean {
  return prefix === 'log' || prefix === 'snapshot';
}

async function magicKind(path: string): Promise<Kind | null> {
  if ((await sniffCompression(path)) !== 'none') return 'snapshot';
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead < 4) return null;
    const magic = buffer.readInt32BE();
    return magic === LOG_MAGIC ? 'log' : magic === SNAPSHOT_MAGIC ? 'snapshot' : null;
  } finally {
    await handle.close();
  }
}

/** A file that does not begin as what it is called: then that is the damage. */
function nameKind(path: string, none: (why: string) => UsageError): Kind {
  const name = basename(path);
  const prefix = parseName(name)?.prefix;
  if (prefix === 'log' || prefix === 'snapshot') return prefix;
  if (name === 'acceptedEpoch' || name === 'currentEpoch') return 'epoch';
  throw none('neither a log nor a snapshot of ZooKeeper');
}

async function* inspectFile(path: string, kind: FileKind): AsyncGenerator<Finding> {
  switch (kind) {
    case 'log':
      return yield* inspectLog(path, await readFile(path), () => undefined);
    case 'snapshot': {
      const parsed = parseName(basename(path));
      const named =
        parsed?.prefix === 'snapshot' ? (Number.parseInt(parsed.hex, 16) as Zxid) : null;
      const sniffed = await sniffCompression(path);
      const how = sniffed === 'none' ? (parsed?.compression ?? 'none') : sniffed;
      return yield* inspectSnapshot(path, named, how, () => undefined);
    }
    case 'epoch':
      return yield* inspectEpoch(path);
    default: {
      const never: never = kind;
      throw new Error(`unreachable: ${String(never)}`);
    }
  }
}
