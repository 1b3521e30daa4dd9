/**
 * AdminServer's snapshot and restore, Prometheus' page and the audit log, beside Apache's server. About 25 s.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KINDS, launch, http, Session, spawnAll, type HttpAnswer, type Servers } from './pair.js';

const PROVIDER = 'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider';
const EXTRA = [
  ...['audit.enable=true', `metricsProvider.className=${PROVIDER}`],
  ...['metricsProvider.httpHost=127.0.0.1', 'metricsProvider.httpPort=METRICS_PORT'],
];
let both: readonly Servers[] = [];

before(async () => {
  both = await Promise.all(KINDS.map((kind) => launch(kind, 1, 0, EXTRA)));
  await Promise.all(both.map(spawnAll));
});
after(async () => {
  for (const servers of both) await servers[Symbol.asyncDispose]();
});

const only = ({ members }: Servers) => {
  const [member] = members;
  assert.ok(member);
  return member;
};

/** On both; what the first came to is the second's. */
const same = async <A>(run: (servers: Servers) => Promise<A>): Promise<A> => {
  const [apache, zab] = await Promise.all(both.map(run));
  assert.deepEqual(zab, apache);
  return zab!;
};

const plain = ({ status, headers, body }: HttpAnswer): unknown => [
  status,
  headers['content-type'],
  headers['last_zxid'] === undefined ? null : 'zxid',
  headers['snapshot_size'] === undefined ? null : 'size',
  body.toString(),
];

/** Names with their types, and the labels of each; without the process's own. */
const families = (page: string): readonly string[] =>
  [...page.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    .map(([, name = '', type = '']) => `${name} ${type}`)
    .filter((line) => !/^(jvm|process)_/.test(line))
    .sort();
const lineForms = (page: string): ReadonlySet<string> =>
  new Set(
    page
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#') && !/^(jvm|process)_/.test(line))
      .map((line) => line.replace(/ (NaN|-?\d+\.\d+(E\d+)?)$/, ' VALUE')),
  );

test("Prometheus' page has Apache's families, labels and forms", async () => {
  await same(async (servers) => {
    const { metrics } = only(servers);
    const { status, headers, body } = await http(metrics, '/metrics');
    const page = body.toString();
    const forms = [...lineForms(page)].sort();
    return [status, headers['content-type'], families(page), forms];
  });
  await same(async (servers) => (await http(only(servers).metrics, '/')).status);
});

test('what is counted shows: reads, writes, watches, sizes', async () => {
  await same(async (servers) => {
    const { metrics, ports } = only(servers);
    const names = ['node_changed_watch_count_sum', 'watch_bytes', 'readlatency_count'];
    names.push('updatelatency_count', 'znode_count', 'ephemerals_count', 'global_sessions');
    names.push('read_per_namespace_sum{key="m",}', 'write_per_namespace_sum{key="m",}');
    names.push('connection_request_count', 'watch_count');
    const read = async (): Promise<readonly number[]> => {
      const page = (await http(metrics, '/metrics')).body.toString().split('\n');
      return names.map((name) => {
        const line = page.find((each) => each.startsWith(`${name} `));
        return line === undefined ? 0 : Number(line.slice(name.length + 1));
      });
    };
    const earlier = await read();
    const session = await Session.open(ports.client);
    await session.scene('/m');
    const later = await read();
    await session.client.close();
    return later.map((value, i) => [names[i], value - (earlier[i] ?? 0)]);
  });
});

test('who may take a snapshot, and what the answers are', async () => {
  const auths = ['digest u:p', 'ip', 'digest', 'nosuch x', 'digest a b', 'world anyone', undefined];
  await same(async (servers) => {
    const { admin } = only(servers);
    const answers: unknown[] = [];
    for (const auth of auths) {
      for (const path of ['/commands/snapshot?streaming=false', '/commands/restore']) {
        const method = path.endsWith('restore') ? 'POST' : 'GET';
        // An empty snapshot is none.
        const options = { method, ...(auth === undefined ? {} : { auth }) };
        answers.push(plain(await http(admin, path, options)));
      }
    }
    return answers;
  });
});

test('those whom the root does not let are refused', async () => {
  await same(async (servers) => {
    const { admin, ports } = only(servers);
    const session = await Session.open(ports.client);
    await session.setAcl('/', [
      [1, 'world', 'anyone'],
      [31, 'ip', '127.0.0.1'],
    ]);
    const answer = await http(admin, '/commands/snapshot', { auth: 'digest u:p' });
    await session.setAcl('/', [[31, 'world', 'anyone']]);
    await session.client.close();
    return plain(answer);
  });
});

test('a snapshot of either server is restored by both', async () => {
  const auth = 'digest u:p';
  const snapshots: Buffer[] = [];
  for (const servers of both) {
    const { admin, ports } = only(servers);
    const session = await Session.open(ports.client);
    await session.create('/kept', servers.kind);
    const { status, headers, body } = await http(admin, '/commands/snap', { auth });
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['snapshot_size'], String(body.length));
    snapshots.push(body);
    await session.create('/lost', servers.kind);
    await session.client.close();
  }
  for (const [i, body] of snapshots.entries()) {
    for (const servers of both) {
      const { admin, ports } = only(servers);
      const answer = await http(admin, '/commands/restore', { method: 'POST', auth, body });
      assert.equal(answer.status, 200, answer.body.toString());
      const fields = JSON.parse(answer.body.toString()) as Record<string, unknown>;
      assert.deepEqual(Object.keys(fields), ['last_zxid', 'command', 'error']);
      const session = await Session.open(ports.client);
      await session.watch('exists', '/lost', -101);
      const read = await session.client.call(4, getData('/kept'));
      assert.ok(read?.body.includes(KINDS[i]!), `${KINDS[i]} on ${servers.kind}`);
      await session.client.close();
    }
  }
});

const getData = (path: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(path.length);
  return Buffer.concat([length, Buffer.from(path), Buffer.of(0)]);
};

test('what is no snapshot is refused, and changes nothing', async () => {
  for (const servers of both) {
    const { admin, ports } = only(servers);
    const session = await Session.open(ports.client);
    const body = Buffer.from('no snapshot at all');
    const options = { method: 'POST', auth: 'digest u:p', body };
    assert.equal((await http(admin, '/commands/restore', options)).status, 500);
    await session.watch('exists', '/kept');
    await session.client.close();
  }
});

const auditLines = (servers: Servers): readonly string[] =>
  only(servers)
    .process.tail.split('\n')
    .filter((line) => /Slf4jAuditLogger|audit\./.test(line) && line.includes('operation='))
    .map((line) => line.replace(/^.*? (INFO|ERROR) \S+ (- )?/, '$1 '));

test("the audit log has Apache's fields in Apache's order", async () => {
  await same(async (servers) => {
    const { ports, process: server } = only(servers);
    const session = await Session.open(ports.client);
    await session.create('/audit', 'x');
    await session.create('/audit', 'x', 0, -110);
    await session.create('/audit/s-', 'x', 2);
    await session.ephemeral('/audit/e');
    await session.setData('/audit', 'y');
    await session.setData('/audit', 'y', 7, -103);
    await session.setAcl('/audit', [
      [31, 'world', 'anyone'],
      [5, 'ip', '127.0.0.1'],
    ]);
    await session.delete('/audit/nope', -1, -101);
    await session.delete('/audit/s-0000000000');
    const id = `0x${session.id.toString(16)}`;
    await session.client.close();
    await server.until('the end of the session', async () =>
      Promise.resolve(server.tail.includes('znode=/audit/e\tresult=success')),
    );
    await server.until('the ephemeral', () =>
      Promise.resolve(/OrExpire\tznode=\/audit\/e/.test(server.tail)),
    );
    return auditLines(servers)
      .filter((line) => line.includes('/audit'))
      .map((line) => line.replaceAll(id, 'SESSION'));
  });
});

test('the files after all that are those of the last snapshot and what followed it', () => {
  const [, zab] = both;
  assert.ok(zab);
  const names = readdirSync(join(zab.folder, '1', 'data', 'version-2'));
  assert.equal(names.filter((name) => name.startsWith('snapshot.')).length, 1, names.join(' '));
  assert.ok(!names.some((name) => /tmp|install/.test(name)), names.join(' '));
  assert.match(readFileSync(join(zab.folder, '1', 'zoo.cfg'), 'utf8'), /audit\.enable/);
});
