/** The command `npm run differential`. */
import { readFileSync } from 'node:fs';
import { freshSeed, scriptArguments } from '../support/script-arguments.js';
import { Comparison, report, search } from './compare.js';
import type { Features } from './generate.js';
import type { Program } from './program.js';
import { startServers, type Shape } from './servers.js';
import { isSetting, SETTINGS, type SettingName } from './settings.js';

const WIDTH = Math.max(...Object.keys(SETTINGS).map((name) => name.length));
const USAGE = `npm run differential -- [options]
  --operations N   requests in all (default 100,000)
  --piece N        requests until all servers are started anew (default 10,000)
  --seed S         the first seed (default: one of this moment)
  --path P         with --seed: go on from a failure that was printed
  --program FILE   run this program alone, as it was printed
  --setting NAME   how the servers are set up (below; default standard)
  --shapes LIST    standalone,ensemble: servers of ours (default what the setting has)
  --without LIST   operations to leave out, as create2,addWatch
  --no-expiry      no sessions that time out: they take most of the time

Runs generated programs on Apache ZooKeeper 3.9.5 and on ours, and compares every reply, stat field, error and event with its place.
The first difference is shrunk and printed with its seed. Exit code: 0 no difference; 1 a difference; 2 a bad argument.

Settings:
${Object.entries(SETTINGS)
  .map(([name, { what }]) => `  ${name.padEnd(WIDTH)}  ${what}`)
  .join('\n')}`;

const { fail, numberOf, parse } = scriptArguments('differential');

const shapesOf = (list: string): Shape[] =>
  list.split(',').map((shape) => {
    if (shape === 'standalone' || shape === 'ensemble') return shape;
    return fail(`--shapes ${list}: standalone, ensemble or both`);
  });

const settingOf = (name: string): SettingName =>
  isSetting(name) ? name : fail(`--setting ${name}: there are ${Object.keys(SETTINGS).join(', ')}`);

const one = async (
  file: string,
  setting: SettingName,
  shapes: readonly Shape[],
): Promise<number> => {
  const program = JSON.parse(readFileSync(file, 'utf8')) as Program;
  await using servers = await startServers(setting, shapes);
  const found = await new Comparison(servers).compare(program);
  for (const each of found) process.stdout.write(`${report(each)}\n`);
  if (found.length === 0) process.stdout.write('no difference\n');
  return found.length === 0 ? 0 : 1;
};

const main = async (): Promise<number> => {
  const values = parse({
    operations: { type: 'string' },
    piece: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' },
    program: { type: 'string' },
    setting: { type: 'string', default: 'standard' },
    shapes: { type: 'string', default: 'standalone,ensemble' },
    'no-expiry': { type: 'boolean', default: false },
    without: { type: 'string', default: '' },
    help: { type: 'boolean', default: false },
  });
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  const shapes = shapesOf(values.shapes);
  const setting = settingOf(values.setting);
  if (values.program !== undefined) return one(values.program, setting, shapes);
  const operations = numberOf('operations', values.operations, 100_000);
  const piece = numberOf('piece', values.piece, 10_000);
  let seed = numberOf('seed', values.seed, freshSeed());
  const features: Features = {
    setting,
    clients: 4,
    length: 30,
    expiry: !values['no-expiry'],
    without: values.without.split(',').filter((op) => op !== ''),
  };
  const began = performance.now();
  let done = 0;
  let count = 0;
  while (done < operations) {
    await using servers = await startServers(setting, shapes);
    const comparison = new Comparison(servers);
    const first = seed;
    const result = await search(
      comparison,
      features,
      first,
      Math.min(piece, operations - done),
      values.path,
    );
    done += comparison.operations;
    count += comparison.programs;
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(
      `${done} operations in ${count} programs from seed ${first}, ${seconds} s\n`,
    );
    if (typeof result !== 'number') {
      const { found, path } = result;
      process.stdout.write(
        `a difference: --setting ${setting} --seed ${result.seed} --path ${path}\n${report(found)}\n`,
      );
      return 1;
    }
    seed = result;
    if (values.path !== undefined) break;
  }
  process.stdout.write('no difference\n');
  return 0;
};

process.exitCode = await main();
