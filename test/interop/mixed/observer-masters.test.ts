/**
 * Observers that join through a follower: Apache's through one of ours, and through one of Apache's whose
 * leader is ours. About 15 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MixedEnsemble } from '../../support/mixed-ensemble.js';
import { freePorts } from '../../support/server-process.js';
import { testCfg } from '../../support/zoo-cfg.js';
import { assertAgree } from './agreement.js';
import { everyWrite, expiresAt, movesBetween } from './requests.js';

test('observers behind followers of either kind', { timeout: 300_000 }, async () => {
  const [ours = 0, theirs = 0] = await freePorts(2);
  /** By sid: 1 and 2 follow, 3 leads, 4 joins through 1, and 5 through 2. */
  const ports: Readonly<Record<number, number>> = { 1: ours, 2: theirs, 4: ours, 5: theirs };
  const options = {
    kinds: ['zab', 'apache', 'zab', 'apache', 'apache'] as const,
    observers: [4, 5],
    cfg: { ...testCfg, extra: ['extendedTypesEnabled=true'] },
    extra: ({ sid }: { readonly sid: number }) =>
      ports[sid] === undefined ? [] : [`observerMasterPort=${ports[sid]}`],
  };
  await using ensemble = await MixedEnsemble.start(options, [[1, 3], [2], [4, 5]]);
  assert.equal((await ensemble.leader()).sid, 3);
  const behind = [ensemble.member(4), ensemble.member(5)] as const;
  for (const member of behind) assert.equal(await member.mode(), 'observer');
  assert.match(ensemble.member(1).tail, /observer joins through this server/);
  for (const [member, other] of [behind, [behind[1], behind[0]]] as const) {
    await everyWrite(member, other, `/writes-${member.sid}`);
    await movesBetween(member, other, `/moves-${member.sid}`);
    await expiresAt(member, `/expires-${member.sid}`);
  }
  await assertAgree(ensemble.members);
});
