/**
 * Snapshot files as they lie on disk: plain, gz or snappy, which the end of the name says (Apache:
 * `SnapStream`, `snapshot.compression.method`). The checksums are of what is inside.
 */
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { DecodeError } from '../../jute/decode-error.js';
import {
  SNAPPY_BLOCK,
  SNAPPY_START,
  encodeSnappyBlock,
  encodeSnappyHeader,
  endSnappy,
  feedSnappy,
} from '../../jute/snappy.js';

export type Compression = 'none' | 'gz' | 'snappy';

const READ_CHUNK = 1024 * 1024;
const GZIP_MAGIC = 0x1f8b;
const SNAPPY_MAGIC = 0x8253;

/** What the name of a snapshot ends with. */
export function suffixOf(compression: Compression): string {
  return compression === 'none' ? '' : `.${compression}`;
}

/** How the file of this name is compressed; it may have `.tmp` at its end. */
export function compressionOf(path: string): Compression {
  const suffix = /\.(gz|snappy)(\.tmp)?$/.exec(path)?.[1];
  return suffix === 'gz' || suffix === 'snappy' ? suffix : 'none';
}

/** How the file at `path` is compressed by what it begins with. */
export async function sniffCompression(path: string): Promise<Compression> {
  const handle = await open(path, 'r');
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    if (bytesRead < 2) return 'none';
    const magic = buffer.readUInt16BE(0);
    return magic === GZIP_MAGIC ? 'gz' : magic === SNAPPY_MAGIC ? 'snappy' : 'none';
  } finally {
    await handle.close();
  }
}

/** The bytes inside the file at `path`. @throws DecodeError if it is not compressed as `how` says */
export function contentOf(path: string, how: Compression): AsyncIterable<Buffer> {
  const bytes: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: READ_CHUNK });
  switch (how) {
    case 'none':
      return bytes;
    case 'gz':
      return gunzipped(path);
    case 'snappy':
      return expanded(bytes);
    default: {
      const never: never = how;
      throw new Error(`unreachable: ${String(never)}`);
    }
  }
}

async function* expanded(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let stream = SNAPPY_START;
  for await (const chunk of bytes) {
    const fed = feedSnappy(stream, chunk);
    stream = fed.stream;
    yield* fed.pieces;
  }
  endSnappy(stream);
}

async function* gunzipped(path: string): AsyncGenerator<Buffer> {
  const input = createReadStream(path, { highWaterMark: READ_CHUNK });
  const gunzip = createGunzip();
  input.on('error', (error) => gunzip.destroy(error));
  input.pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk as Buffer;
  } catch (e) {
    throw isZlibError(e) ? new DecodeError('invalid', `gzip: ${e.message}`) : e;
  } finally {
    input.destroy();
    gunzip.destroy();
  }
}

function isZlibError(e: unknown): e is { readonly code: string; readonly message: string } {
  const code = typeof e === 'object' && e !== null && 'code' in e ? e.code : undefined;
  return typeof code === 'string' && /^Z_/.test(code);
}

/** Takes the content of a file piece by piece. */
export interface ContentWriter {
  readonly write: (bytes: Buffer) => Promise<void>;
  /** Writes what is left; the handle stays open. */
  readonly end: () => Promise<void>;
  /** Lets go of everything, the rest unwritten. */
  readonly drop: () => void;
}

/** Writes to `handle`, compressed. */
export function contentWriter(handle: FileHandle, how: Compression): ContentWriter {
  const append = (bytes: Buffer): Promise<void> => handle.appendFile(bytes);
  switch (how) {
    case 'none':
      return { write: append, end: () => Promise.resolve(), drop: () => undefined };
    case 'gz':
      return gzipWriter(append);
    case 'snappy':
      return snappyWriter(append);
    default: {
      const never: never = how;
      throw new Error(`unreachable: ${String(never)}`);
    }
  }
}

function gzipWriter(append: (bytes: Buffer) => Promise<void>): ContentWriter {
  const gzip = createGzip();
  let written = Promise.resolve();
  gzip.on('data', (chunk: Buffer) => {
    written = written.then(() => append(chunk));
    // Who waits for it sees the failure; until then it is nobody's.
    written.catch(() => undefined);
  });
  return {
    write: async (bytes) => {
      await new Promise<void>((done, failed) => {
        gzip.write(bytes, (error) => (error ? failed(error) : done()));
      });
      await written;
    },
    end: async () => {
      const ended = once(gzip, 'end');
      gzip.end();
      await ended;
      await written;
    },
    drop: () => gzip.destroy(),
  };
}

function snappyWriter(append: (bytes: Buffer) => Promise<void>): ContentWriter {
  let rest: Buffer = Buffer.alloc(0);
  let blocks: Buffer[] = [encodeSnappyHeader()];
  const flush = async (): Promise<void> => {
    const bytes = Buffer.concat(blocks);
    blocks = [];
    await append(bytes);
  };
  return {
    write: (bytes) => {
      const all = Buffer.concat([rest, bytes]);
      let at = 0;
      for (; at + SNAPPY_BLOCK <= all.length; at += SNAPPY_BLOCK) {
        blocks.push(encodeSnappyBlock(all.subarray(at, at + SNAPPY_BLOCK)));
      }
      rest = all.subarray(at);
      return flush();
    },
    end: () => {
      if (rest.length > 0) blocks.push(encodeSnappyBlock(rest));
      return flush();
    },
    drop: () => undefined,
  };
}
