/** The command `npm run mixed`. */
import { parseArgs } from 'node:util';
import { playRounds } from './rounds.js';

const USAGE = `npm run mixed -- [options]
  --rounds N     kills of the leader (default: 20)
  --seed S       what decides when (default: one of this moment)

Kills and restarts the leader of ensembles of Apache's servers and ours while clients write. Fails when an acknowledged write is
lost, two servers differ in the end, or an election does not end. Exit code: 0, 1, or 2: a bad argument.`;

const fail = (message: string): never => {
  process.stderr.write(`npm run mixed: ${message}\n`);
  process.exit(2);
};
const numberOf = (name: string, text: string | undefined): number | null => {
  if (text === undefined) return null;
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0
    ? value
    : fail(`--${name} ${text}: expected a whole number`);
};
const parse = () => {
  try {
    return parseArgs({
      options: {
        rounds: { type: 'string' },
        seed: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message.split('\n')[0] ?? '');
  }
};

const main = async (): Promise<number> => {
  const values = parse();
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const rounds = numberOf('rounds', values.rounds) ?? 20;
  const seed = numberOf('seed', values.seed) ?? Date.now() % 1_000_000_000;
  const progress = (line: string): boolean => process.stdout.write(`${line}\n`);
  progress(`${rounds} rounds, --seed ${seed}`);
  try {
    const { acknowledged, killed, outages } = await playRounds({ rounds, seed, progress });
    const sorted = [...outages].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1] ?? 0;
    progress(
      `leaders killed: ${killed.apache} of Apache's, ${killed.zab} of ours; ${acknowledged} acknowledged writes, none lost; ` +
        `from a kill to the next write ${median} ms in the middle, ${sorted.at(-1) ?? 0} ms at most`,
    );
    return 0;
  } catch (error) {
    process.stderr.write(`--seed ${seed}: ${(error as Error).stack ?? String(error)}\n`);
    return 1;
  }
};

// What a failed run leaves behind (a client that tries for ever) does not keep it alive.
process.exit(await main());
