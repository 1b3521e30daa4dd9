/** Real frames of clients, of learners and of voters: what the fuzzer starts from. */
import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import type { RequestPacket } from '../../src/core/message.js';
import type { SessionId, Sid } from '../../src/core/ids.js';
import type { Txn } from '../../src/core/txn.js';
import { makeZxid, ZXID_ZERO, type Zxid } from '../../src/core/zxid.js';
import { encodeInitialMessage, encodeNotification, INITIAL_V1 } from '../../src/jute/election.js';
import { encodePacket, PROTOCOL_VERSION } from '../../src/jute/quorum.js';
import { encodeTxn } from '../../src/jute/txn.js';
import { createWriter } from '../../src/jute/writer.js';
import { encode, xidOf } from '../differential/encode.js';
import { programs } from '../differential/generate.js';
import type { Request } from '../differential/program.js';
import { connectFrame } from '../support/raw-client.js';

/** Below it everything is free to be changed by the fuzzer. */
export const FUZZ_ROOT = '/fuzzed';
/** No member of the ensemble. */
export const STRANGER = 99 as Sid;

const PROGRAMS = 400;
const ENDS: ReadonlySet<Request['op']> = new Set(['auth', 'closeSession', 'raw', 'check']);

/** Whole frames of requests, length included. */
export const clientFrames = (seed: number): Buffer[] => {
  const features = {
    setting: 'quotas',
    clients: 1,
    length: 30,
    expiry: false,
    without: [],
  } as const;
  const requests = fc
    .sample(programs(features), { seed, numRuns: PROGRAMS })
    .flatMap(({ steps }) => steps)
    .flatMap((step): readonly Request[] => {
      if (step.do === 'ask') return [step.request];
      return step.do === 'burst' ? step.requests : [];
    });
  // What ends a connection ends what else it could have sent: most of that is left out.
  const lasting = requests.filter((request, i) => !ENDS.has(request.op) || i % 10 === 0);
  return lasting.map((request, i) =>
    encode(request, xidOf(request) ?? i + 1, { root: FUZZ_ROOT, base: 0n }),
  );
};

export const connectFrames = (): Buffer[] => [
  connectFrame({ timeout: 1 }),
  connectFrame({ timeout: 1, readOnly: true }),
  connectFrame({ timeout: 1, sessionId: 0x1000_0000_0001n }),
  connectFrame({ timeout: 1, lastZxidSeen: 5n }),
  Buffer.from('srvr'),
  Buffer.from('ruok'),
  Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
];

const zxid = makeZxid(1, 5);
const txn = (body: Txn['body']): Txn => ({
  zxid,
  sessionId: 7n as SessionId,
  cxid: 1,
  time: 1_700_000_000_000,
  body,
});
const request = (sessionId: bigint): RequestPacket => ({
  type: 'REQUEST',
  request: {
    sessionId: sessionId as SessionId,
    cxid: 3,
    request: { op: 'setData', path: `${FUZZ_ROOT}/a`, data: Buffer.from('x'), version: -1 },
    identities: [{ scheme: 'ip', id: '127.0.0.1' }],
  },
});

/** What a learner says in its order, and what a leader would. */
export const quorumFrames = (): { readonly hello: Buffer[]; readonly rest: Buffer[] } => {
  const w = createWriter();
  const t = createWriter();
  const bytes = (packet: Parameters<typeof encodePacket>[1]): Buffer =>
    Buffer.from(encodePacket(w, packet, (one) => encodeTxn(t, one)));
  const info = (type: 'FOLLOWERINFO' | 'OBSERVERINFO', acceptedEpoch: number): Buffer =>
    bytes({
      type,
      sid: STRANGER,
      acceptedEpoch,
      protocolVersion: PROTOCOL_VERSION,
      configVersion: 0,
    });
  const sessionId = 7n as SessionId;
  const acl = [{ perms: 31, scheme: 'world', id: 'anyone' }];
  return {
    hello: [info('FOLLOWERINFO', 0), info('OBSERVERINFO', 0), info('FOLLOWERINFO', 1)],
    rest: [
      bytes({ type: 'ACKEPOCH', currentEpoch: 0, lastZxid: ZXID_ZERO }),
      bytes({ type: 'ACKEPOCH', currentEpoch: 1, lastZxid: zxid }),
      ...(['ACK', 'DIFF', 'TRUNC', 'COMMIT', 'NEWLEADER', 'UPTODATE'] as const).map((type) =>
        bytes({ type, zxid }),
      ),
      bytes({ type: 'ACK', zxid: makeZxid(1, 0) }),
      bytes({ type: 'LEADERINFO', epoch: 9 }),
      bytes({ type: 'PING', zxid: 0 as Zxid, sessions: [{ sessionId, timeout: 5000 }] }),
      bytes({ type: 'REVALIDATE', sessionId, timeout: 5000 }),
      bytes({ type: 'SYNC', sessionId, cxid: 4, path: FUZZ_ROOT }),
      bytes(request(7n)),
      bytes({ type: 'PROPOSAL', txn: txn({ type: 'error', err: -1 }) }),
      bytes({
        type: 'INFORM',
        txn: txn({
          type: 'create',
          path: `${FUZZ_ROOT}/q`,
          data: null,
          acl,
          ephemeral: false,
          parentCVersion: 1,
        }),
      }),
    ],
  };
};

/** The first bytes of an election connection, and notifications. */
export const electionFrames = (): { readonly hello: Buffer[]; readonly rest: Buffer[] } => {
  const w = createWriter();
  const notification = (
    state: 'LOOKING' | 'FOLLOWING' | 'LEADING' | 'OBSERVING',
    leader: number,
    epoch: number,
  ): Buffer =>
    Buffer.from(
      encodeNotification(
        w,
        {
          leader: leader as Sid,
          zxid: makeZxid(epoch, 1),
          electionEpoch: epoch,
          peerEpoch: epoch,
          state,
        },
        Buffer.from('version=0\n'),
      ),
    );
  const addresses = ['127.0.0.1:1'];
  return {
    hello: [
      Buffer.from(encodeInitialMessage(w, { version: INITIAL_V1, sid: STRANGER, addresses })),
      Buffer.from(encodeInitialMessage(w, { version: INITIAL_V1, sid: 0 as Sid, addresses })),
    ],
    rest: [
      notification('LOOKING', 99, 1_000),
      notification('LOOKING', 1, 1),
      notification('FOLLOWING', 99, 5),
      notification('LEADING', 99, 1_000),
      notification('OBSERVING', 3, 1),
    ],
  };
};
