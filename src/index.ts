/**
 * The public API: servers as a library. Servers for tests are in `zab/testing`.
 */
export { loadConfig, ConfigError, type ServerConfig } from './config/index.js';
export { Ensemble, type EnsembleMember, type EnsembleOptions } from './shell/ensemble.js';
export { createLogger, type Logger, type LogLevel } from './shell/logger.js';
export { OperatorError } from './shell/operator-error.js';
export { startServer, type Server, type ServerOptions } from './shell/server.js';
