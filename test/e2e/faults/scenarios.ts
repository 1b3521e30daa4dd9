/** The schedules of faults, by name. */
import type { ProxyNetwork } from '../../support/faults/proxies.js';
import {
  allServe,
  anyFollower,
  cutOneWay,
  freezeBriefly,
  freezeLeader,
  freezeLearner,
  killAll,
  killAndReturn,
  partitionLeader,
  returnBySnapshot,
  type Stage,
} from './operations.js';

export interface Scenario {
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  /** Uses what only proxies can do. */
  readonly proxies: boolean;
  readonly play: (stage: Stage) => Promise<void>;
}

const three: Scenario = {
  voters: [1, 2, 3],
  observers: [4],
  proxies: true,
  play: async (stage) => {
    const { ensemble, load } = stage;
    const network = ensemble.network as ProxyNetwork;
    await load.more(20);
    await killAndReturn(stage, await allServe(stage));
    await freezeBriefly(stage, await anyFollower(stage));
    await returnBySnapshot(stage, await anyFollower(stage));
    await partitionLeader(stage);
    await freezeLearner(stage, 4);
    // A slow line, and a learner that redials while its leader believes in the older connection.
    const leader = await allServe(stage);
    const learner = await anyFollower(stage);
    stage.say(`slow lines between ${leader} and ${learner}; then ${learner} loses its connections`);
    network.delay(leader, learner, 60);
    network.delay(learner, leader, 30);
    await load.more(10);
    const mark = ensemble.traces.lines(learner).length;
    await network.cut(learner, leader);
    network.hangUp(learner, leader);
    await ensemble.traces.until(`end of server ${learner} as learner`, () => {
      const since = ensemble.traces.lines(learner).slice(mark);
      return since.some(({ action }) => action === 'FollowerShutdown') || null;
    });
    await network.heal();
    await load.more(10);
    await freezeLeader(stage);
  },
};

const five: Scenario = {
  voters: [1, 2, 3, 4, 5],
  observers: [6],
  proxies: false,
  play: async (stage) => {
    const { ensemble, load } = stage;
    await load.more(10);
    const [one = 0, other = 0] = ensemble.voters.filter((sid) => sid !== stageLeader(stage));
    stage.say(`kill -9 of servers ${one}, ${other} and the observer`);
    await ensemble.kill(one, other, 6);
    await load.more(5);
    await ensemble.start([one, other, 6]);
    await allServe(stage);
    await partitionLeader(stage, [6]);
    await killAndReturn(stage, await allServe(stage));
    await freezeLearner(stage, await anyFollower(stage));
    const leader = await allServe(stage);
    await cutOneWay(stage, await anyFollower(stage), leader);
    await killAll(stage);
  },
};

function stageLeader({ ensemble }: Stage): number {
  return ensemble.sids.find((sid) => ensemble.traces.last(sid)?.post.state === 'LEADING') ?? 0;
}

export const scenarios: Readonly<Record<string, Scenario>> = { three, five };
