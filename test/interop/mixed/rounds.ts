/**
 * Rounds of kill -9 and restart of the leader of an ensemble of both kinds, while clients write: nothing
 * acknowledged is lost, no two servers differ at the end, every election ends, and a session that
 * lives through all of it keeps its ephemeral node and its watch.
 *
 * In an ensemble of three, two servers of one kind stand beside one of the other, which has the
 * greatest sid: it wins when one of the two was killed, and one of the two wins when it was. So the
 * kinds take turns, unless a server that is behind has to follow; which kind is killed is told in the
 * end. In an ensemble of five the kinds that are left decide.
 */
import assert from 'node:assert/strict';
import { missingAt, startLoad, type Load } from '../../e2e/faults/load.js';
import { Random } from '../../fuzz/random.js';
import type { Kind } from '../../support/cluster.js';
import { MixedEnsemble, type MixedMember } from '../../support/mixed-ensemble.js';
import { assertAgree } from './agreement.js';
import { Keeper } from './keeper.js';

export interface RoundsOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

export interface RoundsResult {
  readonly acknowledged: number;
  /** Leaders of each kind that were killed. */
  readonly killed: Readonly<Record<Kind, number>>;
  /** Milliseconds from a kill to a write acknowledged by those who are left, in order. */
  readonly outages: readonly number[];
}

const WRITERS = 2;
const PACE_MS = 10;

interface Scene {
  readonly ensemble: MixedEnsemble;
  readonly load: Load;
  readonly random: Random;
  readonly say: (line: string) => void;
}

/** Kills the leader, waits until the others serve without it, and starts it again. */
async function round({ ensemble, load, random, say }: Scene): Promise<[MixedMember, number]> {
  await load.more(random.below(40));
  const leader = await ensemble.leader();
  await leader.kill();
  const killed = performance.now();
  // At once, or when the others have a leader.
  if (random.oneIn(3)) await leader.launch();
  await load.more(1);
  const outage = Math.round(performance.now() - killed);
  await load.more(random.below(40));
  if (!leader.runs) await leader.launch();
  await leader.serving();
  const next = await ensemble.leader();
  say(`killed ${leader.name}, the leader; a write after ${outage} ms; now ${next.name} leads`);
  return [leader, outage];
}

async function stage(kinds: readonly Kind[], rounds: number, random: Random, say: Scene['say']) {
  say(kinds.join(', '));
  await using ensemble = await MixedEnsemble.start({ kinds });
  const keeper = await Keeper.start(ensemble.connectString);
  const addresses = ensemble.members.map(({ address }) => address);
  const load = await startLoad(addresses, WRITERS, PACE_MS);
  const killed: Kind[] = [];
  const outages: number[] = [];
  for (let n = 0; n < rounds; n++) {
    await keeper.through(async () => {
      const [leader, outage] = await round({ ensemble, load, random, say });
      killed.push(leader.kind);
      outages.push(outage);
    });
  }
  const acknowledged = await load.end();
  await keeper.close();
  const tree = await assertAgree(ensemble.members);
  for (const { address, name } of ensemble.members) {
    assert.deepEqual(await missingAt(address, load.root, acknowledged), [], `lost at ${name}`);
  }
  assert.ok(!tree.has('/kept'), 'a closed session leaves no ephemeral');
  say(`${acknowledged.length} acknowledged writes are there, ${tree.size} nodes are equal`);
  return { acknowledged: acknowledged.length, killed, outages };
}

/** From so many rounds on, some of them are with five servers. */
const ROUNDS_FOR_FIVE = 10;

/** How many rounds with which servers: half with more of Apache's, half with more of ours. */
function shapesFor(rounds: number): readonly (readonly [readonly Kind[], number])[] {
  const five = rounds < ROUNDS_FOR_FIVE ? 0 : Math.floor(rounds / 5);
  const three = rounds - 2 * five;
  return [
    [['apache', 'apache', 'zab'], Math.ceil(three / 2)],
    [['zab', 'zab', 'apache'], Math.floor(three / 2)],
    [['apache', 'zab', 'apache', 'apache', 'zab'], five],
    [['zab', 'apache', 'zab', 'zab', 'apache'], five],
  ];
}

export async function playRounds({ rounds, seed, progress }: RoundsOptions): Promise<RoundsResult> {
  const began = performance.now();
  const say = (line: string): void => {
    progress(`${((performance.now() - began) / 1000).toFixed(1)} s: ${line}`);
  };
  const random = new Random(seed);
  let acknowledged = 0;
  const killed: Record<Kind, number> = { apache: 0, zab: 0 };
  const outages: number[] = [];
  for (const [kinds, count] of shapesFor(rounds)) {
    if (count === 0) continue;
    const result = await stage(kinds, count, random, say);
    acknowledged += result.acknowledged;
    for (const kind of result.killed) killed[kind]++;
    outages.push(...result.outages);
  }
  return { acknowledged, killed, outages };
}
