/** The command `npm run fuzz`. */
import { freshSeed, scriptArguments } from '../support/script-arguments.js';
import { fuzz, type Port } from './fuzz.js';

const USAGE = `npm run fuzz -- [options]
  --port PORT    client, quorum or election (default: all three)
  --frames N     mutated frames (default: client 1,000,000, quorum and election 100,000 each)
  --seed S       what decides each frame (default: one of this moment)

Sends mutated frames of real conversations to servers that witnesses work with meanwhile. Fails when a server ends, a witness is
answered wrongly, late or not at all, another server leads, or memory grows over the second half. Exit code: 0, 1, or 2: a bad argument.`;

const PORTS: readonly Port[] = ['client', 'quorum', 'election'];
const FRAMES: Readonly<Record<Port, number>> = {
  client: 1_000_000,
  quorum: 100_000,
  election: 100_000,
};

const { fail, numberOf, parse } = scriptArguments('fuzz');

const main = async (): Promise<number> => {
  const values = parse({
    port: { type: 'string' },
    frames: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const wanted = values.port === undefined ? PORTS : PORTS.filter((port) => port === values.port);
  if (wanted.length === 0) fail(`--port ${values.port}: client, quorum or election`);
  const seed = numberOf('seed', values.seed, freshSeed());
  const progress = (line: string): boolean => process.stdout.write(`${line}\n`);
  for (const port of wanted) {
    const frames = numberOf('frames', values.frames, FRAMES[port]);
    progress(`${port} port: ${frames} frames, --seed ${seed}`);
    try {
      const result = await fuzz({ port, frames, seed, progress });
      const memory = result.memory.map((all) => {
        const half = all.length / 2;
        const most = [all.slice(0, half), all.slice(half)].map((part) => Math.max(...part));
        return most.map((mib) => mib.toFixed(0)).join(' → ');
      });
      progress(
        `${port} port: ${result.frames} frames in ${result.connections} connections, ${result.seconds.toFixed(0)} s; ` +
          `${result.witnessOperations} answers to witnesses, the slowest after ${result.witnessSlowest.toFixed(0)} ms; ` +
          `at most MiB in the first and second half: ${memory.join(', ')}`,
      );
    } catch (error) {
      process.stderr.write(`${port} port, --seed ${seed}: ${(error as Error).message}\n`);
      return 1;
    }
  }
  return 0;
};

process.exitCode = await main();
