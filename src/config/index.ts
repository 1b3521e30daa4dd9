/** The configuration of one server: as a value, and read from files. */
export { loadConfig, type LoadedConfig } from './load.js';
export {
  ConfigError,
  DEFAULTS,
  SID_MAX,
  type Address,
  type PeerConfig,
  type ServerConfig,
} from './server-config.js';
