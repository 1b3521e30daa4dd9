/**
 * Runs a real client's check program against a cluster and turns its lines into subtests.
 *
 * The program gets the connect string and `--failover` as arguments and writes, a line each: `ok NAME`,
 * `not ok NAME reason`, or `ask kill HOST:PORT` / `ask restart HOST:PORT`, after which it reads one line, `done`.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { startCluster, type Cluster, type Kind, type Shape } from './cluster.js';
import { missingTool } from './provision.js';
import type { Command } from './server-process.js';

/** What every client is asked to do; a program that leaves one out fails. */
export const CHECKS = [
  'connect',
  'create-persistent',
  'create-ephemeral',
  'create-sequential',
  'create-ephemeral-sequential',
  'get-set',
  'delete',
  'bad-version',
  'no-node',
  'node-exists',
  'not-empty',
  'no-children-for-ephemerals',
  'children',
  'watch-data',
  'watch-exists',
  'watch-children',
  'watch-one-shot',
  'watch-other-client',
  'multi',
  'multi-rollback',
  'sync',
  'acl-world',
  'acl-digest',
  'close-removes-ephemerals',
  'expiry-removes-ephemerals',
  'session-handover',
  'chroot',
] as const;

/** Where real clients are sent: to Apache's servers as well, which shows that the checks are right. */
export const TARGETS: readonly (readonly [Kind, Shape])[] = [
  ['apache', 'standalone'],
  ['apache', 'ensemble'],
  ['zab', 'standalone'],
  ['zab', 'ensemble'],
  ['zab', 'start'],
];

export interface ProgramOutcome {
  /** Name of a check to the reason why it failed, null if it passed. */
  readonly verdicts: ReadonlyMap<string, string | null>;
  readonly exit: string;
  /** What was no verdict: the program's errors. */
  readonly noise: string;
}

const obey = async (cluster: Cluster, what: string, address: string): Promise<string> => {
  try {
    await (what === 'kill' ? cluster.kill(address) : cluster.restart(address));
    return 'done';
  } catch (error) {
    return String(error).split('\n').join(' | ');
  }
};

export interface RunProgramOptions {
  /** Whether it is told that it may have members killed. */
  readonly failover: boolean;
  readonly onLine?: (line: string) => void;
}

/** Runs it on the cluster; with fail-over it may ask for members to be killed and restarted. */
export const runProgram = (
  command: Command,
  cluster: Cluster,
  signal: AbortSignal,
  { failover, onLine }: RunProgramOptions = { failover: cluster.killable },
): Promise<ProgramOutcome> =>
  new Promise((resolve, reject) => {
    const args = [...command.args, cluster.connectString];
    if (failover) args.push('--failover');
    const child = spawn(command.tool, args, {
      stdio: 'pipe',
      env: { ...process.env, ...command.env },
      signal,
      killSignal: 'SIGKILL',
    });
    const verdicts = new Map<string, string | null>();
    let noise = '';
    child.stderr.on('data', (chunk: Buffer) => (noise += chunk.toString()));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      onLine?.(line);
      const verdict = /^(not )?ok (\S+) ?(.*)$/.exec(line);
      const ask = /^ask (kill|restart) (\S+)$/.exec(line);
      if (verdict !== null) {
        verdicts.set(
          verdict[2]!,
          verdict[1] === undefined ? null : verdict[3]! || 'no reason given',
        );
      } else if (ask !== null) {
        void obey(cluster, ask[1]!, ask[2]!).then((answer) => child.stdin.write(`${answer}\n`));
      } else noise += `${line}\n`;
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? missingTool(command.tool, 'a client program') : error);
    });
    child.on('close', (code, by) => {
      resolve({ verdicts, exit: by ?? String(code), noise });
    });
  });

const report = async (
  t: TestContext,
  names: readonly string[],
  outcome: ProgramOutcome,
): Promise<void> => {
  const unasked = [...outcome.verdicts.keys()].filter((name) => !names.includes(name));
  for (const name of [...names, ...unasked]) {
    await t.test(name, () => {
      const verdict = outcome.verdicts.get(name);
      if (verdict === undefined) {
        assert.fail(`no verdict: the program ended with ${outcome.exit}\n${outcome.noise}`);
      }
      if (verdict !== null) assert.fail(verdict);
    });
  }
  const failed = [...outcome.verdicts.values()].some((reason) => reason !== null);
  assert.equal(outcome.exit, failed ? '1' : '0', outcome.noise);
};

export interface ClientProgram {
  readonly name: string;
  /** Makes all that the program needs, if it is not there, and says how to run it. */
  readonly command: () => Promise<Command>;
  /** Of CHECKS, those that this client's API cannot do. */
  readonly without?: readonly string[];
  /** Checks that only this program has. */
  readonly besides?: readonly string[];
}

/** One test for each target, one subtest for each check. */
export const clientTests = (program: ClientProgram): void => {
  for (const [kind, shape] of TARGETS) {
    test(`${program.name} on ${kind} ${shape}`, { timeout: 480_000 }, async (t) => {
      const command = await program.command();
      await using cluster = await startCluster({ kind, shape });
      const outcome = await runProgram(command, cluster, t.signal);
      const names: string[] = CHECKS.filter((name) => program.without?.includes(name) !== true);
      names.push(...(program.besides ?? []));
      if (cluster.killable && program.without?.includes('failover') !== true)
        names.push('failover');
      await report(t, names, outcome);
    });
  }
};
