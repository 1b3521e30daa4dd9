/** The checks of servers can fail: each finds a fault planted in a member or on a disk. */
import { test } from 'node:test';
import { serverStateOf, zabStateOf } from '../../src/core/state.js';
import type { Txn } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import type { MemberEffect } from '../../src/server/member.js';
import { stepMember } from '../../src/server/member.js';
import { foundBy, withEffects, type Member } from './planted.js';

/** Effects of the core of one step, changed in the list for the shell and in the steps alike. */
function changed(tamper: (effect: MemberEffect) => MemberEffect | null): Member {
  return (state, event) => {
    const step = stepMember(state, event);
    const change = <E>(effects: readonly E[]): E[] =>
      effects.flatMap((effect) => (tamper(effect as MemberEffect) as E | null) ?? []);
    const steps = step.steps.map((each) => ({ ...each, effects: change(each.effects) }));
    return { ...step, effects: change(step.effects), steps };
  };
}

test('AcksAreDurable: a follower acknowledges what its disk has not', () => {
  const eager: Member = (state, event) => {
    const step = stepMember(state, event);
    const appended = step.effects.find(
      (effect) => effect.type === 'persist' && effect.write.op === 'append',
    );
    if (appended?.type !== 'persist' || appended.write.op !== 'append') return step;
    const { peer } = step.state.core;
    if (peer.state !== 'FOLLOWING' || peer.zab !== 'BROADCAST') return step;
    const packet = { type: 'ACK', zxid: appended.write.txn.zxid } as const;
    const ack = { type: 'send', conn: peer.conn, packet } as const;
    const steps = step.steps.map((each, i) =>
      i === 0 ? { ...each, effects: [...each.effects, ack] } : each,
    );
    return { ...step, effects: [...step.effects, ack], steps };
  };
  foundBy('AcksAreDurable', { member: eager });
});

test('TypeOK: an append is not asked for', () => {
  const lazy = changed((effect) =>
    effect.type === 'persist' && effect.write.op === 'append' && effect.ticket % 40 === 0
      ? null
      : effect,
  );
  foundBy('TypeOK', { member: lazy });
});

test('LogMatching: two servers log different transactions under one zxid', () => {
  const other = changed((effect) => {
    if (effect.type !== 'persist' || effect.write.op !== 'append') return effect;
    const { txn } = effect.write;
    if (effect.ticket % 7 !== 0) return effect;
    const changedTxn: Txn = { ...txn, cxid: txn.cxid + 1_000_000 };
    return { ...effect, write: { op: 'append', txn: changedTxn } };
  });
  foundBy('LogMatching', { member: other });
});

test('a disk that loses what it has acknowledged is found', () => {
  foundBy(
    [
      'CommittedIsDurable',
      'EpochImpliesHistory',
      'TypeOK',
      'EpochOrder',
      'PacketsFitRoles',
      'LogMatching',
    ],
    {
      onCrash: ({ disk }) => {
        disk.log.splice(-3);
      },
    },
  );
});

test('a disk that forgets its epochs is found', () => {
  foundBy(
    [
      'Leadership',
      'AcksAreDurable',
      'LogMatching',
      'InitialHistoriesExtend',
      'EpochImpliesHistory',
      'CommittedIsDurable',
    ],
    {
      onCrash: ({ disk }) => {
        disk.acceptedEpoch = 0;
        disk.currentEpoch = 0;
      },
    },
  );
});

test('a torn write that is taken for whole is found', () => {
  foundBy(
    'DisksChangeByWrites',
    {
      onCrash: ({ disk }) => {
        const last = disk.log.at(-1);
        if (last === undefined) return;
        const body = { type: 'delete', path: '/half' } as const;
        disk.log.push({ ...last, zxid: (last.zxid + 1) as Zxid, body });
      },
    },
    60,
  );
});

test('ServesInBroadcast: a server that looks for a leader answers a ping', () => {
  const answers: Member = (state, event) => {
    const step = stepMember(state, event);
    if (event.type !== 'clientConnect' || serverStateOf(step.state.core) !== 'LOOKING') return step;
    const { conn } = event;
    const zxid = step.state.service.tree.lastZxid;
    const reply = { type: 'reply', conn, xid: -2, zxid, err: 0, body: null } as const;
    return { ...step, effects: [...step.effects, reply] };
  };
  foundBy('ServesInBroadcast', { member: answers });
});

test('SessionsEndByLeader: a leader ends a session that it has just heard of', () => {
  const impatient: Member = (state, event) => {
    const step = stepMember(state, event);
    if (event.type !== 'clientRequest' || event.request.op !== 'sync') return step;
    const sessionId = step.state.service.clients.conns.get(event.conn)?.sessionId;
    if (sessionId === undefined) return step;
    const next = stepMember(step.state, { type: 'expireSession', sessionId, now: event.now });
    return {
      state: next.state,
      effects: [...step.effects, ...next.effects],
      steps: [...step.steps, ...next.steps],
    };
  };
  foundBy('SessionsEndByLeader', { member: impatient });
});

test('EventuallyServes: a member that is deaf for its leader never serves', () => {
  const deaf: Member = (state, event) =>
    event.type === 'packet' && event.packet.type === 'UPTODATE'
      ? { state, effects: [], steps: [] }
      : stepMember(state, event);
  foundBy(['EventuallyServes', 'TypeOK'], { member: deaf }, 3);
});

test('a broken invariant of a reducer ends the run', () => {
  const broken: Member = (state, event) => {
    if (zabStateOf(state.core) === 'BROADCAST') throw new Error('planted');
    return stepMember(state, event);
  };
  foundBy('NoBrokenInvariant', { member: broken }, 3);
});

test('SessionsEnd: a closing session leaves its connection and ephemerals', () => {
  const keeps = withEffects((effects) => effects);
  const never: Member = (state, event) => {
    if (event.type !== 'tick') return keeps(state, event);
    // The clock of the service stands still: nothing expires.
    return keeps({ ...state, serviceDeadline: null }, event);
  };
  foundBy('SessionsEnd', { member: never }, 3);
});
