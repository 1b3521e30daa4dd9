/**
 * AdminServer: the operators' commands over HTTP, answers in JSON (Apache: `JettyAdminServer`,
 * `Commands.runCommand`). A port that is taken costs the AdminServer, not the server: as in
 * Apache's ensembles.
 *
 * Deviations: a standalone server of Apache's ends if the port is taken; a command that is asked
 * for by the wrong method is answered 405, where Apache fails with a null pointer (500).
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Identity } from '../../core/txn.js';
import { Perms } from '../../tree/acl.js';
import { plainIp } from '../address.js';
import type { Logger } from '../logger.js';
import { READ_COMMANDS, type Fields, type ReadCommand } from './admin-commands.js';
import type { AdminData, DataAnswer } from './admin-data.js';
import { AdminPort, adminTls } from './admin-port.js';
import { javaJson } from './java-text.js';
import type { OperatorView } from './view.js';

const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';
const ALL_PERMS = [Perms.READ, Perms.WRITE, Perms.CREATE, Perms.DELETE, Perms.ADMIN];

export interface AdminServerOptions {
  readonly view: OperatorView;
  readonly data: AdminData;
  readonly log: Logger;
  /**
   * Who `Authorization: SCHEME AUTH` proves to be; null: nobody.
   * @param certificate DER of the client's, verified; null: it has shown none.
   */
  readonly identify: (
    scheme: string,
    auth: Buffer | null,
    ip: string,
    certificate: Buffer | null,
  ) => readonly Identity[] | null;
  /** May they do that with the root? */
  readonly mayAccessRoot: (identities: readonly Identity[], perm: number) => boolean;
}

export class AdminServer {
  readonly port: number;
  readonly #port: AdminPort;

  private constructor(port: AdminPort) {
    this.#port = port;
    this.port = port.port;
  }

  /** Listens; null, and a warning, if the port or its key material cannot be had. */
  static async start(options: AdminServerOptions): Promise<AdminServer | null> {
    const { view, log } = options;
    const { host, port, idleTimeout, commandUrl } = view.config.admin;
    const handler = new Handler(options);
    try {
      const opened = await AdminPort.open({
        ...{ host, port, idleTimeout },
        tls: adminTls(view.config, log),
        handler: (request, response) => {
          handler.handle(request, response).catch((error: unknown) => {
            log.error('admin command failed', { reason: String(error) });
            if (!response.headersSent) response.writeHead(500);
            response.end();
          });
        },
      });
      log.info('AdminServer started', { host, port: opened.port, url: commandUrl });
      return new AdminServer(opened);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      log.warn('AdminServer does not start', { host, port, reason: code ?? message });
      return null;
    }
  }

  close(): Promise<void> {
    return this.#port.close();
  }
}

interface Answer {
  readonly status: number;
  readonly fields: Fields;
  readonly error: string | null;
}

class Handler {
  readonly #options: AdminServerOptions;
  readonly #url: string;
  readonly #commands = new Map<string, ReadCommand>();
  readonly #dataNames: ReadonlyMap<string, 'snapshot' | 'restore'>;

  constructor(options: AdminServerOptions) {
    this.#options = options;
    this.#url = options.view.config.admin.commandUrl.replace(/\/+$/, '');
    for (const each of READ_COMMANDS) {
      for (const name of each.names) this.#commands.set(name, each);
    }
    this.#dataNames = new Map([
      ['snapshot', 'snapshot'],
      ['snap', 'snapshot'],
      ['restore', 'restore'],
      ['rest', 'restore'],
    ]);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET' } = request;
    if (method === 'TRACE') return end(response, 403);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://admin');
    const below = pathname === this.#url || pathname.startsWith(`${this.#url}/`);
    if (!below) return end(response, 404);
    if (method === 'OPTIONS') {
      response.setHeader('Allow', 'GET, HEAD, POST, TRACE, OPTIONS');
      return end(response, 200);
    }
    const isPost = method === 'POST';
    if (!isPost && method !== 'GET' && method !== 'HEAD') return end(response, 405);
    const name = decodeURIComponent(pathname.slice(this.#url.length + 1));
    if (name === '') {
      response.end(this.#links());
      return;
    }
    const command = this.#commands.get(name);
    const data = this.#dataNames.get(name);
    if (command !== undefined) {
      if (isPost) return end(response, 405);
      this.#answerRead(response, name, command, searchParams);
    } else if (data !== undefined) {
      await this.#answerData(request, response, data, name, searchParams);
    } else answer(response, name, ok({}, `Unknown command: ${name}`));
  }

  /** A link to each command, as Apache prints them. */
  #links(): string {
    const names = [...READ_COMMANDS.map(({ names: [first] }) => first), 'snapshot', 'restore'];
    return names
      .sort()
      .map((name) => `<a href="${this.#url}/${name}">${name}</a>\n<br/>\n`)
      .join('');
  }

  #answerRead(
    response: ServerResponse,
    asked: string,
    { names: [name = ''], always, run }: ReadCommand,
    query: URLSearchParams,
  ): void {
    const { view } = this.#options;
    if (!always && !view.isServing) answer(response, asked, ok({}, NOT_SERVING));
    else answer(response, name, ok(run(view, query)));
  }

  async #answerData(
    request: IncomingMessage,
    response: ServerResponse,
    name: 'snapshot' | 'restore',
    asked: string,
    query: URLSearchParams,
  ): Promise<void> {
    const { view, data } = this.#options;
    if (!view.isServing) return answer(response, asked, ok({}, NOT_SERVING));
    const refusal = this.#refusal(request);
    if (refusal !== null) return answer(response, asked, refusal);
    const isPost = request.method === 'POST';
    if (isPost !== (name === 'restore')) return end(response, 405);
    const result: DataAnswer =
      name === 'snapshot'
        ? await data.snapshot(query.get('streaming'))
        : await data.restore(request);
    for (const [key, value] of Object.entries(result.headers)) response.setHeader(key, value);
    if (result.stream === null) {
      answer(response, name, { status: result.status, fields: result.fields, error: null });
      return;
    }
    response.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    result.stream.on('error', () => response.destroy());
    response.on('close', () => result.stream?.destroy());
    result.stream.pipe(response);
  }

  /** null: whoever asks has proved to be one who may do everything with the root. */
  #refusal({ headers, socket }: IncomingMessage): Answer | null {
    const { authorization } = headers;
    if (authorization === undefined) {
      return { status: 401, fields: {}, error: 'Auth info is missing for the command' };
    }
    const [scheme = '', auth, more] = authorization.split(' ');
    const ip = plainIp(socket.remoteAddress ?? '');
    const identities =
      more !== undefined
        ? null
        : this.#options.identify(
            scheme,
            auth === undefined ? null : Buffer.from(auth),
            ip,
            certificateOf(socket),
          );
    if (identities === null || identities.length === 0) {
      return { status: 401, fields: {}, error: 'Not authenticated' };
    }
    const allowed = ALL_PERMS.every((perm) => this.#options.mayAccessRoot(identities, perm));
    return allowed ? null : { status: 403, fields: {}, error: 'Not authorized' };
  }
}

function certificateOf(socket: IncomingMessage['socket']): Buffer | null {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return null;
  return socket.getPeerX509Certificate()?.raw ?? null;
}

function ok(fields: Fields, error: string | null = null): Answer {
  return { status: 200, fields, error };
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status);
  response.end();
}

/** Fields, then the command and the error; an error of the command's own stands before. */
function answer(
  response: ServerResponse,
  command: string,
  { status, fields, error }: Answer,
): void {
  const whole = { ...fields, command, ...('error' in fields ? {} : { error }) };
  const body = Buffer.from(javaJson(whole));
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': body.length,
  });
  response.end(body);
}
