/**
 * SASL DIGEST-MD5 between servers (Apache: `QuorumAuth`, `SaslQuorumAuthLearner`,
 * `SaslQuorumAuthServer`): packets {long magic, int status, buffer token} before anything else on a
 * quorum connection, and after the first message of an election connection.
 *
 * Users stand in section `QuorumServer` of the JAAS file as `user_NAME="password"`; what a server
 * says of itself in `QuorumLearner` as `username` and `password`.
 *
 * Deviation: whoever dials proves itself to observers as well; Apache's server to voters only, so
 * that an observer that asks for proof is not called back.
 */
import type { Socket } from 'node:net';
import type { ServerConfig } from '../../config/server-config.js';
import { addressText, plainIp } from '../address.js';
import type { Logger } from '../logger.js';
import { OperatorError } from '../operator-error.js';
import type { PeerTransport } from '../peer-transport.js';
import { DigestClient, DigestServer, SaslError } from './digest-md5.js';
import { readJaas, type LoginModule } from './jaas.js';

const PROTOCOL = 'zookeeper-quorum';
const SERVER_NAME = 'zk-quorum-sasl-md5';
/** Apache's −0xa0dbcafecafe1234L. */
const MAGIC = Buffer.from('5f2435013501edcc', 'hex');
const STATUS = { inProgress: 0, success: 1, error: -1 } as const;
const HEAD_BYTES = MAGIC.length + 8;
const TOKEN_MAX = 1 << 16;
/** ms of silence amid an authentication. */
const TIMEOUT_MS = 10_000;
const NO_TOKEN = Buffer.alloc(0);

/** What servers prove to each other when they connect. */
export interface QuorumAuth {
  /** The side that dialled: `done` when the other has accepted it; else the socket closes. */
  readonly prove: (socket: Socket, done: () => void) => void;
  /**
   * The side that accepted, which has read `first`: `done` when whoever dialled may stay, with what
   * has come after; else the socket closes.
   */
  readonly verify: (socket: Socket, first: Buffer, done: (rest: Buffer) => void) => void;
}

export const NO_QUORUM_AUTH: QuorumAuth = {
  prove: (_, done) => done(),
  verify: (_, first, done) => done(first),
};

/** @throws {OperatorError} if the JAAS file has not what it takes. */
export function quorumAuth(config: ServerConfig, log: Logger): QuorumAuth {
  const { enableSasl, learnerRequireSasl, serverRequireSasl } = config.quorumAuth;
  if (!enableSasl || config.standalone) return NO_QUORUM_AUTH;
  const { learnerLoginContext, serverLoginContext } = config.quorumAuth;
  const own = credentials(config, learnerLoginContext ?? 'QuorumLearner');
  const users = usersOf(config, serverLoginContext ?? 'QuorumServer');
  return {
    prove: learnerRequireSasl
      ? (socket, done) => prove(socket, own, log, done)
      : NO_QUORUM_AUTH.prove,
    verify: (socket, first, done) =>
      verify({ socket, users, required: serverRequireSasl, log }, first, done),
  };
}

/** A transport whose connections are handed over when they are authenticated. */
export function authenticated(inner: PeerTransport, auth: QuorumAuth): PeerTransport {
  if (auth === NO_QUORUM_AUTH) return inner;
  return {
    dial: (address, onConnect) => {
      const socket = inner.dial(address, () => auth.prove(socket, onConnect));
      return socket;
    },
    accept: (listener, what, { admit, open }) => {
      const pending = new Set<Socket>();
      const accepted = inner.accept(listener, what, {
        admit,
        open: (socket) => {
          pending.add(socket);
          socket.once('close', () => pending.delete(socket));
          auth.verify(socket, NO_TOKEN, (rest) => {
            pending.delete(socket);
            if (rest.length > 0) socket.unshift(rest);
            open(socket);
          });
        },
      });
      return {
        drop: () => {
          pending.forEach((socket) => socket.destroy());
          accepted.drop();
        },
      };
    },
    renew: inner.renew,
  };
}

interface Credentials {
  readonly username: string;
  readonly password: string;
}

function section({ security }: ServerConfig, name: string): readonly LoginModule[] {
  const { jaasFile } = security;
  if (jaasFile === null) {
    const why = 'needs a JAAS file: java.security.auth.login.config is not set';
    throw new OperatorError(`quorum.auth.enableSasl ${why}`);
  }
  const modules = readJaas(jaasFile).get(name);
  const fault = (why: string): OperatorError => new OperatorError(`JAAS file ${jaasFile}: ${why}`);
  if (modules === undefined) throw fault(`there is no section '${name}'`);
  const kerberos = modules.find((module) => /Krb5LoginModule$/.test(module.name));
  if (kerberos !== undefined) throw fault(`Kerberos is not supported: ${kerberos.name}`);
  return modules;
}

function credentials(config: ServerConfig, name: string): Credentials {
  for (const { options } of section(config, name)) {
    const { username, password } = options;
    if (username !== undefined && password !== undefined) return { username, password };
  }
  const file = config.security.jaasFile ?? '';
  throw new OperatorError(`JAAS file ${file}: section '${name}' has no username and password`);
}

const USER_OPTION = 'user_';

function usersOf(config: ServerConfig, name: string): ReadonlyMap<string, string> {
  return new Map(
    section(config, name).flatMap(({ options }) =>
      Object.entries(options)
        .filter(([option]) => option.startsWith(USER_OPTION))
        .map(([option, password]) => [option.slice(USER_OPTION.length), password] as const),
    ),
  );
}

interface AuthPacket {
  readonly status: number;
  readonly token: Buffer;
}

function encode(status: number, token: Buffer): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeInt32BE(status, 0);
  numbers.writeInt32BE(token.length, 4);
  return Buffer.concat([MAGIC, numbers, token]);
}

/** The packet at the start of `bytes` and what follows it; null: it is not all there. */
function decode(bytes: Buffer): readonly [AuthPacket, Buffer] | null {
  const seen = bytes.subarray(0, MAGIC.length);
  if (!seen.equals(MAGIC.subarray(0, seen.length))) {
    throw new SaslError('what came is no authentication packet');
  }
  if (bytes.length < HEAD_BYTES) return null;
  const status = bytes.readInt32BE(MAGIC.length);
  const length = Math.max(0, bytes.readInt32BE(MAGIC.length + 4));
  if (length > TOKEN_MAX) throw new SaslError(`a token of ${length} bytes`);
  const end = HEAD_BYTES + length;
  if (bytes.length < end) return null;
  return [{ status, token: bytes.subarray(HEAD_BYTES, end) }, bytes.subarray(end)];
}

/**
 * Reads until `take` says that it is enough, which gets all that has come and is not used, and
 * returns what of that it leaves.
 */
function readUntil(
  socket: Socket,
  first: Buffer,
  take: (bytes: Buffer, stop: () => void) => Buffer,
): void {
  let bytes = first;
  let over = false;
  const stop = (): void => {
    over = true;
    socket.off('readable', onReadable);
  };
  const onReadable = (): void => {
    for (;;) {
      const chunk: unknown = socket.read();
      if (!Buffer.isBuffer(chunk)) return;
      bytes = take(Buffer.concat([bytes, chunk]), stop);
      if (over) return;
    }
  };
  socket.on('error', () => undefined);
  bytes = take(bytes, stop);
  if (!over) socket.on('readable', onReadable);
}

function otherEnd(socket: Socket): string {
  return addressText({ host: plainIp(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 });
}

/** The learner's side: an empty token, and then an answer to whatever the server asks. */
function prove(socket: Socket, own: Credentials, log: Logger, done: () => void): void {
  const client = new DigestClient({ protocol: PROTOCOL, serverName: SERVER_NAME, ...own });
  const to = otherEnd(socket);
  const take = (bytes: Buffer, stop: () => void): Buffer => {
    try {
      const found = decode(bytes);
      if (found === null) return bytes;
      const [{ status, token }, rest] = found;
      if (status !== STATUS.inProgress && status !== STATUS.success) {
        throw new SaslError('the other server has refused');
      }
      const answer = client.evaluate(token);
      if (answer !== null) {
        if (status === STATUS.success) throw new SaslError('accepted before there was proof');
        socket.write(encode(STATUS.inProgress, answer));
        return rest;
      }
      if (status !== STATUS.success) throw new SaslError('the other server has not accepted');
      stop();
      if (rest.length > 0) socket.unshift(rest);
      done();
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      stop();
      log.warn('SASL authentication to a server failed', { to, reason: error.message });
      socket.destroy();
    }
    return NO_TOKEN;
  };
  socket.write(encode(STATUS.inProgress, NO_TOKEN));
  readUntil(socket, NO_TOKEN, take);
}

interface Verification {
  readonly socket: Socket;
  readonly users: ReadonlyMap<string, string>;
  readonly required: boolean;
  readonly log: Logger;
}

/** The server's side. Without need of it, who does not begin, or fails, may stay. */
function verify(
  { socket, users, required, log }: Verification,
  first: Buffer,
  done: (rest: Buffer) => void,
): void {
  const server = new DigestServer({
    ...{ protocol: PROTOCOL, serverName: SERVER_NAME },
    passwordOf: (user) => users.get(user) ?? null,
  });
  const from = otherEnd(socket);
  let began = false;
  const finish = (rest: Buffer): void => {
    socket.setTimeout(0);
    done(rest);
  };
  const take = (bytes: Buffer, stop: () => void): Buffer => {
    try {
      const found = decode(bytes);
      if (found === null) return bytes;
      began = true;
      const [{ token }, rest] = found;
      const answer = server.evaluate(token);
      if (server.user === null) {
        socket.write(encode(STATUS.inProgress, answer));
        return rest;
      }
      socket.write(encode(STATUS.success, answer));
      stop();
      finish(rest);
    } catch (error) {
      if (!(error instanceof SaslError)) throw error;
      stop();
      if (began) socket.write(encode(STATUS.error, NO_TOKEN));
      if (began || required) {
        log.warn('SASL authentication of a server failed', { from, reason: error.message });
      }
      if (!required) finish(began ? NO_TOKEN : bytes);
      else if (began) socket.end(() => socket.destroy());
      else socket.destroy();
    }
    return NO_TOKEN;
  };
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
  readUntil(socket, first, take);
}
