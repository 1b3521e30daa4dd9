/** What goes wrong in a world of reducers, and the snapshots that its shells write (spec module Faults). */
import type { Sid } from '../../src/core/ids.js';
import type { Txn } from '../../src/core/txn.js';
import { writeTo } from '../../src/sim/disk.js';
import { isUnread } from './canonical.js';
import { isLive, leaderIsGone, mayGiveUpFreely } from './faults-of-model.js';
import type { Scene } from './scene.js';
import { add, faulted, fedOf, nameOf } from './scene.js';
import type { Conn } from './world.js';
import { closeEnd, endOf, feed, nodeOf, startOn, withNode } from './world.js';

/** A tick after every deadline. */
const FAR = 1e9;

export function restart(scene: Scene, sid: Sid): void {
  const { world } = scene;
  add(scene, 'Restart', [sid], startOn(fedOf(world), sid, nodeOf(world, sid).disk).world);
}

export function crash(scene: Scene, sid: Sid): void {
  const { world, bounds } = scene;
  if (!bounds.mayCrash(world.counters)) return;
  const node = nodeOf(world, sid);
  const most = bounds.crashLosesWrites ? 0 : node.writes.length;
  for (let written = 0; written <= most; written++) {
    const disk = node.writes.slice(0, written).reduce((d, w) => writeTo(d, w.write), node.disk);
    let next = withNode(world, sid, { state: null, disk, writes: [], applied: [] });
    for (const conn of world.conns) {
      if (conn.learner === sid) next = closeEnd(next, conn, 'learner');
      if (conn.leader === sid) next = closeEnd(next, conn, 'leader');
    }
    const mail = new Map([...next.mail].filter(([key]) => !key.endsWith(`>${sid}`)));
    add(scene, 'Crash', [sid], faulted({ ...next, mail }, 'crash'));
  }
}

export function giveUp(scene: Scene, sid: Sid): void {
  const { world, model, bounds } = scene;
  const { state } = nodeOf(world, sid);
  const leads = state?.peer.state === 'LEADING';
  const free = leads ? mayGiveUpFreely(model, sid, bounds.observers) : leaderIsGone(model, sid);
  const allowed = leads ? bounds.mayTimeOut : bounds.mayDisconnect;
  if (!free && !allowed(world.counters)) return;
  const { world: after, steps } = feed(fedOf(world), sid, { type: 'tick', now: FAR });
  add(scene, nameOf(steps, 'Wait'), [sid], free ? after : faulted(after, 'disconnect'));
}

export function closeAtLeader(scene: Scene, conn: Conn): void {
  const { world, model, bounds } = scene;
  if (!conn.leaderOpen || isUnread(world, conn)) return;
  const live = isLive(model, conn.learner, conn.leader);
  if (live && !bounds.mayDisconnect(world.counters)) return;
  const end = endOf(conn.id, 'leader');
  const closed = closeEnd(world, conn, 'leader');
  const { world: after, steps } = feed(fedOf(closed), conn.leader, {
    type: 'closed',
    conn: end,
    now: 0,
  });
  const name = nameOf(steps, 'Closed');
  add(scene, name, [conn.leader, conn.learner], live ? faulted(after, 'disconnect') : after);
}

export function takeSnapshot(scene: Scene, sid: Sid): void {
  const { applied, disk } = nodeOf(scene.world, sid);
  const last = applied.at(-1);
  const held = disk.snapshot.image as readonly Txn[];
  if (last === undefined || applied.length <= held.length) return;
  const onDisk = [...held, ...disk.log];
  if (applied.some((txn, i) => onDisk[i]?.zxid !== txn.zxid)) return;
  const log = disk.log.filter((txn) => txn.zxid > last.zxid);
  const snapshot = { zxid: last.zxid, image: applied };
  add(
    scene,
    'TakeSnapshot',
    [sid],
    withNode(scene.world, sid, { disk: { ...disk, snapshot, log } }),
  );
}
