/**
 * Plays one schedule of faults on servers of ours, as a process of its own: so that it can be put
 * into a network namespace as a whole.
 *
 *   main.js probe
 *   main.js SCENARIO namespaces|proxies FOLDER [PYTHON-WITH-KAZOO]
 *
 * Says on stdout what it does. FOLDER gets the traces and `result.json`. Any exit code but 0 is a
 * failure of the schedule.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FaultEnsemble } from '../../support/faults/ensemble.js';
import { namespaceNetwork } from '../../support/faults/namespaces.js';
import { proxyNetwork } from '../../support/faults/proxies.js';
import { probeNamespaces } from './probe.js';
import { startKazoo } from './kazoo-load.js';
import { missingAt, startLoad } from './load.js';
import { allServe } from './operations.js';
import { scenarios } from './scenarios.js';

export interface ScenarioResult {
  readonly acknowledged: number;
  /** By server: what was acknowledged, and a client of it does not see. */
  readonly lost: Readonly<Record<string, readonly string[]>>;
  /** What the acceptor of a connection calls it, and what the dialler calls it. */
  readonly renames: Readonly<Record<string, string>>;
}

const TICK_MS = 2_000;
/** Ticks. With one, the old leader of a partition has half a tick longer than its followers. */
const SYNC_LIMIT = 1;
const COMMIT_LOG_COUNT = 60;
const PACE_MS = 60;

async function play(name: string, kind: string, folder: string, python?: string): Promise<void> {
  const began = performance.now();
  const say = (line: string): void => {
    process.stdout.write(`${((performance.now() - began) / 1000).toFixed(1)} s: ${line}\n`);
  };
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const { voters, observers } = scenario;
  const sids = [...voters, ...observers];
  const network = await (kind === 'namespaces' ? namespaceNetwork(sids) : proxyNetwork(sids));
  const cfg = {
    ...{ tickTime: TICK_MS, initLimit: 5, syncLimit: SYNC_LIMIT },
    extra: ['minSessionTimeout=500', `commitLogCount=${COMMIT_LOG_COUNT}`],
  };
  const ensemble = new FaultEnsemble({ network, voters, observers, cfg, traces: folder });
  try {
    await ensemble.start();
    say('all servers serve');
    const load =
      python === undefined
        ? await startLoad(ensemble.addresses, 2, 2 * PACE_MS)
        : startKazoo(python, ensemble.addresses, PACE_MS);
    const stage = {
      ...{ ensemble, load, say },
      silenceMs: SYNC_LIMIT * TICK_MS,
      commitLogCount: COMMIT_LOG_COUNT,
    };
    await scenario.play(stage);
    const acknowledged = await load.end();
    await network.heal();
    await allServe(stage);
    const lost: Record<string, readonly string[]> = {};
    for (const sid of sids) {
      lost[sid] = await missingAt(ensemble.address(sid), load.root, acknowledged);
    }
    say(`${acknowledged.length} writes were acknowledged`);
    await ensemble.close();
    const renames = Object.fromEntries(network.renames());
    const result: ScenarioResult = { acknowledged: acknowledged.length, lost, renames };
    writeFileSync(join(folder, 'result.json'), JSON.stringify(result));
  } finally {
    await ensemble.close();
  }
}

const [what = '', kind = '', folder = '', python] = process.argv.slice(2);
// What a failed schedule leaves behind (a client that tries for ever) does not keep it alive.
(what === 'probe' ? probeNamespaces() : play(what, kind, folder, python)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exit(1);
  },
);
