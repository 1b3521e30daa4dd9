import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientConn, Sid } from '../../src/core/ids.js';
import { getNode } from '../../src/tree/tree.js';
import {
  choices,
  connectTo,
  ensemble,
  kill,
  memberOf,
  passTime,
  quiet,
  request,
  serving,
  settle,
  startMember,
  stateOf,
  type Ensemble,
} from './ensemble.js';
import { create } from './harness.js';

const SIDS = [1, 2, 3] as Sid[];

/** A client that connects wherever it is told to and creates a new node with each request. */
interface Creator {
  conn: ClientConn | null;
  xid: number;
  /** Path by connection and xid. */
  readonly asked: Map<string, string>;
}

function act(e: Ensemble, clients: readonly Creator[], n: number, sid: Sid): void {
  const creator = clients[n]!;
  if (creator.conn === null || !e.servers.has(creator.conn)) {
    creator.conn = memberOf(e, sid).state === null ? null : connectTo(e, sid);
    return;
  }
  const path = `/n${n}-${creator.xid}`;
  creator.asked.set(`${creator.conn}:${creator.xid}`, path);
  request(e, creator.conn, creator.xid++, create(path));
}

/** Every path whose create was answered with success; replies in order on each connection. */
function acknowledged(e: Ensemble, { asked }: Creator): string[] {
  const paths: string[] = [];
  const last = new Map<ClientConn, number>();
  for (const [conn, sent] of e.sent) {
    for (const effect of sent) {
      if (effect.type !== 'reply') continue;
      const path = asked.get(`${conn}:${effect.xid}`);
      if (path === undefined) continue;
      assert.ok(effect.xid > (last.get(conn) ?? 0), 'replies in request order');
      last.set(conn, effect.xid);
      assert.equal(effect.err, 0);
      paths.push(path);
    }
  }
  return paths;
}

const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ pick: fc.nat() }) },
  { weight: 6, arbitrary: fc.record({ client: fc.nat(2), sid: fc.constantFrom(...SIDS) }) },
  { weight: 2, arbitrary: fc.record({ time: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kill: fc.constantFrom(...SIDS), kept: fc.nat(6) }) },
  { weight: 2, arbitrary: fc.record({ start: fc.constantFrom(...SIDS) }) },
);

test('servers die and come back at any moment: what was acknowledged is there, and trees are equal', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 400 }), (steps) => {
      const e = ensemble(3);
      settle(e, () => serving(e));
      const clients = SIDS.map((): Creator => ({ conn: null, xid: 1, asked: new Map() }));
      SIDS.forEach((sid, n) => {
        act(e, clients, n, sid);
      });
      for (const s of steps) {
        if ('client' in s) act(e, clients, s.client, s.sid);
        else if ('kill' in s) kill(e, s.kill, s.kept);
        else if ('start' in s) {
          if (memberOf(e, s.start).state === null) startMember(e, s.start);
        } else if ('time' in s) {
          for (let i = 0; i <= s.time; i++) passTime(e);
        } else {
          const next = choices(e);
          if (next.length > 0) next[s.pick % next.length]!();
        }
      }
      for (const sid of SIDS) if (memberOf(e, sid).state === null) startMember(e, sid);
      settle(e, () => serving(e));
      quiet(e);
      const { tree } = memberOf(e, SIDS[0]!).state!.service;
      for (const creator of clients) {
        for (const path of acknowledged(e, creator)) {
          assert.ok(getNode(tree, path) !== undefined, `${path} was acknowledged and is lost`);
        }
      }
      for (const sid of SIDS) assert.deepEqual(stateOf(e, sid), stateOf(e, SIDS[0]!));
    }),
    { numRuns: 150 },
  );
});
