/** `zab server`: one server from a zoo.cfg, as `zkServer.sh start-foreground` runs it. */
import { loadConfig } from '../../config/load.js';
import { propertiesOfEnvironment } from '../../config/system-properties.js';
import { addressText, reachable } from '../../shell/address.js';
import { createLogger } from '../../shell/logger.js';
import { startServer } from '../../shell/server.js';
import { openTraceFile } from '../../testing/trace-file.js';
import { parseArguments } from '../args.js';
import { UsageError, type Command } from '../command.js';
import { readLogFormat, readLogLevel, takeDefinitions, tellSecure, untilSignal } from '../serve.js';

const usage = `
Usage: zab server ZOO.CFG [OPTIONS]

Runs one server as ZOO.CFG says. When it serves, prints a line "ready HOST:PORT" on stdout,
and before it, if there is a port for TLS clients, a line "secure HOST:PORT".
SIGINT, SIGTERM and SIGHUP end it.

Options:
  -DNAME=VALUE    a Java system property, as Apache's server takes its settings: a key of
                  ZOO.CFG as zookeeper.KEY; also read from JVMFLAGS and SERVER_JVMFLAGS
  --trace FILE    record every step of the server's consensus core in FILE (NDJSON)
  --log LEVEL     debug, info, warn, error or silent: what goes to stderr (default info)
  --log-format F  text or json: how each line of that looks (default text)
  --json          print the ready line as JSON
  --until-eof     end when standard input ends, too: for a program that starts it
  --help          show this
`;

async function run(args: readonly string[]): Promise<number> {
  const [definitions, others] = takeDefinitions(args);
  const { options, positional } = parseArguments('server', others, {
    trace: 'text',
    log: 'text',
    'log-format': 'text',
    json: 'flag',
    'until-eof': 'flag',
  });
  const [file, extra] = positional;
  if (file === undefined) throw new UsageError('zab server: which zoo.cfg?');
  if (extra !== undefined) throw new UsageError(`zab server: unexpected argument '${extra}'`);
  const level = readLogLevel('server', options.log, 'info');
  const format = readLogFormat('server', options['log-format']);
  const system = { ...propertiesOfEnvironment(process.env), ...definitions };
  const { config, warnings } = loadConfig(file, system);
  const log = createLogger(level, undefined, String(config.sid), format);
  for (const warning of warnings) log.warn(warning);
  const trace = options.trace === undefined ? null : await openTraceFile(options.trace);
  try {
    return await untilSignal(
      async () => {
        const server = await startServer(config, { log, openTrace: trace?.open ?? null });
        const fault = server.ended.then((ending) =>
          ending.by === 'fault' ? ending.error : new Promise<never>(() => undefined),
        );
        return {
          ready: server.serving.then(() => {
            const { address, secureAddress } = server;
            if (secureAddress !== null)
              tellSecure(addressText(reachable(secureAddress)), options.json);
            return addressText(reachable(address));
          }),
          fault,
          close: () => server.stop(),
        };
      },
      { json: options.json, untilEof: options['until-eof'] },
    );
  } finally {
    trace?.close();
  }
}

export const command: Command = {
  name: 'server',
  summary: 'run one server from a zoo.cfg',
  usage,
  run,
};
