/**
 * Curator's recipes between two clients (curator/CuratorChecks.java), on a standalone server and on an ensemble of
 * three; there once more after each member, the leader among them, was killed and came back.
 */
import { runProgram } from '../../support/client-program.js';
import { startCluster, type Shape } from '../../support/cluster.js';
import { curatorChecks } from '../../support/curator.js';
import { testCfg } from '../../support/zoo-cfg.js';
import type { Outcome, Outcomes } from './outcomes.js';
import type { Suite, SuiteRun } from './suite.js';

const SHAPES: readonly Shape[] = ['standalone', 'ensemble'];

const RECIPES = [
  ...['mutex', 'read-write-lock', 'multi-lock', 'semaphore', 'leader-latch', 'leader-selector'],
  ...['curator-cache', 'tree-cache', 'path-children-cache', 'node-cache', 'persistent-watcher'],
  ...['barrier', 'double-barrier', 'shared-count', 'atomic-long', 'queue', 'group-member'],
  ...['transaction', 'persistent-node', 'persistent-ttl-node'],
];

const namesOf = (shape: Shape): readonly string[] =>
  shape === 'standalone'
    ? RECIPES
    : [...RECIPES, 'held-through-failover', ...RECIPES.map((name) => `${name}-after-failover`)];

/** PersistentTtlNode needs TTL nodes. */
const cfg = { ...testCfg, extra: ['extendedTypesEnabled=true'] };

/** `only`: `standalone`, `ensemble`. */
const runRecipes = async ({ kind, only, onLine, signal }: SuiteRun): Promise<Outcomes> => {
  const outcomes = new Map<string, Outcome>();
  const { classPath } = await curatorChecks();
  const jvm = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const command = { tool: 'java', args: [...jvm, '-cp', classPath, 'CuratorChecks'] };
  for (const shape of SHAPES.filter((s) => only === undefined || only.includes(s))) {
    await using cluster = await startCluster({ kind, shape, cfg });
    const never = new AbortController().signal;
    const { verdicts, exit, noise } = await runProgram(command, cluster, signal ?? never, {
      failover: shape === 'ensemble',
      onLine: (line) => onLine?.(`${shape}: ${line}`),
    });
    for (const name of new Set([...namesOf(shape), ...verdicts.keys()])) {
      const reason = verdicts.get(name);
      const why = reason === undefined ? `no verdict: ended with ${exit}\n${noise}` : reason;
      const verdict = reason === null ? 'passed' : 'failed';
      outcomes.set(`${shape}: ${name}`, { verdict, reason: why ?? '', attempts: 1 });
    }
  }
  return outcomes;
};

export const recipes: Suite = {
  name: 'recipes',
  title:
    'Curator 5.9.0 (Java), its recipes in a program, standalone and through the loss of servers',
  run: runRecipes,
  known: [],
};
