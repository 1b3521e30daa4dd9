/** `zab start`: an ensemble in this process. */
import { readFileSync } from 'node:fs';
import { parseSharedSettings, type SharedSettings } from '../../config/shared-settings.js';
import type { SystemProperties } from '../../config/zoo-cfg.js';
import { addressText } from '../../shell/address.js';
import { Ensemble } from '../../shell/ensemble.js';
import { createLogger } from '../../shell/logger.js';
import { openTraceFile } from '../../testing/trace-file.js';
import { parseArguments, wholeNumber } from '../args.js';
import { UsageError, type Command } from '../command.js';
import { readLogFormat, readLogLevel, takeDefinitions, tellSecure, untilSignal } from '../serve.js';

const PORT_MAX = 65_535;
/** Sids are 1 … and the high byte of session ids. */
const SERVERS_MAX = 99;

const usage = `
Usage: zab start [OPTIONS]

Runs an ensemble on 127.0.0.1 in this process. When every server serves, prints a line
"ready HOST:PORT,HOST:PORT,…" on stdout. SIGINT, SIGTERM and SIGHUP end it.

Options:
  --size N        voting servers; 1 is a standalone server (default 3)
  --observers N   servers that do not vote (default 0)
  --port P        client port of the first server, the others take the next ones;
                  0: any free ones (default 2181)
  --data DIR      keep the data in DIR (default: a temporary folder, removed at the end)
  --config FILE   a zoo.cfg's keys that count for each server, but for ports, folders and
                  server.N lines: features, TLS, authentication, limits, admin.serverPort=0, …
  -DNAME=VALUE    the same as Java system properties: a key as zookeeper.KEY
  --secure        a port for TLS clients beside each client port, any free one; asks for
                  ssl.keyStore.location and the like. Printed before the ready line:
                  "secure HOST:PORT,HOST:PORT,…"
  --trace FILE    record every step of the servers' consensus core in FILE (NDJSON)
  --log LEVEL     debug, info, warn, error or silent: what goes to stderr (default warn)
  --log-format F  text or json: how each line of that looks (default text)
  --json          print the ready line as JSON
  --until-eof     end when standard input ends, too: for a program that starts it
  --help          show this
`;

async function run(args: readonly string[]): Promise<number> {
  const [definitions, others] = takeDefinitions(args);
  const { options, positional } = parseArguments('start', others, {
    config: 'text',
    secure: 'flag',
    size: 'text',
    observers: 'text',
    port: 'text',
    data: 'text',
    trace: 'text',
    log: 'text',
    'log-format': 'text',
    json: 'flag',
    'until-eof': 'flag',
  });
  if (positional.length > 0) {
    throw new UsageError(`zab start: unexpected argument '${positional[0] ?? ''}'`);
  }
  const size = wholeNumber('start', 'size', options.size ?? '3', 1, SERVERS_MAX);
  const observers = wholeNumber('start', 'observers', options.observers ?? '0', 0, SERVERS_MAX);
  const port = wholeNumber('start', 'port', options.port ?? '2181', 0, PORT_MAX);
  if (port + size + observers - 1 > PORT_MAX) {
    throw new UsageError(`zab start: no ports for ${size + observers} servers from ${port} on`);
  }
  const level = readLogLevel('start', options.log, 'warn');
  const format = readLogFormat('start', options['log-format']);
  const log = createLogger(level, undefined, '', format);
  const { settings, warnings } = readSettings(options.config, definitions, options.secure);
  for (const warning of warnings) log.warn(warning);
  const trace = options.trace === undefined ? null : await openTraceFile(options.trace);
  try {
    return await untilSignal(
      async () => {
        const ensemble = await Ensemble.start({
          ...{ size, observers, port, log },
          host: '127.0.0.1',
          dataDir: options.data ?? null,
          secure: options.secure,
          settings,
          openTrace: trace?.open ?? null,
        });
        return {
          ready: ensemble.serving().then(() => {
            if (options.secure) tellSecure(secureAddresses(ensemble), options.json);
            return ensemble.connectString;
          }),
          fault: ensemble.faults(),
          close: () => ensemble.close(),
        };
      },
      { json: options.json, untilEof: options['until-eof'] },
    );
  } finally {
    trace?.close();
  }
}

/** Unless `--config` or `-D` says otherwise. Every client comes from one address here. */
const DEFAULTS_HERE = {
  ...{ tickTime: '2000', initLimit: '10', syncLimit: '5' },
  ...{ maxClientCnxns: '0', 'admin.enableServer': 'false' },
};

function readSettings(
  file: string | undefined,
  definitions: SystemProperties,
  secure: boolean,
): { readonly settings: SharedSettings; readonly warnings: readonly string[] } {
  let text = '';
  try {
    if (file !== undefined) text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`zab start: ${file}: ${(error as Error).message}`);
  }
  return parseSharedSettings(text, file ?? 'zab start', definitions, DEFAULTS_HERE, secure);
}

function secureAddresses({ members }: Ensemble): string {
  return members
    .map(({ config }) => (config.secureClient === null ? '' : addressText(config.secureClient)))
    .join(',');
}

export const command: Command = {
  name: 'start',
  summary: 'run an ensemble in this process on 127.0.0.1',
  usage,
  run,
};
