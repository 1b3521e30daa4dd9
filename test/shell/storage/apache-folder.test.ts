/**
 * One data folder, two implementations: a real Apache server writes it, we read it, write on, and
 * it reads that. The client in between speaks `src/jute`, so Apache judges that too.
 */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ClientRequest, MultiOpRequest } from '../../../src/core/request.js';
import type { SessionId } from '../../../src/core/ids.js';
import type { Txn } from '../../../src/core/txn.js';
import type { Zxid } from '../../../src/core/zxid.js';
import { decodeConnectResponse, encodeConnectRequest } from '../../../src/jute/connect.js';
import { frameState, splitFrames } from '../../../src/jute/frames.js';
import { decodeReply, encodeReply } from '../../../src/jute/reply.js';
import type { DecodedReply, ReplyBody, WatchEvent } from '../../../src/jute/reply.js';
import { encodeRequest } from '../../../src/jute/request.js';
import { createWriter } from '../../../src/jute/writer.js';
import { applyTxn } from '../../../src/tree/apply.js';
import { imageOf, treeOf } from '../../../src/tree/image.js';
import { emptyTree } from '../../../src/tree/tree.js';
import { apacheCommand, testJvm } from '../../support/apache.js';
import { ServerProcess, dropFolder, freePorts, makeFolder } from '../../support/server-process.js';
import { testCfg, writeZooCfg } from '../../support/zoo-cfg.js';
import { openAt } from './harness.js';

/** One request at a time over a socket. */
class Client {
  readonly events: WatchEvent[] = [];
  /** Re-encodings of replies that were not the bytes that came; must stay empty. */
  readonly different: string[] = [];
  sessionId = 0n as SessionId;
  #state = frameState(1 << 20);
  #frames: Buffer[] = [];
  #wake: () => void = () => undefined;
  #xid = 0;
  readonly #w = createWriter();

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      const { state, frames, error } = splitFrames(this.#state, chunk);
      assert.equal(error, null);
      this.#state = state;
      this.#frames.push(...frames);
      this.#wake();
    });
    socket.on('close', () => this.#wake());
  }

  static async open(port: number): Promise<Client> {
    const socket = connect({ port, host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    const client = new Client(socket);
    const none = { protocolVersion: 0, lastZxidSeen: 0 as Zxid, sessionId: 0n as SessionId };
    const rest = { password: Buffer.alloc(16), readOnly: false, hasReadOnly: true };
    socket.write(encodeConnectRequest(client.#w, { ...none, ...rest, timeout: 20_000 }));
    client.sessionId = decodeConnectResponse(await client.#next()).sessionId;
    return client;
  }

  async #next(): Promise<Buffer> {
    while (this.#frames.length === 0) {
      if (this.socket.closed) throw new Error('connection closed');
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    return this.#frames.shift()!;
  }

  async ask(request: ClientRequest): Promise<DecodedReply & { readonly type: 'reply' }> {
    const xid = ++this.#xid;
    this.socket.write(encodeRequest(this.#w, xid, request));
    for (;;) {
      const frame = await this.#next();
      const reply = decodeReply(frame, (asked) => (asked === xid ? request.op : undefined));
      if (reply.type === 'event') {
        this.events.push(reply.event);
        continue;
      }
      const again = encodeReply(this.#w, reply.header, reply.body).subarray(4);
      if (!again.equals(frame)) this.different.push(request.op);
      return reply;
    }
  }

  /** The body of an answer without error. */
  async body(request: ClientRequest): Promise<ReplyBody> {
    const { header, body } = await this.ask(request);
    assert.equal(header.err, 0, request.op);
    return body;
  }
}

const open = [{ perms: 31, scheme: 'world', id: 'anyone' }];
const reader = [{ perms: 1, scheme: 'world', id: 'anyone' }];
const create = (path: string, text: string, flags = 0): MultiOpRequest => ({
  op: 'create',
  path,
  data: Buffer.from(text),
  acl: open,
  flags,
});

async function workload(client: Client): Promise<void> {
  assert.deepEqual(await client.body(create('/a', 'one')), { type: 'path', path: '/a' });
  const second = await client.body({ ...create('/a/s-', '', 3), op: 'create2' } as ClientRequest);
  assert.ok(second.type === 'pathStat' && second.path === '/a/s-0000000000');
  assert.equal(second.stat.ephemeralOwner, client.sessionId);
  await client.body({ op: 'addWatch', path: '/a', mode: 0 });
  await client.body({ op: 'setData', path: '/a', data: Buffer.from('two'), version: 0 });
  assert.equal((await client.ask(create('/none/x', ''))).header.err, -101);
  const data = await client.body({ op: 'getData', path: '/a', watch: false });
  assert.ok(data.type === 'data' && String(data.data) === 'two' && data.stat.version === 1);
  const multi = await client.body({
    op: 'multi',
    ops: [create('/m', 'multi'), { op: 'check', path: '/m', version: 0 }, create('/m/x', '')],
  });
  assert.ok(multi.type === 'multi');
  assert.deepEqual(
    multi.results.map((result) => result.type),
    ['create', 'check', 'create'],
  );
  const failed = await client.body({
    op: 'multi',
    ops: [create('/n', ''), { op: 'delete', path: '/none', version: -1 }, create('/o', '')],
  });
  assert.ok(failed.type === 'multi');
  assert.deepEqual(
    failed.results.map((result) => (result.type === 'error' ? result.err : result.type)),
    [0, -101, -2],
  );
  const container = { ...create('/c', '', 4), op: 'createContainer' } as ClientRequest;
  assert.equal((await client.body(container)).type, 'pathStat');
  await client.body({ op: 'setACL', path: '/m/x', acl: reader, version: 0 });
  const acl = await client.body({ op: 'getACL', path: '/m/x' });
  assert.ok(acl.type === 'acl');
  assert.deepEqual(acl.acl, reader);
  await client.body({ op: 'sync', path: '/a' });
  const children = await client.body({ op: 'getChildren2', path: '/', watch: false });
  assert.ok(children.type === 'childrenStat' && children.children.includes('zookeeper'));
  const reads = await client.body({
    op: 'multiRead',
    ops: [
      { op: 'getData', path: '/a', watch: false },
      { op: 'getChildren', path: '/none', watch: false },
      { op: 'getChildren', path: '/m', watch: false },
    ],
  });
  assert.ok(reads.type === 'multi');
  assert.deepEqual(
    reads.results.map((result) => result.type),
    ['getData', 'error', 'getChildren'],
  );
  const own = await client.body({ op: 'getEphemerals', path: '/' });
  assert.deepEqual(own, { type: 'ephemerals', paths: ['/a/s-0000000000'] });
  const count = await client.body({ op: 'getAllChildrenNumber', path: '/m' });
  assert.deepEqual(count, { type: 'number', value: 1 });
  const who = await client.body({ op: 'whoAmI' });
  assert.ok(who.type === 'whoAmI' && who.identities[0]?.scheme === 'ip');
  await client.body({ op: 'delete', path: '/m/x', version: -1 });
  await client.body({ op: 'removeWatches', path: '/a', mode: 3 });
  await client.body({ op: 'ping' });
}

test("Apache's folder, read and written on, and read by Apache again", async () => {
  const home = makeFolder('zab-apache-folder-');
  try {
    const [port] = await freePorts(1);
    const member = { sid: 1, client: port!, quorum: 0, election: 0 };
    const file = writeZooCfg(home, member, [member], testCfg);
    const data = join(home, '1', 'data');
    const apache = new ServerProcess('apache', port!, await apacheCommand(file, testJvm));
    apache.spawn();
    await apache.serving();
    const client = await Client.open(port!);
    await workload(client);
    assert.deepEqual(client.different, [], 'what Apache sends is what we would');
    assert.deepEqual(client.events, [
      { zxid: client.events[0]!.zxid, type: 3, state: 3, path: '/a' },
    ]);
    await apache.kill();
    client.socket.destroy();

    // What it wrote, as transactions, and as a tree.
    const first = await openAt(data, { fsync: true });
    const types = first.recovered.disk.log.map((txn) => txn.body.type);
    const expected = 'create create2 setData error multi multi createContainer setACL delete';
    assert.deepEqual(
      types.filter((type) => !type.endsWith('Session')),
      expected.split(' '),
    );
    assert.deepEqual(first.recovered.notes, []);
    const { image } = first.recovered;
    let tree = image === null ? emptyTree() : treeOf(image);
    for (const txn of first.recovered.disk.log) tree = applyTxn(tree, txn).tree;

    // A snapshot of ours, and a transaction of ours after it.
    await first.storage.snapshot(imageOf(tree));
    const last = first.recovered.disk.log.at(-1)!;
    const txn: Txn = {
      ...last,
      zxid: (last.zxid + 1) as Zxid,
      body: { type: 'setData', path: '/a', data: Buffer.from('three'), version: 2 },
    };
    first.submit({ op: 'append', txn });
    await first.answered(1);
    await first.storage.close();

    apache.spawn();
    await apache.serving();
    const again = await Client.open(port!);
    const a = await again.body({ op: 'getData', path: '/a', watch: false });
    assert.ok(a.type === 'data');
    assert.equal(String(a.data), 'three');
    assert.equal(a.stat.mzxid, txn.zxid);
    assert.equal(a.stat.version, 2);
    const m = await again.body({ op: 'getData', path: '/m', watch: false });
    assert.ok(m.type === 'data' && String(m.data) === 'multi');
    assert.equal((await again.ask({ op: 'exists', path: '/n', watch: false })).header.err, -101);
    await apache.kill();
    again.socket.destroy();
  } finally {
    dropFolder(home);
  }
});
