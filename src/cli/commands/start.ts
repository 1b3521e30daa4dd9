/** `zab start`: an ensemble in this process. */
import { Ensemble } from '../../shell/ensemble.js';
import { createLogger } from '../../shell/logger.js';
import { openTraceFile } from '../../testing/trace-file.js';
import { parseArguments, wholeNumber } from '../args.js';
import { UsageError, type Command } from '../command.js';
import { readLogFormat, readLogLevel, untilSignal } from '../serve.js';

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
  --trace FILE    record every step of the servers' consensus core in FILE (NDJSON)
  --log LEVEL     debug, info, warn, error or silent: what goes to stderr (default warn)
  --log-format F  text or json: how each line of that looks (default text)
  --json          print the ready line as JSON
  --until-eof     end when standard input ends, too: for a program that starts it
  --help          show this
`;

async function run(args: readonly string[]): Promise<number> {
  const { options, positional } = parseArguments('start', args, {
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
  const trace = options.trace === undefined ? null : await openTraceFile(options.trace);
  try {
    return await untilSignal(
      async () => {
        const ensemble = await Ensemble.start({
          ...{ size, observers, port, log },
          host: '127.0.0.1',
          dataDir: options.data ?? null,
          // Every client comes from one address here.
          settings: { maxClientCnxns: 0 },
          openTrace: trace?.open ?? null,
        });
        return {
          ready: ensemble.serving().then(() => ensemble.connectString),
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

export const command: Command = {
  name: 'start',
  summary: 'run an ensemble in this process on 127.0.0.1',
  usage,
  run,
};
