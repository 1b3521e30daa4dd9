/**
 * The whole promise, twice: servers as processes, clients that go on writing, and meanwhile kill -9,
 * SIGSTOP and partitions. No acknowledged write is lost on any server, and TLC finds a behaviour of
 * the specification that explains every recorded step of all of them.
 *
 * The schedules are in faults/scenarios.ts; they wait for what the traces show. About 90 s.
 */
import { test, type TestContext } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runValidate } from '../../conformance/trace/command.js';
import { loadRuns } from '../../conformance/trace/load.js';
import type { TraceLine } from '../../conformance/trace/schema.js';
import { chooseNetwork } from '../support/faults/choose.js';
import { traceFileOf } from '../support/faults/live-traces.js';
import { kazooPython } from '../support/kazoo.js';
import { dropFolder, makeFolder } from '../support/server-process.js';
import type { ScenarioResult } from './faults/main.js';
import { scenarios } from './faults/scenarios.js';

const main = fileURLToPath(new URL('./faults/main.js', import.meta.url));

/** Plays a scenario; says what it says. */
async function play(t: TestContext, command: readonly string[]): Promise<void> {
  const [tool = '', ...args] = command;
  const child = spawn(tool, args, { stdio: ['ignore', 'pipe', 'pipe'], signal: t.signal });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  createInterface({ input: child.stdout }).on('line', (line) => t.diagnostic(line));
  const [code] = (await once(child, 'close')) as [number | null];
  assert.equal(code, 0, errors);
}

/** Through a proxy each end has a name of its own for a connection: the acceptor's becomes the other's. */
function renameConnections(
  folder: string,
  sids: readonly number[],
  renames: ScenarioResult['renames'],
): void {
  for (const sid of sids) {
    const path = traceFileOf(folder, sid);
    const text = readFileSync(path, 'utf8').replace(
      /"conn":"([^"]*)"/g,
      (_, name: string) => `"conn":"${renames[name] ?? name}"`,
    );
    writeFileSync(path, text);
  }
}

/** Does the order of the lines have a place where two servers lead established epochs at once? */
function hasTwoLeaders(lines: readonly TraceLine[]): boolean {
  const leading = new Map<number, number>();
  return lines.some(({ server, post }) => {
    if (post.state === 'LEADING' && post.zabState === 'BROADCAST') {
      leading.set(server, post.newEpoch);
    } else {
      leading.delete(server);
    }
    return new Set(leading.values()).size > 1;
  });
}

/** What the servers did in it, by their own account. */
function happened(lines: readonly TraceLine[], observers: readonly number[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { server, event, action } of lines) {
    if (action !== null) found.add(action);
    if (event.type !== 'packet') continue;
    found.add(event.packet.type);
    if (event.packet.type === 'INFORM' && observers.includes(server)) found.add('observer');
  }
  if (hasTwoLeaders(lines)) found.add('two leaders');
  return found;
}

async function validateScenario(
  t: TestContext,
  name: string,
  expected: readonly string[],
  kazoo: boolean,
): Promise<void> {
  const { voters, observers, proxies } = scenarios[name]!;
  const sids = [...voters, ...observers];
  const choice = proxies ? null : chooseNetwork([process.execPath, main, 'probe']);
  const kind = choice?.kind ?? 'TCP proxies';
  const why = choice?.kind === 'TCP proxies' ? ` (no network namespaces: ${choice.why})` : '';
  t.diagnostic(`partitions by ${kind}${why}`);
  const python = kazoo ? [await kazooPython()] : [];
  const folder = makeFolder('zab-trace-');
  try {
    const network = kind === 'TCP proxies' ? 'proxies' : 'namespaces';
    const enter = choice?.enter ?? [];
    await play(t, [...enter, process.execPath, main, name, network, folder, ...python]);
    const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8')) as ScenarioResult;
    assert.ok(result.acknowledged > 50, `only ${result.acknowledged} writes were acknowledged`);
    for (const sid of sids) {
      assert.deepEqual(result.lost[sid], [], `acknowledged, and not on server ${sid}`);
    }
    renameConnections(folder, sids, result.renames);
    const [run] = loadRuns([folder]);
    assert.equal(run!.refused, null, run!.refused?.why);
    const found = happened(
      run!.lines.map(({ line }) => line),
      observers,
    );
    assert.deepEqual(
      expected.filter((what) => !found.has(what)),
      [],
    );
    const said: string[] = [];
    const say = (line: string): unknown => said.push(line);
    const code = await runValidate([folder], { out: say, err: say, status: null });
    for (const line of said) t.diagnostic(line);
    assert.equal(code, 0, said.join('\n'));
    assert.match(said.join('\n'), /^accepted /m);
  } finally {
    dropFolder(folder);
  }
}

const ALWAYS = ['Restart', 'LeaderShutdown', 'FollowerShutdown', 'LeaderCloseConnection'];

test('three voters and an observer under kazoo: nothing is lost, TLC accepts the trace', (t) =>
  validateScenario(
    t,
    'three',
    [...ALWAYS, 'DIFF', 'TRUNC', 'SNAP', 'observer', 'two leaders'],
    true,
  ));

test('five voters and an observer: nothing is lost, TLC accepts the trace', (t) =>
  validateScenario(t, 'five', [...ALWAYS, 'DIFF', 'TRUNC', 'observer', 'two leaders'], false));
