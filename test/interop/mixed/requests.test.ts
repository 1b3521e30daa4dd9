/**
 * Voters and observers of both kinds under a leader of Apache, then, every folder taken over by the
 * other kind, under one of ours: what clients ask of each member, sessions that move, expire, are
 * local and become global. About 40 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kind } from '../../support/cluster.js';
import { MixedEnsemble } from '../../support/mixed-ensemble.js';
import { assertAgree } from './agreement.js';
import { testCfg } from '../../support/zoo-cfg.js';
import { connectTo, everyWrite, expiresAt, movesBetween } from './requests.js';

const cfg = { ...testCfg, extra: ['extendedTypesEnabled=true'] };
const LOCAL = ['localSessionsEnabled=true', 'localSessionsUpgradingEnabled=true'];

/** Server 1 is of one kind, server 2, which leads, of the other; 3 and 4 observe. */
const before: readonly Kind[] = ['zab', 'apache', 'zab', 'apache'];
const opposite = (kind: Kind): Kind => (kind === 'zab' ? 'apache' : 'zab');

async function askEach(ensemble: MixedEnsemble, root: string): Promise<void> {
  const { members } = ensemble;
  const next = (i: number) => ensemble.member(((i + 1) % members.length) + 1);
  await Promise.all(
    members.map(async (member, i) => {
      await everyWrite(member, next(i), `${root}-writes-${member.sid}`);
      await movesBetween(member, next(i), `${root}-moves-${member.sid}`);
      await expiresAt(member, `${root}-expires-${member.sid}`);
    }),
  );
  const tree = await assertAgree(members);
  assert.ok(tree.size > members.length * 50);
}

/** A local session that asks for an ephemeral is everybody's from then on. */
async function upgrades(ensemble: MixedEnsemble): Promise<void> {
  for (const member of ensemble.members) {
    const path = `/upgraded-${member.sid}`;
    const zk = await connectTo(member);
    await zk.create(path, null, { mode: 'ephemeral' });
    for (const other of ensemble.members) {
      await using seen = await connectTo(other);
      await seen.sync('/');
      assert.equal((await seen.exists(path))?.ephemeralOwner, zk.sessionId);
    }
    await zk.close();
  }
  await assertAgree(ensemble.members);
}

test(
  'requests through every member, under a leader of either kind',
  { timeout: 480_000 },
  async (t) => {
    let extra: readonly string[] = [];
    const options = { kinds: before, observers: [3, 4], cfg, extra: () => extra };
    await using ensemble = await MixedEnsemble.start(options);
    assert.equal((await ensemble.leader()).kind, 'apache');
    await t.test('a leader of Apache', () => askEach(ensemble, '/apache'));

    await ensemble.killAll();
    for (const member of ensemble.members) member.become(opposite(member.kind));
    extra = LOCAL;
    await ensemble.startAll([1, 2, 3, 4]);
    assert.equal((await ensemble.leader()).kind, 'zab');
    await t.test('local sessions', () => upgrades(ensemble));
    await t.test('a leader of ours', () => askEach(ensemble, '/zab'));
  },
);
