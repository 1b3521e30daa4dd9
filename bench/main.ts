/**
 * The benchmark: Apache ZooKeeper 3.9.5 and zab beside each other, standalone and as three processes, same
 * zoo.cfg, same generator, windows in turn. See README.md beside this file.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  launchCluster,
  startCluster,
  type Cluster,
  type Kind,
  type Shape,
} from '../test/support/cluster.js';
import { projectRoot } from '../test/support/provision.js';
import { RawClient, Writer } from '../test/support/raw-client.js';
import { ServerProcess } from '../test/support/server-process.js';
import type { ZooCfg } from '../test/support/zoo-cfg.js';
import { generator, measure, type Load, type Mix, type Target, type Window } from './generator.js';
import { describeMachine, residentMiB } from './machine.js';
import { parseOptions, USAGE, type Options } from './options.js';
import { behind, rowTable, startTable, type Document, type Row, type Start } from './report.js';

const SHAPES: readonly Shape[] = ['standalone', 'ensemble'];
const MIXES: readonly (readonly [string, Mix])[] = [
  ['reads', 'read'],
  ['writes', 'write'],
  ['creates', 'create'],
  ['mixed', 'mixed'],
];
const LEVELS: readonly (readonly [number, number])[] = [
  [1, 1],
  [8, 16],
  [64, 32],
];
/** As the sample configuration of Apache ZooKeeper; forceSync=yes is in every file. */
const cfg: ZooCfg = { tickTime: 2000, initLimit: 10, syncLimit: 5, extra: [] };
/** As zkServer.sh starts it. */
const jvm = ['-Xmx1000m'];

interface Plan {
  readonly name: string;
  readonly shape: Shape;
  readonly load: Load;
}

const plan = (only: readonly string[]): Plan[] =>
  SHAPES.flatMap((shape) =>
    MIXES.flatMap(([label, mix]) =>
      LEVELS.map(([connections, outstanding]) => ({
        name: `${shape} ${label} ${connections}x${outstanding}`,
        shape,
        load: { mix, connections, outstanding },
      })),
    ),
  ).filter((row) => only.every((word) => row.name.split(' ').includes(word)));

const pidsOf = (cluster: Cluster): number[] =>
  cluster.processes.map((p) => {
    if (p.pid === null) throw new Error(`${p.name} ended under load:\n${p.tail}`);
    return p.pid;
  });

/** Whether one new connection gets an answer to getData('/'). */
const probe = async (process_: ServerProcess, open: Set<RawClient>): Promise<boolean> => {
  const [host = '', port = ''] = process_.address.split(':');
  const client = await RawClient.connect(host, Number(port)).catch(() => null);
  if (client === null) return false;
  open.add(client);
  const reply = await client.call(4, new Writer().buffer('/').bool(false).bytes());
  return reply?.err === 0;
};

/**
 * ms from starting all processes to the first answer of any of them to getData('/'). A probe every 5 ms, none
 * waiting for another, as Apache's server may never answer a connection that it accepts while it starts.
 */
const firstAnswer = async (kind: Kind, shape: Shape): Promise<number> => {
  const from = performance.now();
  await using cluster = await launchCluster({ kind, shape, cfg, jvm });
  const open = new Set<RawClient>();
  let elapsed: number | null = null;
  while (elapsed === null) {
    for (const process_ of cluster.processes) {
      if (process_.pid === null) throw new Error(`${process_.name} ended:\n${process_.tail}`);
      void probe(process_, open).then((answered) => {
        if (answered) elapsed ??= performance.now() - from;
      });
    }
    await delay(5);
  }
  for (const client of open) client.destroy();
  return elapsed;
};

const note = (options: Options, text: string): void => {
  if (!options.json || process.stderr.isTTY) process.stderr.write(`${text}\n`);
};

const inTurn = async <T>(
  keys: readonly string[],
  runs: number,
  one: (key: string, run: number) => Promise<T>,
): Promise<Record<string, T[]>> => {
  const all: Record<string, T[]> = Object.fromEntries(keys.map((key) => [key, []]));
  for (let run = 0; run < runs; run++) {
    // Turn about: none of them always comes first.
    for (const key of run % 2 === 0 ? keys : [...keys].reverse())
      all[key]!.push(await one(key, run));
  }
  return all;
};

const measureShape = async (
  shape: Shape,
  rows: readonly Plan[],
  options: Options,
): Promise<{ rows: Row[]; start: Start }> => {
  const firstAnswerMs = await inTurn(options.kinds, options.runs, (kind) =>
    firstAnswer(kind as Kind, shape),
  );
  await using stack = new AsyncDisposableStackLike();
  const clusters = new Map<string, Cluster>();
  for (const kind of options.kinds) {
    clusters.set(kind, stack.use(await startCluster({ kind, shape, cfg, jvm })));
  }
  const memory = (): Record<string, number> =>
    Object.fromEntries(
      [...clusters].map(([kind, cluster]) => [kind, residentMiB(pidsOf(cluster))]),
    );
  const idleMiB = memory();
  const target = (kind: string): Target => {
    const cluster = clusters.get(kind)!;
    return { connectString: cluster.connectString, pids: pidsOf(cluster) };
  };
  // Compilers warm up before anything counts.
  for (const kind of options.kinds) {
    await measure(
      { mix: 'mixed', connections: 8, outstanding: 16 },
      target(kind),
      2 * options.seconds,
      0.1,
    );
  }
  const measured: Row[] = [];
  for (const { name, load } of rows) {
    const windows = await inTurn<Window>(options.kinds, options.runs, (kind) =>
      measure(load, target(kind), options.warmup, options.seconds),
    );
    measured.push({ name, load, windows });
    note(options, rowTable(measured.slice(-1)));
  }
  return { rows: measured, start: { shape, firstAnswerMs, idleMiB, loadedMiB: memory() } };
};

/** What `AsyncDisposableStack` will be: Node 20 has `await using`, and not yet the class. */
class AsyncDisposableStackLike implements AsyncDisposable {
  private readonly resources: AsyncDisposable[] = [];
  use<T extends AsyncDisposable>(resource: T): T {
    this.resources.push(resource);
    return resource;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    for (const resource of this.resources.reverse()) await resource[Symbol.asyncDispose]();
  }
}

/** The bare server: what Node and this generator can do at most. */
const measureFloor = async (options: Options): Promise<Row[]> => {
  const args = [join(projectRoot, 'dist', 'bench', 'floor-reads.js')];
  const floor = new ServerProcess('floor', 0, { tool: process.execPath, args });
  floor.spawn();
  try {
    await floor.until('`ready` line', () => Promise.resolve(floor.saysReady()));
    const connectString = /^ready (\S+)$/m.exec(floor.tail)?.[1] ?? '';
    const rows: Row[] = [];
    for (const [connections, outstanding] of LEVELS) {
      const load: Load = { mix: 'read', connections, outstanding };
      const windows = await inTurn<Window>(['floor'], options.runs, () =>
        measure(load, { connectString, pids: [floor.pid!] }, options.warmup, options.seconds),
      );
      rows.push({ name: `floor reads ${connections}x${outstanding}`, load, windows });
    }
    return rows;
  } finally {
    await floor.kill();
  }
};

const bench = async (options: Options): Promise<void> => {
  const wanted = plan(options.only);
  if (wanted.length === 0 && !options.floor)
    throw new Error(`no row has all of: ${options.only.join(' ')}`);
  await generator();
  const machine = await describeMachine();
  const rows: Row[] = [];
  const starts: Start[] = [];
  for (const shape of SHAPES) {
    const mine = wanted.filter((row) => row.shape === shape);
    if (mine.length === 0) continue;
    note(options, `${shape}: starting ${options.kinds.join(' and ')}`);
    const measured = await measureShape(shape, mine, options);
    rows.push(...measured.rows);
    starts.push(measured.start);
  }
  if (options.floor) rows.push(...(await measureFloor(options)));
  const { runs, seconds, warmup } = options;
  const document: Document = { machine, runs, seconds, warmup, rows, starts };
  const text = JSON.stringify(document, null, 1) + '\n';
  if (options.save) {
    const folder = join(projectRoot, 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    const file = join(
      folder,
      `${machine.date.slice(0, 16).replace(':', '')}-${machine.commit}.json`,
    );
    writeFileSync(file, text);
    note(options, `kept in ${file}`);
  }
  if (options.json) {
    process.stdout.write(text);
    return;
  }
  const late = behind(rows);
  process.stdout.write(
    [
      `\n${JSON.stringify(machine)}`,
      `${runs} windows of ${seconds} s each, medians\n`,
      rowTable(rows),
      '',
      startTable(starts),
      '',
      late.length === 0 ? '' : `zab is behind in:\n  ${late.join('\n  ')}`,
    ].join('\n') + '\n',
  );
};

let options: Options | null;
try {
  options = parseOptions(process.argv.slice(2));
  if (options === null) process.stdout.write(USAGE);
  else await bench(options);
} catch (error) {
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
