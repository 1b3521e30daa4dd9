/** Apache's server and ours side by side, and one session that does the same on both. */
import { join } from 'node:path';
import { request } from 'node:http';
import { operatorCommand } from '../../support/apache-admin.js';
import { projectRoot } from '../../support/provision.js';
import { RawClient, Writer } from '../../support/raw-client.js';
import {
  dropFolder,
  freePorts,
  makeFolder,
  ServerProcess,
  type Command,
} from '../../support/server-process.js';
import { testCfg, writeZooCfg, type MemberPorts } from '../../support/zoo-cfg.js';

export type Kind = 'apache' | 'zab';
export const KINDS: readonly Kind[] = ['apache', 'zab'];

export interface Member {
  readonly process: ServerProcess;
  readonly ports: MemberPorts;
  readonly admin: number;
  readonly metrics: number;
}

export interface Servers extends AsyncDisposable {
  readonly kind: Kind;
  readonly folder: string;
  readonly members: readonly Member[];
}

const zabMain = join(projectRoot, 'dist', 'src', 'cli', 'main.js');

const commandOf = (kind: Kind, file: string): Promise<Command> =>
  kind === 'apache'
    ? operatorCommand(file)
    : Promise.resolve({
        tool: process.execPath,
        args: ['--enable-source-maps', zabMain, 'server', file],
      });

/** @param observers of `size`, the last ones. */
export const launch = async (
  kind: Kind,
  size: number,
  observers = 0,
  extra: readonly string[] = [],
): Promise<Servers> => {
  const folder = makeFolder(`zab-operator-${kind}-`);
  const ports = await freePorts(5 * size);
  const all = Array.from({ length: size }, (_, i): MemberPorts & { admin: number; at: number } => ({
    sid: i + 1,
    client: ports[5 * i]!,
    quorum: ports[5 * i + 1]!,
    election: ports[5 * i + 2]!,
    admin: ports[5 * i + 3]!,
    at: ports[5 * i + 4]!,
    observer: i >= size - observers,
  }));
  const members: Member[] = [];
  for (const one of all) {
    const more = [
      ...['admin.enableServer=true', `admin.serverPort=${one.admin}`],
      ...['admin.serverAddress=127.0.0.1', 'admin.rateLimiterIntervalInMS=0'],
      ...extra.map((line) => line.replace('METRICS_PORT', String(one.at))),
    ];
    const file = writeZooCfg(folder, one, all, { ...testCfg, extra: more });
    const command = await commandOf(kind, file);
    const process_ = new ServerProcess(`${kind} ${one.sid}`, one.client, command);
    members.push({ process: process_, ports: one, admin: one.admin, metrics: one.at });
  }
  return {
    kind,
    folder,
    members,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(members.map(({ process: server }) => server.stop()));
      dropFolder(folder);
    },
  };
};

export const spawnAll = async ({ members }: Servers): Promise<void> => {
  for (const { process: server } of members) server.spawn();
  await Promise.all(members.map(({ process: server }) => server.serving()));
};

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpOptions {
  readonly method?: string;
  readonly auth?: string;
  readonly body?: Uint8Array;
}

export const http = (port: number, path: string, options: HttpOptions = {}): Promise<HttpAnswer> =>
  new Promise((resolve, reject) => {
    const headers = options.auth === undefined ? {} : { Authorization: options.auth };
    const asked = request(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const { statusCode = 0, headers: got } = response;
          resolve({ status: statusCode, headers: got, body: Buffer.concat(chunks) });
        });
      },
    );
    asked.on('error', reject);
    asked.end(options.body);
  });

const OP = { create: 1, delete: 2, exists: 3, getData: 4, setData: 5, setACL: 7, getChildren: 8 };
const EPHEMERAL = 1;

/** Calls of one session, each of which must come to the error that is expected. */
export class Session {
  private constructor(readonly client: RawClient) {}

  static async open(port: number): Promise<Session> {
    const client = await RawClient.connect('127.0.0.1', port, { timeout: 30_000 });
    if (client === null) throw new Error('no session');
    return new Session(client);
  }

  get id(): bigint {
    return this.client.session.sessionId;
  }

  async call(op: number, body: Buffer, err = 0): Promise<void> {
    const reply = await this.client.call(op, body);
    if (reply?.err !== err) throw new Error(`op ${op}: ${String(reply?.err)}, not ${err}`);
  }

  create(path: string, data: string, flags = 0, err = 0): Promise<void> {
    const acl = new Writer().int(1).int(31).buffer('world').buffer('anyone').bytes();
    const body = new Writer().buffer(path).buffer(data).raw(acl).int(flags).bytes();
    return this.call(OP.create, body, err);
  }

  ephemeral(path: string): Promise<void> {
    return this.create(path, 'e', EPHEMERAL);
  }

  watch(op: 'getData' | 'exists' | 'getChildren', path: string, err = 0): Promise<void> {
    return this.call(OP[op], new Writer().buffer(path).bool(true).bytes(), err);
  }

  setData(path: string, data: string, version = -1, err = 0): Promise<void> {
    return this.call(OP.setData, new Writer().buffer(path).buffer(data).int(version).bytes(), err);
  }

  delete(path: string, version = -1, err = 0): Promise<void> {
    return this.call(OP.delete, new Writer().buffer(path).int(version).bytes(), err);
  }

  /** Perms, scheme, id of each entry. */
  setAcl(path: string, acl: readonly (readonly [number, string, string])[]): Promise<void> {
    const body = new Writer().buffer(path).int(acl.length);
    for (const [perms, scheme, id] of acl) body.int(perms).buffer(scheme).buffer(id);
    return this.call(OP.setACL, body.int(-1).bytes());
  }

  /** A few nodes, ephemerals and watches; what it leaves goes with the session. */
  async scene(root: string): Promise<void> {
    await this.create(root, '1');
    await this.ephemeral(`${root}/e`);
    await this.ephemeral(`${root}/f`);
    await this.watch('getData', root);
    await this.watch('getChildren', root);
    await this.watch('exists', `${root}/nope`, -101);
    await this.setData(root, 'x'.repeat(100));
    await this.watch('getData', root);
  }
}
