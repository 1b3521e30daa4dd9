/** Scripts about connections and sessions: handshakes, passwords, auth, ACLs, unknown operations, garbage. */
import { Buffer } from 'node:buffer';
import { connectFrame, frame, Writer } from '../../support/raw-client.js';
import { decode, Session, type Script } from '../../support/transcript.js';

const without = (bytes: Buffer, count: number): Buffer =>
  frame(bytes.subarray(4, bytes.length - count));

export const handshakes = async (s: Script): Promise<void> => {
  const first = await s.begin();
  for (const timeout of [-1, 0, 1, 999, 5_000, 2_000_000])
    await (await s.session({ timeout })).close();
  await (await s.session({ readOnly: true })).close();
  for (const protocolVersion of [1, 99, -1]) await (await s.session({ protocolVersion })).close();
  for (const password of [null, Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(40)]) {
    await (await s.session({ password })).close();
  }
  await (await s.session({ lastZxidSeen: -1n })).close();
  s.note('zxid of the future');
  await s.session({ lastZxidSeen: 1n << 60n });
  s.note('as clients of 3.3: no readOnly byte');
  const old = new Session(s, await s.socket());
  await old.handshake(without(connectFrame({ timeout: 30_000 }), 1));
  await old.exists(s.root);
  await old.close();
  await first.close();
};

export const resumption = async (s: Script): Promise<void> => {
  const watcher = await s.begin();
  const owner = await s.session();
  await owner.create(`${s.root}/e`, null, 1);
  await watcher.exists(`${s.root}/e`, true);
  const { id, password } = owner;
  s.note('a wrong password; whether the owner keeps its connection is in deliberate.ts');
  for (const wrong of [
    Buffer.alloc(16),
    null,
    Buffer.alloc(0),
    Buffer.concat([password, Buffer.of(1)]),
  ]) {
    const thief = await s.session({ sessionId: id, password: wrong });
    await thief.untilClosed();
  }
  s.note('a session that never was');
  for (const sessionId of [1n, -1n, id + 1000n]) {
    await (await s.session({ sessionId, password })).untilClosed();
  }
  s.note('a new connection takes it over');
  const heir = await s.session({ sessionId: id, password });
  await heir.exists(`${s.root}/e`);
  await heir.set(`${s.root}/e`, 'x');
  s.note('another timeout at resumption');
  const again = await s.session({ sessionId: id, password, timeout: 7_000 });
  await again.exists(`${s.root}/e`);
  await again.close();
  await watcher.ping();
  await watcher.exists(`${s.root}/e`);
  s.note('a closed session');
  await (await s.session({ sessionId: id, password })).untilClosed();
  await watcher.close();
};

export const closing = async (s: Script): Promise<void> => {
  const watcher = await s.begin();
  const c = await s.session();
  // One, as the order in which a session's ephemerals go is free.
  await c.create(`${s.root}/mine`, null, 1);
  await c.create(`${s.root}/stays`);
  await watcher.get(`${s.root}/mine`, true);
  await watcher.children(`${s.root}/mine`, true);
  await watcher.children(s.root, true);
  await c.close();
  await watcher.children(s.root, false, 12);
  await watcher.close();
};

export const authentication = async (s: Script): Promise<void> => {
  const c = await s.begin();
  const { root } = s;
  await c.create(`${root}/auth`, 'x', 0, [[31, 'auth', '']]);
  await c.auth('digest', 'ann:secret');
  await c.create(`${root}/auth`, 'x', 0, [[31, 'auth', '']]);
  await c.create(`${root}/reader`, 'x', 0, [
    [1, 'world', 'anyone'],
    [30, 'auth', 'ignored'],
  ]);
  await c.getAcl(`${root}/auth`);
  await c.getAcl(`${root}/reader`);
  // From here on: the order in which several identities stand in for `auth` is free.
  await c.auth('digest', 'bob:word');
  const other = await s.session();
  await other.get(`${root}/auth`);
  await other.exists(`${root}/auth`);
  await other.children(`${root}/auth`);
  await other.getAcl(`${root}/auth`);
  await other.set(`${root}/auth`, 'y');
  await other.setAcl(`${root}/auth`, [[31, 'world', 'anyone']]);
  await other.create(`${root}/auth/below`);
  await other.get(`${root}/reader`);
  await other.getAcl(`${root}/reader`);
  await other.set(`${root}/reader`, 'y');
  await other.multi('refused', [
    [5, new Writer().buffer(`${root}/reader`).buffer('x').int(-1).bytes()],
  ]);
  await other.multi('check without READ', [
    [13, new Writer().buffer(`${root}/auth`).int(0).bytes()],
  ]);
  await other.delete(`${root}/auth`);
  await c.create(`${root}/keep`, 'x', 0, [[31 - 8, 'world', 'anyone']]);
  await c.create(`${root}/keep/below`);
  await other.delete(`${root}/keep/below`);
  await other.auth('digest', 'ann:wrong');
  await other.get(`${root}/reader`);
  await other.set(`${root}/reader`, 'y');
  await other.auth('digest', 'ann:secret');
  await other.set(`${root}/reader`, 'y');
  await other.auth('ip', '127.0.0.1');
  await other.auth('world', 'anyone');
  await other.untilClosed();
  for (const [scheme, id] of [
    ['nonsense', 'x'],
    ['digest', 'nocolon'],
    ['digest', ''],
    ['', 'x'],
  ] as const) {
    const refused = await s.session();
    await refused.auth(scheme, id);
    await refused.ping();
  }
  await c.close();
};

export const unknownOperations = async (s: Script): Promise<void> => {
  const witness = await s.begin();
  for (const op of [99, 1000, -5, 2_000_000_000, 10, -1, 0]) {
    const c = await s.session();
    const reply = await c.exchange(op, Buffer.alloc(0));
    c.show(`op ${op}`, reply);
    // What Apache refuses it closes soon, and may answer more until then.
    if (reply?.err === -6) await c.untilClosed();
    else await c.ping();
    await witness.ping();
  }
  const alone = await s.session();
  await alone.call('check alone', 13, new Writer().buffer('/').int(-1).bytes());
  await alone.untilClosed();
  const c = await s.session();
  await c.call('ping with a common xid', 11, Buffer.alloc(0), decode.nothing, 77);
  await c.call(
    'exists with xid 77 again',
    3,
    new Writer().buffer('/').bool(false).bytes(),
    decode.stat,
    77,
  );
  await c.call(
    'exists with xid 0',
    3,
    new Writer().buffer('/').bool(false).bytes(),
    decode.stat,
    0,
  );
  await c.call('a longer ping', 11, Buffer.alloc(8), decode.nothing, -2);
  await c.call(
    'exists with bytes behind it',
    3,
    new Writer().buffer('/').bool(false).int(1).bytes(),
    decode.stat,
  );
  await c.close();
  await witness.close();
};

const TRUNCATED: readonly (readonly [string, number, Buffer])[] = [
  ['exists without its watch flag', 3, new Writer().buffer('/').bytes()],
  ['exists without a body', 3, Buffer.alloc(0)],
  ['getData of a path that is cut', 4, new Writer().int(100).raw(Buffer.from('/a')).bytes()],
  ['getData of a path of length -5', 4, new Writer().int(-5).bool(false).bytes()],
  ['getData of a path of 2 GiB', 4, new Writer().int(0x7fffffff).bool(false).bytes()],
  ['create without an ACL', 1, new Writer().buffer('/x').buffer('d').bytes()],
  ['create with 2^31 - 1 ACLs', 1, new Writer().buffer('/x').buffer('d').int(0x7fffffff).bytes()],
  ['setData that is cut', 5, new Writer().buffer('/').int(50).bytes()],
  ['setWatches that is cut', 101, new Writer().long(0n).int(3).bytes()],
  [
    'a path that is not UTF-8',
    3,
    new Writer()
      .buffer(Buffer.from([0x2f, 0xff, 0xfe]))
      .bool(false)
      .bytes(),
  ],
];

export const garbage = async (s: Script): Promise<void> => {
  const witness = await s.begin();
  s.note('before the handshake');
  for (const bytes of [
    frame(Buffer.alloc(0)),
    frame(Buffer.alloc(10)),
    new Writer().int(-1).bytes(),
    new Writer().int(0x7fffffff).bytes(),
    new Writer().int(0x100001).bytes(),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    frame(Buffer.alloc(44, 0xff)),
  ]) {
    const c = new Session(s, await s.socket());
    s.note(`bytes ${bytes.subarray(0, 8).toString('hex')}`);
    await c.handshake(bytes);
    await witness.ping();
  }
  s.note('after it');
  for (const bytes of [
    frame(Buffer.alloc(0)),
    frame(Buffer.alloc(3)),
    frame(Buffer.alloc(7)),
    new Writer().int(-1).bytes(),
    new Writer().int(0x7fffffff).bytes(),
    frame(Buffer.alloc(64, 0xff)),
  ]) {
    const c = await s.session();
    c.socket.send(bytes);
    s.note(`bytes ${bytes.subarray(0, 8).toString('hex')}`);
    await c.ping();
    await witness.ping();
  }
  for (const [what, op, body] of TRUNCATED) {
    const c = await s.session();
    await c.call(what, op, body, decode.stat);
    await c.ping();
    await witness.ping();
  }
  await witness.close();
};
