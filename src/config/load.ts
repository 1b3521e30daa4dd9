/** Reads a `zoo.cfg` and the files beside it (Apache: `QuorumPeerConfig.parse`). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError, type ServerConfig } from './server-config.js';
import { parseZooCfg, type SystemProperties } from './zoo-cfg.js';

export interface LoadedConfig {
  readonly config: ServerConfig;
  /** What is strange and does no harm; one line each. */
  readonly warnings: readonly string[];
}

/**
 * @param file path of the configuration file.
 * @param system Java system properties, as `-D` would give them to Apache's server.
 * @throws {ConfigError} if it, or `myid`, cannot be read or says what cannot be.
 */
export function loadConfig(file: string, system: SystemProperties = {}): LoadedConfig {
  const text = readText(file);
  if (text === null) throw new ConfigError([`${file}: no such file`]);
  const around = {
    myid: (dataDir: string) => readText(join(dataDir, 'myid'))?.split(/\r?\n/)[0] ?? null,
    dynamicConfig: readText,
  };
  const { config, problems, warnings } = parseZooCfg(text, file, around, system);
  if (config === null) throw new ConfigError(problems);
  return { config, warnings };
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new ConfigError([`${path}: cannot be read (${code ?? String(error)})`]);
  }
}
