/**
 * Faults as a schedule asks for them. Each returns when the traces show that what it is for has
 * happened; where that takes luck (a few hundred milliseconds of two clocks), it tries again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { TraceLine } from '../../../conformance/trace/schema.js';
import type { FaultEnsemble } from '../../support/faults/ensemble.js';
import { Client } from '../client.js';
import { inTime, type Load } from './load.js';

export interface Stage {
  readonly ensemble: FaultEnsemble;
  readonly load: Load;
  /** syncLimit × tickTime. */
  readonly silenceMs: number;
  /** `commitLogCount` of the servers. */
  readonly commitLogCount: number;
  readonly say: (line: string) => void;
}

export type SyncMode = 'DIFF' | 'TRUNC' | 'SNAP';

const TRIES = 6;

const leads = (line: TraceLine | null): boolean =>
  line?.post.state === 'LEADING' && line.post.zabState === 'BROADCAST';

/** Of those that lead, as far as they know, the one of the latest epoch. */
function leaderIn({ ensemble }: Stage): { readonly sid: number; readonly epoch: number } | null {
  const found = ensemble.sids
    .map((sid) => ({ sid, line: ensemble.traces.last(sid) }))
    .filter(({ line }) => leads(line))
    .map(({ sid, line }) => ({ sid, epoch: line?.post.newEpoch ?? 0 }))
    .sort((a, b) => b.epoch - a.epoch);
  return found[0] ?? null;
}

/** Resolves with the leader when every server serves under it. */
export async function allServe(stage: Stage, sids = stage.ensemble.sids): Promise<number> {
  const { traces } = stage.ensemble;
  return traces.until('leader of all', () => {
    const leader = leaderIn(stage);
    if (leader === null) return null;
    const posts = sids.map((sid) => traces.last(sid)?.post);
    const serve = posts.every((p) => p?.zabState === 'BROADCAST' && p.leader === leader.sid);
    return serve && posts.every((p) => p?.currentEpoch === leader.epoch) ? leader.sid : null;
  });
}

/** How the leader first synchronized `sid` after its line `mark`. */
async function returned(stage: Stage, sid: number, mark: number): Promise<SyncMode> {
  const { traces } = stage.ensemble;
  const mode = await traces.until(`return of server ${sid}`, () => {
    for (const { event } of traces.lines(sid).slice(mark)) {
      if (event.type !== 'packet') continue;
      const { type } = event.packet;
      if (type === 'DIFF' || type === 'TRUNC' || type === 'SNAP') return type;
    }
    return null;
  });
  await allServe(stage);
  stage.say(`server ${sid} is back by ${mode}`);
  return mode;
}

function isPing(item: TraceLine['sent'][number]): boolean {
  return 'packet' in item && item.packet.type === 'PING';
}

async function repeatedly(what: string, attempt: () => Promise<boolean>): Promise<void> {
  for (let n = 1; !(await attempt()); n++) {
    if (n === TRIES) throw new Error(`${what}: not in ${TRIES} attempts`);
  }
}

export async function anyFollower(stage: Stage): Promise<number> {
  const leader = await allServe(stage);
  const voter = stage.ensemble.voters.find((sid) => sid !== leader);
  if (voter === undefined) throw new Error('no follower');
  return voter;
}

/** kill -9 under load, writes meanwhile, and a start. */
export async function killAndReturn(stage: Stage, sid: number, writes = 5): Promise<SyncMode> {
  const { ensemble, load } = stage;
  stage.say(`kill -9 of server ${sid}`);
  await load.more(3);
  await ensemble.kill(sid);
  const mark = ensemble.traces.lines(sid).length;
  await load.more(writes);
  await ensemble.start([sid]);
  return returned(stage, sid, mark);
}

/** As many writes as fast as they go. */
async function burst(stage: Stage, sid: number, count: number): Promise<void> {
  const client = await Client.connect(stage.ensemble.address(sid));
  await client.create('/burst').catch(() => undefined);
  await Promise.all(Array.from({ length: count }, (_, n) => client.set('/burst', String(n))));
  client.drop();
}

/** A server that was away for more transactions than its leader remembers gets a snapshot. */
export async function returnBySnapshot(stage: Stage, sid: number): Promise<void> {
  const { ensemble, commitLogCount } = stage;
  await repeatedly('SNAP', async () => {
    stage.say(`kill -9 of server ${sid}, and more writes than a leader remembers`);
    await ensemble.kill(sid);
    const mark = ensemble.traces.lines(sid).length;
    const others = ensemble.sids.filter((other) => other !== sid);
    await burst(stage, await allServe(stage, others), 2 * commitLogCount);
    await ensemble.start([sid]);
    return (await returned(stage, sid, mark)) === 'SNAP';
  });
}

/** SIGSTOP for less than syncLimit: nobody gives up. */
export async function freezeBriefly(stage: Stage, sid: number): Promise<void> {
  const { ensemble, load, silenceMs } = stage;
  await repeatedly('a short freeze', async () => {
    await allServe(stage);
    stage.say(`server ${sid} frozen for less than syncLimit`);
    const mark = ensemble.traces.lines(sid).length;
    ensemble.freeze(sid);
    await delay(silenceMs / 4);
    ensemble.thaw(sid);
    await load.more(3);
    const since = ensemble.traces.lines(sid).slice(mark);
    return since.length > 0 && since.every(({ post }) => post.zabState === 'BROADCAST');
  });
}

/** SIGSTOP of a learner until its leader has given it up; it wakes up to a connection that is gone. */
export async function freezeLearner(stage: Stage, sid: number): Promise<void> {
  const { ensemble, load } = stage;
  const { traces } = ensemble;
  const leader = await allServe(stage);
  stage.say(`server ${sid} frozen for longer than syncLimit`);
  const mark = traces.lines(sid).length;
  const leaderMark = traces.lines(leader).length;
  ensemble.freeze(sid);
  await traces.until('a silent learner given up', () => {
    const since = traces.lines(leader).slice(leaderMark);
    return since.some(({ action }) => action === 'LeaderCloseConnection') || null;
  });
  await load.more(3);
  ensemble.thaw(sid);
  await returned(stage, sid, mark);
}

/** Resolves with the server that leads in an epoch after that of `old`. */
function successor(stage: Stage, epoch: number): Promise<number> {
  return stage.ensemble.traces.until(`leader after epoch ${epoch}`, () => {
    const leader = leaderIn(stage);
    return leader !== null && leader.epoch > epoch ? leader.sid : null;
  });
}

/**
 * What `old` wrote into its trace after its successor's establishment had been read in that one's:
 * true if it still was leading then. (The order of the two reads is that of real time.)
 */
async function stillLed(stage: Stage, old: number): Promise<'acting' | 'until then' | null> {
  const { traces } = stage.ensemble;
  const mark = traces.lines(old).length;
  const [first, ...more] = await traces.until(`end of server ${old} as leader`, () => {
    const since = traces.lines(old).slice(mark);
    return since.some(({ post }) => post.state !== 'LEADING') ? since : null;
  });
  if (first?.post.state === 'LEADING') return more.length > 0 ? 'acting' : null;
  return first?.action === 'LeaderShutdown' ? 'until then' : null;
}

/** A client that writes to one server, answered or not, until `stop`. */
async function writeTo(address: string, paceMs: number): Promise<() => Promise<void>> {
  const client = await inTime(Client.connect(address), 10_000);
  let over = false;
  await client.create('/direct').catch(() => undefined);
  const writing = (async () => {
    while (!over && !client.socket.destroyed) {
      client.set('/direct', 'never acknowledged').catch(() => undefined);
      await delay(paceMs);
    }
  })();
  return async () => {
    over = true;
    await writing;
    client.drop();
  };
}

/**
 * The leader and what else is on its side of a cut are fewer than a quorum: the others elect another
 * while it still leads, and takes writes that it has to drop later (TRUNC).
 */
export async function partitionLeader(stage: Stage, withIt: readonly number[] = []): Promise<void> {
  const { ensemble, load } = stage;
  await repeatedly('two leaders at once, and TRUNC', async () => {
    const old = await allServe(stage);
    const epoch = leaderIn(stage)?.epoch ?? 0;
    const side = [old, ...withIt.filter((sid) => sid !== old)];
    stage.say(`cut between ${side.join(', ')} (${old} leads) and the others`);
    const stop = await writeTo(ensemble.address(old), 20);
    const mark = ensemble.traces.lines(old).length;
    // It looks for a quorum when it sends pings: right after that its followers give up before it.
    await ensemble.traces.until('ping', () => {
      const since = ensemble.traces.lines(old).slice(mark);
      return since.some(({ sent }) => sent.some(isPing)) || null;
    });
    await ensemble.split(side);
    const next = await successor(stage, epoch);
    const overlap = await stillLed(stage, old);
    stage.say(`server ${next} leads; server ${old} led ${overlap ?? 'no more'}`);
    await load.more(3);
    await stop();
    await ensemble.network.heal();
    const mode = await returned(stage, old, mark);
    return overlap === 'acting' && mode === 'TRUNC';
  });
}

/** SIGSTOP of the leader until another leads: it wakes up as a leader of an older epoch. */
export async function freezeLeader(stage: Stage): Promise<void> {
  const { ensemble, load } = stage;
  await repeatedly('a leader that wakes up behind another', async () => {
    const old = await allServe(stage);
    const epoch = leaderIn(stage)?.epoch ?? 0;
    stage.say(`server ${old} frozen as leader`);
    const mark = ensemble.traces.lines(old).length;
    ensemble.freeze(old);
    const next = await successor(stage, epoch);
    await load.more(3);
    ensemble.thaw(old);
    const overlap = await stillLed(stage, old);
    stage.say(`server ${next} leads; server ${old} led ${overlap ?? 'no more'}`);
    await returned(stage, old, mark);
    return overlap !== null;
  });
}

/** One direction only: `from` hears `to`, and is not heard. */
export async function cutOneWay(stage: Stage, from: number, to: number): Promise<void> {
  const { ensemble, load } = stage;
  await allServe(stage);
  stage.say(`nothing of what server ${from} sends reaches server ${to}`);
  const mark = ensemble.traces.lines(from).length;
  await ensemble.network.cut(from, to);
  await ensemble.traces.until(`end of server ${from} as learner`, () => {
    const since = ensemble.traces.lines(from).slice(mark);
    return since.some(({ action }) => action === 'FollowerShutdown') || null;
  });
  await load.more(3);
  await ensemble.network.heal();
  await returned(stage, from, mark);
}

/** kill -9 of every server at once, and a start of all. */
export async function killAll(stage: Stage): Promise<void> {
  const { ensemble, load } = stage;
  await load.more(3);
  stage.say('kill -9 of all servers');
  await ensemble.kill(...ensemble.sids);
  await ensemble.start();
  await allServe(stage);
  await load.more(3);
}
