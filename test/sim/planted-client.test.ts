/** The checks of what clients see can fail: each finds a fault planted in what servers say. */
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/error-code.js';
import type { SessionId } from '../../src/core/ids.js';
import type { Zxid } from '../../src/core/zxid.js';
import type { MemberEffect } from '../../src/server/member.js';
import { stepMember } from '../../src/server/member.js';
import { foundBy, withEffects, withReplies } from './planted.js';

test('AnsweredAfterCommit: a write is answered as it is proposed', () => {
  const answeredEarly = withEffects((effects, { steps, state }) => {
    const early: MemberEffect[] = [];
    for (const { event } of steps) {
      if (event.type !== 'propose' || event.txn.body.type !== 'setData') continue;
      const conn = state.service.connOfSession.get(event.txn.sessionId);
      const { cxid: xid, zxid } = event.txn;
      if (conn === undefined) continue;
      early.push({ type: 'reply', conn, xid, zxid, err: 0, body: null });
    }
    return [...effects, ...early];
  });
  foundBy(['AnsweredAfterCommit', 'ReadsCommitted', 'FifoClientOrder'], { member: answeredEarly });
});

test('AnsweredAfterCommit: a write that failed is said to have been done', () => {
  const tamper = withReplies((reply) =>
    reply.err === ErrorCode.BADVERSION ? { ...reply, err: ErrorCode.OK } : null,
  );
  foundBy('AnsweredAfterCommit', { member: tamper });
});

test('AnsweredAfterCommit: the stat of a setData is of another version', () => {
  const tamper = withReplies((reply) => {
    const { body } = reply;
    if (body?.type !== 'stat') return null;
    return { ...reply, body: { ...body, stat: { ...body.stat, version: body.stat.version + 1 } } };
  });
  foundBy(['AnsweredAfterCommit', 'ReadsCommitted'], { member: tamper });
});

test('ReadsCommitted: a read shows data of nobody', () => {
  const tamper = withReplies((reply) =>
    reply.body?.type === 'data' ? { ...reply, body: { ...reply.body, data: null } } : null,
  );
  foundBy('ReadsCommitted', { member: tamper });
});

test('ReadsCommitted: a child is missing', () => {
  const tamper = withReplies((reply) => {
    const { body } = reply;
    if (body === null || !('children' in body) || body.children.length === 0) return null;
    return { ...reply, body: { ...body, children: body.children.slice(1) } };
  });
  foundBy('ReadsCommitted', { member: tamper });
});

test('ReadsCommitted: a read is of a state that is not committed', () => {
  const tamper = withReplies((reply) => ({ ...reply, zxid: (reply.zxid + 1000) as Zxid }));
  foundBy('ReadsCommitted', { member: tamper });
});

test('MonotoneReads: a reply is of an older state than the one before', () => {
  let replies = 0;
  const tamper = withReplies((reply) =>
    ++replies % 50 === 0 && reply.body === null ? { ...reply, zxid: 1 as Zxid } : null,
  );
  foundBy(['MonotoneReads', 'AnsweredAfterCommit'], { member: tamper });
});

test('MonotoneReads: a server lets in clients that have seen a newer state than its own', () => {
  foundBy(
    ['MonotoneReads', 'SessionsEndByLeader'],
    {
      member: (state, event) =>
        event.type === 'clientConnect'
          ? stepMember(state, {
              ...event,
              request: { ...event.request, lastZxidSeen: 0 as Zxid },
            })
          : stepMember(state, event),
    },
    150,
  );
});

test('FifoClientOrder: two replies of one step change places', () => {
  const swapped = withEffects((effects) => {
    const replies = effects.filter((effect) => effect.type === 'reply');
    const [first, second] = replies;
    if (first === undefined || second === undefined || first.conn !== second.conn) return effects;
    return effects.map((effect) =>
      effect === first ? second : effect === second ? first : effect,
    );
  });
  foundBy('FifoClientOrder', { member: swapped });
});

test('SyncedReads: a sync is answered with an older state', () => {
  const tamper = withReplies((reply) =>
    reply.body?.type === 'path' && reply.body.path === '/'
      ? { ...reply, zxid: Math.max(reply.zxid - 1, 0) as Zxid }
      : null,
  );
  foundBy(['SyncedReads', 'MonotoneReads'], { member: tamper });
});

test('WatchesOnce: an event is told twice', () => {
  const twice = withEffects((effects) =>
    effects.flatMap((effect): MemberEffect[] =>
      effect.type === 'watchEvent' ? [effect, effect] : [effect],
    ),
  );
  foundBy('WatchesOnce', { member: twice });
});

test('WatchesOnce: an event is of another kind', () => {
  const other = withEffects((effects) =>
    effects.map((effect) =>
      effect.type === 'watchEvent' && effect.event === 3 ? { ...effect, event: 1 } : effect,
    ),
  );
  foundBy('WatchesOnce', { member: other });
});

test('WatchesInOrder: an event is not told', () => {
  const silent = withEffects((effects) => effects.filter(({ type }) => type !== 'watchEvent'));
  foundBy(['WatchesInOrder', 'WatchesOnce'], { member: silent });
});

test('WatchesInOrder: an event comes after the reply that shows the change', () => {
  const late = withEffects((effects) => [
    ...effects.filter(({ type }) => type !== 'watchEvent'),
    ...effects.filter(({ type }) => type === 'watchEvent'),
  ]);
  foundBy('WatchesInOrder', { member: late });
});

test('WatchesOnce: what was missed is not told after a move', () => {
  const tamper = withEffects((effects) =>
    effects.filter((effect) => !(effect.type === 'watchEvent' && effect.zxid === -1)),
  );
  foundBy('WatchesOnce', { member: tamper });
});

test('AtomicMulti: a multi that failed is answered as if half of it had been done', () => {
  const tamper = withReplies((reply) => {
    const { body } = reply;
    if (body?.type !== 'multi' || body.results[0]?.type !== 'error') return null;
    return { ...reply, body: { ...body, results: [{ type: 'delete' }, ...body.results.slice(1)] } };
  });
  foundBy(['AtomicMulti', 'ReadsCommitted'], { member: tamper });
});

test('SessionsEndByLeader: a client is told that its session is over, and nobody has ended it', () => {
  const tamper = withEffects((effects) =>
    effects.map((effect) =>
      effect.type === 'connectReply' && Number(effect.response.sessionId & 0xfn) === 1
        ? {
            ...effect,
            response: { ...effect.response, timeout: 0, sessionId: 0n as SessionId },
          }
        : effect,
    ),
  );
  foundBy('SessionsEndByLeader', { member: tamper });
});
