/**
 * Where ours does not answer as Apache's server does, on purpose: what both say, and why. The test holds both to it,
 * so that a difference can neither grow nor vanish unseen.
 */
import { Buffer } from 'node:buffer';
import { Writer } from '../../support/raw-client.js';
import { createBody, decode, type Script } from '../../support/transcript.js';

export interface Deliberate {
  readonly name: string;
  readonly why: string;
  readonly script: (s: Script) => Promise<void>;
  /** The last lines of the transcript. */
  readonly apache: readonly string[];
  readonly zab: readonly string[];
}

/** Bodies of multi. */
const UNREADABLE: readonly (readonly [string, Buffer])[] = [
  ['multi that is cut', new Writer().int(1).bool(false).int(-1).buffer('/x').bytes()],
  ['multi without an end', Buffer.alloc(0)],
  [
    'multi with an operation of no kind',
    new Writer().int(77).bool(false).int(-1).int(-1).bool(true).int(-1).bytes(),
  ],
  [
    'multi with getData',
    new Writer()
      .int(4)
      .bool(false)
      .int(-1)
      .buffer('/')
      .bool(false)
      .int(-1)
      .bool(true)
      .int(-1)
      .bytes(),
  ],
];

export const deliberate: readonly Deliberate[] = [
  {
    name: 'a wrong password and the connection of the owner',
    why:
      'Apache closes the connection that a session has before it looks at the password of whoever claims it, so that ' +
      'anyone who guesses an id cuts a client off. Ours looks first.',
    script: async (s) => {
      const owner = await s.begin();
      const thief = await s.session({ sessionId: owner.id, password: Buffer.alloc(16) });
      await thief.untilClosed();
      await owner.ping();
      owner.socket.destroy();
    },
    apache: ['ping: closed'],
    zab: ['ping: xid -2 err 0 z0'],
  },
  {
    name: 'a path beyond the basic multilingual plane',
    why:
      'Apache reads UTF-8 and writes CESU-8, so what sync echoes is not what was sent (and not UTF-8). Such a path ' +
      'cannot be created on either, so no other reply can show it.',
    script: async (s) => {
      const c = await s.begin();
      await c.create('/\u{1f600}');
      await c.sync('/\u{1f600}');
      await c.close();
    },
    apache: [
      'create "/\u{1f600}" flags 0: err -8 z1',
      `sync "/\u{1f600}": err 0 z1 ${JSON.stringify('/\xed\xa0\xbd\xed\xb8\x80')}`,
      'closeSession: err 0 z2',
      '  closed',
    ],
    zab: [
      'create "/\u{1f600}" flags 0: err -8 z1',
      `sync "/\u{1f600}": err 0 z1 ${JSON.stringify('/\xf0\x9f\x98\x80')}`,
      'closeSession: err 0 z2',
      '  closed',
    ],
  },
  {
    name: 'create of a null path',
    why:
      'A NullPointerException in Apache, after it has taken a zxid for an error transaction. Ours refuses the record ' +
      'when it reads it, before there is a transaction; the client sees the same code.',
    script: async (s) => {
      const c = await s.begin();
      await c.call('create null', 1, createBody(null, 'x'), decode.path);
      await c.close();
    },
    apache: ['create null: err -5 z1', 'closeSession: err 0 z2', '  closed'],
    zab: ['create null: err -5 z0', 'closeSession: err 0 z1', '  closed'],
  },
  {
    name: 'createSession from a client',
    why:
      'Apache lets this internal operation into its pipeline, where it fails and leaves an error transaction. Ours takes ' +
      'it for what it is on the wire, an operation that no client has.',
    script: async (s) => {
      const c = await s.begin();
      const reply = await c.exchange(-10, Buffer.alloc(0));
      c.show('op -10', reply);
      if (reply?.err === -6) await c.untilClosed();
      else await c.ping();
    },
    apache: ['op -10: err -5 z1', 'ping: xid -2 err 0 z1'],
    zab: ['op -10: err -6 -1', '  closed'],
  },
  {
    name: 'a multi that cannot be read',
    why:
      'Apache takes a zxid before it reads a multi, and leaves an error transaction when it cannot. Ours reads first; ' +
      'the client sees the same code, and the connection goes on.',
    script: async (s) => {
      const c = await s.begin();
      for (const [what, body] of UNREADABLE) await c.call(what, 14, body);
      await c.close();
    },
    apache: [
      ...UNREADABLE.map(([what], i) => `${what}: err -5 z${i + 1}`),
      `closeSession: err 0 z${UNREADABLE.length + 1}`,
      '  closed',
    ],
    zab: [
      ...UNREADABLE.map(([what]) => `${what}: err -5 z0`),
      'closeSession: err 0 z1',
      '  closed',
    ],
  },
  {
    name: 'a create without an ACL in a multi',
    why:
      'Apache fails over it while it reads the multi, in a way that leaves no transaction. Ours takes a zxid for an error ' +
      'transaction, as both do for a mode that there is none; the client sees the same code.',
    script: async (s) => {
      const c = await s.begin();
      await c.multi('without an ACL', [[1, createBody(`${s.root}/a`, 'x', 0, null)]]);
      await c.multi('of mode 9', [[1, createBody(`${s.root}/a`, 'x', 9)]]);
      await c.close();
    },
    apache: [
      'multi without an ACL: err -5 z0',
      'multi of mode 9: err -5 z1',
      'closeSession: err 0 z2',
      '  closed',
    ],
    zab: [
      'multi without an ACL: err -5 z1',
      'multi of mode 9: err -5 z2',
      'closeSession: err 0 z3',
      '  closed',
    ],
  },
];
