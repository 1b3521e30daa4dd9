/**
 * AdminServer's snapshot and restore commands, asked for over HTTP or HTTPS (Apache:
 * `SnapshotCommand`, `RestoreCommand`), of this server or of Apache's.
 */
import { request as requestHttp, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ConnectionOptions } from 'node:tls';
import { parseArguments, type OptionKind } from './args.js';
import { UsageError } from './command.js';
import { readTlsOptions } from './commands/cli/client-config.js';

const DEFAULT_URL = 'http://127.0.0.1:8080/commands';
/** Where the authorization may stand, so that it does not show in the list of processes. */
const AUTH_VARIABLE = 'ZAB_ADMIN_AUTH';

const ADMIN_OPTIONS = {
  admin: 'text',
  auth: 'text',
  'client-configuration': 'text',
  force: 'flag',
  json: 'flag',
} as const satisfies Readonly<Record<string, OptionKind>>;

export const ADMIN_USAGE = `
  --admin URL     AdminServer's command URL (default ${DEFAULT_URL})
  --auth TEXT     who asks: SCHEME AUTH, as "digest root:secret", "ip" or "x509"; it must have all
                  permissions on / (default: the environment's ${AUTH_VARIABLE})
  --client-configuration FILE
                  properties of ZooKeeper's client, for https: zookeeper.ssl.trustStore.location, …
  --json          print the outcome as JSON
  --help          show this`;

export interface AdminTarget {
  readonly url: URL;
  readonly auth: string | null;
  readonly tls: ConnectionOptions;
}

/** FILE, the options and the server. @throws {UsageError} for what cannot be used. */
export function readAdminArguments(command: 'snapshot' | 'restore', args: readonly string[]) {
  const { options, positional } = parseArguments(command, args, ADMIN_OPTIONS);
  const { admin, auth, 'client-configuration': client } = options;
  const url = parseUrl(command, admin ?? DEFAULT_URL);
  const tls = url.protocol === 'https:' ? readTlsOptions(command, client ?? null, process.env) : {};
  const target: AdminTarget = { url, auth: auth ?? process.env[AUTH_VARIABLE] ?? null, tls };
  const [file, extra] = positional;
  if (file === undefined) throw new UsageError(`zab ${command}: which file?`);
  if (extra !== undefined) throw new UsageError(`zab ${command}: unexpected argument '${extra}'`);
  return { file, options, target };
}

function parseUrl(command: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new UsageError(`zab ${command}: --admin must be a URL of http or https, not '${text}'`);
  }
  return url;
}

/** The server's answer is no: exit code 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The exit code: 0 when `ask` is done, 1, and why, if the server refuses. */
export async function exitCodeOf(ask: () => Promise<void>): Promise<number> {
  try {
    await ask();
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}

const REASONS: Readonly<Record<number, string>> = {
  401: 'not authenticated: --auth must say who asks',
  403: 'not authorized: it takes all permissions on /',
  404: 'there is no such command: is --admin the command URL?',
  429: 'too soon after the last one (admin.rateLimiterIntervalInMS)',
  500: 'the server could not; its log says why',
  503: 'switched off in the server (admin.snapshot.enabled, admin.restore.enabled)',
};

/**
 * Runs `command` below the URL.
 * @param body what is sent: then it is a POST.
 * @throws {UsageError} if the server cannot be reached, {@link Refusal} if it refuses.
 */
export async function askAdmin(
  command: 'snapshot' | 'restore',
  { url, auth, tls }: AdminTarget,
  query: string,
  body: { readonly stream: Readable; readonly bytes: number } | null,
): Promise<AdminAnswer> {
  const path = `${url.pathname.replace(/\/+$/, '')}/${command}${query}`;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(new URL(path, url), {
    ...tls,
    agent: false,
    method: body === null ? 'GET' : 'POST',
    headers: {
      ...(auth === null ? {} : { authorization: auth }),
      ...(body === null
        ? {}
        : { 'content-type': 'application/octet-stream', 'content-length': body.bytes }),
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    request.once('response', resolve);
    request.once('error', reject);
  });
  if (body === null) request.end();
  // A server that refuses answers before it has read all; what counts then is its answer.
  else pipeline(body.stream, request).catch(() => undefined);
  const response = await answered.catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`zab ${command}: ${url.href}: ${error.message || String(error.code)}`);
  });
  const { statusCode = 0, headers } = response;
  if (statusCode === 200 && !isJson(response)) return { headers, stream: response, text: '' };
  const text = await textOf(response);
  const error = errorIn(text);
  if (statusCode === 200 && error === null) return { headers, stream: null, text };
  const reason = [error, REASONS[statusCode]].filter((one) => one != null).join(': ');
  throw new Refusal(`zab ${command}: ${url.href}: ${reason || `status ${statusCode}`}`);
}

export interface AdminAnswer {
  readonly headers: IncomingHttpHeaders;
  /** What comes instead of JSON; null: it was JSON, in `text`. */
  readonly stream: IncomingMessage | null;
  readonly text: string;
}

function isJson({ headers }: IncomingMessage): boolean {
  return (headers['content-type'] ?? '').startsWith('application/json');
}

async function textOf(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** What JSON of a command calls its error; null: none. */
function errorIn(text: string): string | null {
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    return typeof error === 'string' ? error : null;
  } catch {
    return null;
  }
}
