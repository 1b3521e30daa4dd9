/**
 * What `envi` and AdminServer's `environment` and `system_properties` show: the entries of Apache's
 * (`Environment`), with this runtime where Java's would stand.
 */
import { homedir, hostname, release, tmpdir, totalmem, userInfo } from 'node:os';
import type { ServerConfig } from '../../config/server-config.js';
import { VERSION } from './view.js';

const MIB = 1024 * 1024;
const OS_NAMES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'Linux',
  darwin: 'Mac OS X',
  win32: 'Windows',
};
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'aarch64' };

/** In Apache's order. */
export function environment(): readonly (readonly [key: string, value: string])[] {
  const { rss, heapUsed, heapTotal } = process.memoryUsage();
  const limit = process.constrainedMemory() || totalmem();
  return [
    ['zookeeper.version', VERSION],
    ['host.name', hostname()],
    ...javaProperties(),
    ['os.memory.free', `${Math.max(0, Math.floor((heapTotal - heapUsed) / MIB))}MB`],
    ['os.memory.max', `${Math.floor(Math.min(limit, totalmem()) / MIB)}MB`],
    ['os.memory.total', `${Math.floor(rss / MIB)}MB`],
  ];
}

function javaProperties(): readonly (readonly [key: string, value: string])[] {
  return [
    ['java.version', process.version.slice(1)],
    ['java.vendor', 'Node.js'],
    ['java.home', process.execPath],
    ['java.class.path', process.argv[1] ?? ''],
    ['java.library.path', ''],
    ['java.io.tmpdir', tmpdir()],
    ['java.compiler', '<NA>'],
    ['os.name', OS_NAMES[process.platform] ?? process.platform],
    ['os.arch', ARCHITECTURES[process.arch] ?? process.arch],
    ['os.version', release()],
    ['user.name', userName()],
    ['user.home', homedir()],
    ['user.dir', process.cwd()],
  ];
}

/** A user without an entry in the system's table has no name. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '?';
  }
}

/** Those of the configuration, and what there is of a JVM's, by name. */
export function systemProperties({ properties }: ServerConfig): ReadonlyMap<string, string> {
  const all = [...javaProperties(), ...Object.entries(properties)];
  return new Map(all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}
