/**
 * Keys of a `zoo.cfg` that several servers of one machine share: everything but where each has its
 * files, its ports and its name, which whoever starts them decides.
 */
import { entriesOf } from './reader.js';
import { ConfigError, type ServerConfig } from './server-config.js';
import { withoutPrefix } from './system-properties.js';
import { parseZooCfg, type SystemProperties } from './zoo-cfg.js';

/** What whoever starts them decides. */
const DECIDED = [
  ...(['dataDir', 'dataLogDir', 'client', 'plainClient', 'secureClient'] as const),
  ...(['sid', 'standalone', 'peers', 'initialConfig'] as const),
];

export type SharedSettings = Omit<ServerConfig, (typeof DECIDED)[number]>;

const OWN =
  /^(dataDir|dataLogDir|(secureC|c)lientPort(Address)?|dynamicConfigFile|peerType|(server|group|weight)\..*)$/;

/**
 * @param defaults keys that count unless `text` or `system` has them.
 * @param secure is there a port for TLS clients, so that its keys are needed?
 * @throws {ConfigError} with a line for each problem.
 */
export function parseSharedSettings(
  text: string,
  file: string,
  system: SystemProperties,
  defaults: Readonly<Record<string, string>>,
  secure: boolean,
): { readonly settings: SharedSettings; readonly warnings: readonly string[] } {
  const given = entriesOf(text, file);
  const misplaced = given.filter(({ key }) => OWN.test(key));
  if (misplaced.length > 0) {
    const why = 'each server is given its own';
    throw new ConfigError(misplaced.map(({ key, line }) => `${file}:${line}: ${key}: ${why}`));
  }
  const known = new Set<string | null>(given.map(({ key }) => key));
  for (const name of Object.keys(system)) known.add(withoutPrefix(name));
  const more = Object.entries({ ...defaults, dataDir: '.', clientPort: '0' })
    .filter(([key]) => !known.has(key))
    .map(([key, value]) => `${key}=${value}`);
  if (secure) more.push('secureClientPort=0');
  const nothing = { myid: () => null, dynamicConfig: () => null };
  const whole = `${text}\n${more.join('\n')}`;
  const { config, problems, warnings } = parseZooCfg(whole, file, nothing, system);
  if (config === null) throw new ConfigError(problems);
  const decided = new Set<string>(DECIDED);
  const settings = Object.fromEntries(
    Object.entries(config).filter(([key]) => !decided.has(key)),
  ) as unknown as SharedSettings;
  return { settings, warnings };
}
