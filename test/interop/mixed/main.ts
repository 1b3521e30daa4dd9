/** The command `npm run mixed`. */
import { freshSeed, scriptArguments } from '../../support/script-arguments.js';
import { playRounds } from './rounds.js';

const USAGE = `npm run mixed -- [options]
  --rounds N     kills of the leader (default: 20)
  --seed S       what decides when (default: one of this moment)

Kills and restarts the leader of ensembles of Apache's servers and ours while clients write. Fails when an acknowledged write is
lost, two servers differ in the end, or an election does not end. Exit code: 0, 1, or 2: a bad argument.`;

const { numberOf, parse } = scriptArguments('mixed');

const main = async (): Promise<number> => {
  const values = parse({
    rounds: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const rounds = numberOf('rounds', values.rounds, 20);
  const seed = numberOf('seed', values.seed, freshSeed());
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
