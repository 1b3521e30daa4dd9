/**
 * SASL DIGEST-MD5 (RFC 2831), quality of protection `auth`, both sides (OpenJDK:
 * `com.sun.security.sasl.digest`, whose choices these are where the RFC leaves any).
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** What ZooKeeper's servers and clients call each other. */
export const PROTOCOL = 'zookeeper';
const NONCE_BYTES = 30;
const FIRST_USE = '00000001';
const REALM_DIRECTIVE = 'realm';

/** The other side is not who it says, or does not speak this language. */
export class SaslError extends Error {
  override readonly name = 'SaslError';
}

export interface DigestServerOptions {
  /** First part of the digest-uri; {@link PROTOCOL} unless said. */
  readonly protocol?: string;
  /** Realm and host of the digest-uri: `zk-sasl-md5` for clients. */
  readonly serverName: string;
  /** null: no such user. */
  readonly passwordOf: (user: string) => string | null;
  readonly nonce?: string;
}

/** The server's side of one authentication. */
export class DigestServer {
  readonly #options: DigestServerOptions;
  readonly #nonce: string;
  #step: 'start' | 'challenged' | 'done' = 'start';
  #user: string | null = null;

  constructor(options: DigestServerOptions) {
    this.#options = options;
    this.#nonce = options.nonce ?? randomBytes(NONCE_BYTES).toString('base64');
  }

  /** Who has proved to be that; null: nobody yet. */
  get user(): string | null {
    return this.#user;
  }

  /** The answer to the client's `token`. @throws {SaslError} */
  evaluate(token: Buffer): Buffer {
    switch (this.#step) {
      case 'start': {
        if (token.length > 0) throw new SaslError('the first response must be empty');
        this.#step = 'challenged';
        const { serverName } = this.#options;
        const head = `${REALM_DIRECTIVE}="${serverName}",nonce="${this.#nonce}"`;
        return Buffer.from(`${head},charset=utf-8,algorithm=md5-sess`);
      }
      case 'challenged':
        this.#step = 'done';
        return this.#verify(parseDirectives(token.toString('utf8')));
      case 'done':
        throw new SaslError('authentication is over');
    }
  }

  #verify(given: Directives): Buffer {
    const { serverName, passwordOf, protocol = PROTOCOL } = this.#options;
    const need = (key: string): string => {
      const value = given.get(key);
      if (value === undefined) throw new SaslError(`the response has no ${key}`);
      return value;
    };
    const username = need('username');
    const realm = given.get(REALM_DIRECTIVE) ?? serverName;
    const uri = need('digest-uri');
    if (realm !== serverName) throw new SaslError(`another realm: ${realm}`);
    if (need('nonce') !== this.#nonce) throw new SaslError('another nonce');
    if (need('nc') !== FIRST_USE) throw new SaslError('a nonce used before');
    if ((given.get('qop') ?? 'auth') !== 'auth') throw new SaslError('another qop than auth');
    if (uri.toLowerCase() !== `${protocol}/${serverName}`) {
      throw new SaslError(`another digest-uri: ${uri}`);
    }
    const password = passwordOf(username);
    if (password === null) throw new SaslError(`no such user: ${username}`);
    const digest = digests({
      ...{ username, realm, password, nonce: this.#nonce, uri, nc: FIRST_USE },
      cnonce: need('cnonce'),
      authzid: given.get('authzid') ?? null,
      utf8: given.get('charset') !== undefined,
    });
    const response = Buffer.from(need('response').toLowerCase());
    const expected = Buffer.from(digest.response);
    if (response.length !== expected.length || !timingSafeEqual(response, expected)) {
      throw new SaslError(`wrong password of user ${username}`);
    }
    this.#user = username;
    return Buffer.from(`rspauth=${digest.rspauth}`);
  }
}

export interface DigestClientOptions {
  /** As the server's. */
  readonly protocol?: string;
  readonly serverName: string;
  readonly username: string;
  readonly password: string;
  readonly cnonce?: string;
}

/** The client's side of one authentication. */
export class DigestClient {
  readonly #options: DigestClientOptions;
  #expected: string | null = null;
  #complete = false;

  constructor(options: DigestClientOptions) {
    this.#options = options;
  }

  /** Has the server proved to know the password, too? */
  get complete(): boolean {
    return this.#complete;
  }

  /** The response to `challenge`; null to the last one. @throws {SaslError} */
  evaluate(challenge: Buffer): Buffer | null {
    const given = parseDirectives(challenge.toString('utf8'));
    if (this.#expected !== null) {
      if (given.get('rspauth') !== this.#expected) {
        throw new SaslError('the server does not know the password');
      }
      this.#complete = true;
      return null;
    }
    const { serverName, username, password, protocol = PROTOCOL } = this.#options;
    const nonce = given.get('nonce');
    if (nonce === undefined) throw new SaslError('the challenge has no nonce');
    const realm = given.get(REALM_DIRECTIVE) ?? '';
    const cnonce = this.#options.cnonce ?? randomBytes(NONCE_BYTES).toString('base64');
    const uri = `${protocol}/${serverName}`;
    const utf8 = given.get('charset') !== undefined;
    const parts = { username, realm, password, nonce, cnonce, uri, nc: FIRST_USE };
    const { response, rspauth } = digests({ ...parts, authzid: null, utf8 });
    this.#expected = rspauth;
    const quoted = { username, realm, nonce, cnonce, 'digest-uri': uri };
    const head = Object.entries(quoted).map(([key, value]) => `${key}="${escape(value)}"`);
    const charset = utf8 ? 'charset=utf-8,' : '';
    const tail = `nc=${FIRST_USE},qop=auth,response=${response}`;
    return Buffer.from(`${charset}${head.join(',')},${tail}`);
  }
}

interface DigestParts {
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly cnonce: string;
  readonly uri: string;
  readonly nc: string;
  readonly authzid: string | null;
  readonly utf8: boolean;
}

/** RFC 2831 §2.1.2.1 and §2.1.3. */
function digests(parts: DigestParts): { readonly response: string; readonly rspauth: string } {
  const { username, realm, password, nonce, cnonce, uri, nc, authzid } = parts;
  const bytes = (text: string): Buffer => encode(text, parts.utf8);
  const secret = [bytes(username), bytes(realm), bytes(password)];
  const inner = md5(Buffer.concat([secret[0]!, COLON, secret[1]!, COLON, secret[2]!]));
  const session = `:${nonce}:${cnonce}${authzid === null ? '' : `:${authzid}`}`;
  const a1 = md5(Buffer.concat([inner, Buffer.from(session)])).toString('hex');
  const over = (a2: string): string => {
    const hash = md5(Buffer.from(a2)).toString('hex');
    return md5(Buffer.from(`${a1}:${nonce}:${nc}:${cnonce}:auth:${hash}`)).toString('hex');
  };
  return { response: over(`AUTHENTICATE:${uri}`), rspauth: over(`:${uri}`) };
}

const COLON = Buffer.from(':');

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

/** With UTF-8 agreed on, a text that ISO 8859-1 can hold is still hashed as that. */
function encode(text: string, utf8: boolean): Buffer {
  const latin1 = [...text].every((char) => (char.codePointAt(0) ?? 0) <= 0xff);
  return Buffer.from(text, utf8 && !latin1 ? 'utf8' : 'latin1');
}

type Directives = ReadonlyMap<string, string>;

const DIRECTIVE =
  /[\s,]*([!#$%&'*+\-.^_`|~\w]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|$)/gy;

/** `key=value,key="quoted value"`. @throws {SaslError} if `text` is no such list. */
function parseDirectives(text: string): Directives {
  const directives = new Map<string, string>();
  for (let at = 0; at < text.length;) {
    if (/^[\s,]*$/.test(text.slice(at))) break;
    DIRECTIVE.lastIndex = at;
    const match = DIRECTIVE.exec(text);
    if (match === null) throw new SaslError('a token that is no list of directives');
    const [, key = '', quoted, plain = ''] = match;
    const name = key.toLowerCase();
    if (directives.has(name)) throw new SaslError(`${name} comes twice`);
    directives.set(name, quoted === undefined ? plain : quoted.replace(/\\(.)/gs, '$1'));
    at = DIRECTIVE.lastIndex;
  }
  return directives;
}

function escape(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}
