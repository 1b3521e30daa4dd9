/**
 * The audit log: who changed what, a line each, with Apache's fields in Apache's order
 * (`AuditEvent`, `AuditHelper`, `ZKAuditProvider`; the line is that of Apache's logback.xml).
 * Written where the client is connected; what goes with a session's end by every server.
 */
import type { ClientRequest, MultiRequest } from '../../core/request.js';
import type { Acl, Identity, TxnBody } from '../../core/txn.js';
import type { MultiResult, ReplyBody } from '../../jute/reply.js';
import { ErrorCode } from '../../core/error-code.js';
import { Perms } from '../../tree/acl.js';
import { hex } from './java-text.js';

export type AuditResult = 'success' | 'failure' | 'invoked';

/** Takes one line with its newline. */
export type AuditSink = (line: string) => void;

/** Whose request it was. */
export interface AuditClient {
  readonly sessionId: bigint;
  readonly ip: string;
  readonly identities: readonly Identity[];
}

interface Fields {
  readonly session?: string | null;
  readonly user?: string | null;
  readonly ip?: string;
  readonly operation: string;
  readonly znode?: string | null;
  readonly znode_type?: string | null;
  readonly acl?: string | null;
}

/** CreateMode by its flag. */
const MODES: readonly string[] = [
  'persistent',
  'ephemeral',
  'persistent_sequential',
  'ephemeral_sequential',
  'container',
  'persistent_with_ttl',
  'persistent_sequential_with_ttl',
];

export class AuditLog {
  readonly #write: AuditSink;
  readonly #owner: string;

  /** @param owner the user whose process this is. */
  constructor(write: AuditSink, owner: string) {
    this.#write = write;
    this.#owner = owner;
  }

  started(): void {
    this.#log({ user: this.#owner, operation: 'serverStart' }, 'success');
  }

  stopped(): void {
    this.#log({ user: this.#owner, operation: 'serverStop' }, 'invoked');
  }

  /** A client's request was answered. */
  answered(
    { sessionId, ip, identities }: AuditClient,
    request: ClientRequest,
    err: number,
    body: ReplyBody | null,
  ): void {
    const client = { session: `0x${hex(sessionId)}`, user: usersOf(identities), ip };
    const result = err === ErrorCode.OK ? 'success' : 'failure';
    switch (request.op) {
      case 'create':
      case 'create2':
      case 'createContainer':
      case 'createTTL': {
        const znode = pathOf(body) ?? request.path;
        const znode_type = MODES[request.flags] ?? null;
        this.#log({ ...client, operation: 'create', znode, znode_type }, result);
        return;
      }
      case 'delete':
        this.#log({ ...client, operation: 'delete', znode: request.path }, result);
        return;
      case 'setData':
        this.#log({ ...client, operation: 'setData', znode: request.path }, result);
        return;
      case 'setACL': {
        const acl = (request.acl ?? []).map(aclText).join('');
        this.#log({ ...client, operation: 'setAcl', znode: request.path, acl }, result);
        return;
      }
      case 'multi':
        this.#multi(client, request, body);
        return;
      case 'unknown':
        // Reconfiguration is the one that becomes a transaction.
        this.#log({ ...client, operation: 'reconfig' }, result);
    }
  }

  /** Each part that changed something; of one that failed the whole alone. */
  #multi(client: Partial<Fields>, { ops }: MultiRequest, body: ReplyBody | null): void {
    const results: readonly MultiResult[] = body?.type === 'multi' ? body.results : [];
    if (results.length !== ops.length || results.some(({ type }) => type === 'error')) {
      this.#log({ ...client, operation: 'multiOperation' }, 'failure');
      return;
    }
    for (const [i, op] of ops.entries()) {
      if (op.op === 'check') continue;
      if (!('flags' in op)) {
        this.#log({ ...client, operation: op.op, znode: op.path }, 'success');
        continue;
      }
      const result = results[i];
      const made = result !== undefined && 'path' in result ? result.path : op.path;
      // Apache looks modes up by the path that was asked for: of sequential ones there is none.
      const znode_type = made === op.path && op.op !== 'createTTL' ? MODES[op.flags] : null;
      const fields = { ...client, operation: 'create', znode: made };
      this.#log({ ...fields, znode_type: znode_type ?? null }, 'success');
    }
  }

  /** A transaction was applied: the ephemerals that go with a session. */
  applied(sessionId: bigint, body: TxnBody): void {
    if (body.type !== 'closeSession') return;
    for (const znode of body.paths ?? []) {
      const operation = 'ephemeralZNodeDeletionOnSessionCloseOrExpire';
      const session = `0x${hex(sessionId)}`;
      this.#log({ session, user: this.#owner, operation, znode }, 'success');
    }
  }

  #log(fields: Fields, result: AuditResult): void {
    const { session, user, ip, operation, znode, znode_type, acl } = fields;
    const entries = Object.entries({
      session,
      user,
      ip,
      operation,
      znode,
      znode_type,
      acl,
      result,
    });
    const text = entries
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => `${key}=${oneLine(value ?? '')}`)
      .join('\t');
    const level = result === 'failure' ? 'ERROR' : 'INFO';
    this.#write(`${timestamp(new Date())} ${level} audit.Slf4jAuditLogger: ${text}\n`);
  }
}

/** A name from outside must not look like another line, or another field. */
function oneLine(value: string): string {
  return value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Logback's `%d{ISO8601}`, local time. */
function timestamp(date: Date): string {
  const two = (value: number, length = 2): string => String(value).padStart(length, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => two(part));
  return `${day} ${time.join(':')},${two(date.getMilliseconds(), 3)}`;
}

/** The names, without what proves them; null: none has one. */
function usersOf(identities: readonly Identity[]): string | null {
  const users = identities
    .filter(({ scheme }) => scheme !== 'super')
    .map(({ scheme, id }) => (scheme === 'digest' ? (id.split(':')[0] ?? '') : id))
    .filter((user) => user.trim() !== '');
  return users.length === 0 ? null : users.join(',');
}

function pathOf(body: ReplyBody | null): string | null {
  return body?.type === 'path' || body?.type === 'pathStat' ? body.path : null;
}

function aclText({ scheme, id, perms }: Acl): string {
  const letters: readonly (readonly [number, string])[] = [
    [Perms.CREATE, 'c'],
    [Perms.DELETE, 'd'],
    [Perms.READ, 'r'],
    [Perms.WRITE, 'w'],
    [Perms.ADMIN, 'a'],
  ];
  const granted = letters.filter(([bit]) => (perms & bit) !== 0).map(([, letter]) => letter);
  return `${scheme}:${id}:${granted.join('')}`;
}
