/**
 * SASL DIGEST-MD5, the client's side (RFC 2831, as Java's `DigestMD5Client` speaks it): one
 * challenge, one response, one `rspauth` that proves that the server knows the password as well.
 * Quality of protection `auth` only, as ZooKeeper's.
 */
import { Buffer } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';

export interface SaslOptions {
  readonly username: string;
  readonly password: string;
  /** Default `zookeeper`: the first part of the digest-uri. */
  readonly service?: string;
  /** Default `zk-sasl-md5`: the second part, which Apache's server compares. */
  readonly serverName?: string;
}

/** What Java's client and server both use for realm and server name. */
const SERVER_NAME = 'zk-sasl-md5';

const md5 = (...parts: readonly (string | Uint8Array)[]): Buffer => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** `a=b,c="d, e"` as a map; names in lower case. */
export function parseDirectives(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const match of text.matchAll(/([^\s=,]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))/g)) {
    const [, name = '', quoted, bare = ''] = match;
    const value = quoted === undefined ? bare.trim() : quoted.replace(/\\(.)/g, '$1');
    found.set(name.toLowerCase(), value);
  }
  return found;
}

const quote = (text: string): string => `"${text.replace(/(["\\])/g, '\\$1')}"`;

export interface DigestInput {
  readonly username: string;
  readonly password: string;
  readonly realm: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly digestUri: string;
}

/** The `response` of the client, or the `rspauth` of the server (RFC 2831 §2.1.2.1, §2.1.3). */
export function digestResponse(input: DigestInput, side: 'client' | 'server'): string {
  const { username, password, realm, nonce, cnonce, digestUri } = input;
  const secret = md5(bytesOf(username), ':', bytesOf(realm), ':', bytesOf(password));
  const a1 = md5(secret, `:${nonce}:${cnonce}`).toString('hex');
  const a2 = md5(`${side === 'client' ? 'AUTHENTICATE' : ''}:${digestUri}`).toString('hex');
  return md5(`${a1}:${nonce}:00000001:${cnonce}:auth:${a2}`).toString('hex');
}

/** Latin-1 where it will do, else UTF-8 (RFC 2831 §2.1.2.1). */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, /^[\u0000-\u00ff]*$/.test(text) ? 'latin1' : 'utf8');
}

/** One exchange on one connection. */
export class SaslExchange {
  private input: DigestInput | null = null;

  constructor(
    private readonly options: SaslOptions,
    private readonly cnonce: string = randomBytes(24).toString('base64'),
  ) {}

  /** The answer to a token of the server: another token, or the end. */
  answer(token: Buffer): Buffer | 'done' | 'failed' {
    const directives = parseDirectives(token.toString('utf8'));
    if (this.input !== null) {
      const proof = directives.get('rspauth');
      return proof === digestResponse(this.input, 'server') ? 'done' : 'failed';
    }
    const nonce = directives.get('nonce');
    if (nonce === undefined) return 'failed';
    const { username, password, service = 'zookeeper' } = this.options;
    const realm = directives.get('realm') ?? SERVER_NAME;
    const digestUri = `${service}/${this.options.serverName ?? SERVER_NAME}`;
    this.input = { username, password, realm, nonce, cnonce: this.cnonce, digestUri };
    const fields = [
      'charset=utf-8',
      `username=${quote(username)}`,
      `realm=${quote(realm)}`,
      `nonce=${quote(nonce)}`,
      'nc=00000001',
      `cnonce=${quote(this.cnonce)}`,
      `digest-uri=${quote(digestUri)}`,
      'maxbuf=65536',
      `response=${digestResponse(this.input, 'client')}`,
      'qop=auth',
    ];
    return Buffer.from(fields.join(','), 'utf8');
  }
}
