/**
 * `-client-configuration FILE`: properties of Apache's client (`ZKClientConfig`) as options of ours.
 * Keys and certificates are PEM files or PKCS#12 stores; Java's own JKS format is not read.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import type { ClientOptions } from '../../../client/index.js';
import { UsageError } from '../../command.js';

function properties(file: string): ReadonlyMap<string, string> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`zab cli: ${file}: ${(error as Error).message}`);
  }
  const found = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([^#!\s=:][^=:\s]*)\s*[=:\s]\s*(.*?)\s*$/.exec(line);
    if (match !== null) found.set(match[1] ?? '', match[2] ?? '');
  }
  return found;
}

function store(
  all: ReadonlyMap<string, string>,
  which: 'keyStore' | 'trustStore',
): { readonly bytes: Buffer; readonly pem: boolean; readonly password: string } | null {
  const location = all.get(`zookeeper.ssl.${which}.location`);
  if (location === undefined) return null;
  const type = all.get(`zookeeper.ssl.${which}.type`) ?? location.split('.').at(-1) ?? '';
  const kind = type.toLowerCase();
  if (!['pem', 'p12', 'pkcs12'].includes(kind)) {
    throw new UsageError(`zab cli: ${location}: only PEM and PKCS12 stores can be read`);
  }
  if (which === 'trustStore' && kind !== 'pem') {
    throw new UsageError(`zab cli: ${location}: the trust store must be PEM`);
  }
  let bytes: Buffer;
  try {
    bytes = readFileSync(location);
  } catch (error) {
    throw new UsageError(`zab cli: ${location}: ${(error as Error).message}`);
  }
  return { bytes, pem: kind === 'pem', password: all.get(`zookeeper.ssl.${which}.password`) ?? '' };
}

function tlsOptions(all: ReadonlyMap<string, string>): ConnectionOptions {
  const key = store(all, 'keyStore');
  const trust = store(all, 'trustStore');
  const verify = all.get('zookeeper.ssl.hostnameVerification') !== 'false';
  const passphrase = key === null || key.password === '' ? {} : { passphrase: key.password };
  return {
    ...(trust === null ? {} : { ca: trust.bytes }),
    ...(key === null ? {} : key.pem ? { key: key.bytes, cert: key.bytes } : { pfx: key.bytes }),
    ...passphrase,
    ...(verify ? {} : { checkServerIdentity: () => undefined }),
  };
}

/** @throws {UsageError} for a file that cannot be used. */
export function readClientConfig(file: string): ClientOptions {
  const all = properties(file);
  const timeout = all.get('zookeeper.request.timeout');
  const maxBuffer = all.get('jute.maxbuffer');
  return {
    ...(all.get('zookeeper.client.secure') === 'true' ? { tls: tlsOptions(all) } : {}),
    ...(timeout === undefined
      ? {}
      : { requestTimeout: whole('zookeeper.request.timeout', timeout) }),
    ...(maxBuffer === undefined ? {} : { maxBuffer: whole('jute.maxbuffer', maxBuffer) }),
  };
}

function whole(key: string, text: string): number {
  if (/^(0x[0-9a-f]+|\d+)$/i.test(text)) return Number(text);
  throw new UsageError(`zab cli: ${key} must be a whole number, not '${text}'`);
}
