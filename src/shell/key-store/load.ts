/**
 * Key stores and trust stores from files, of the types that Apache has (`KeyStoreFileType`): JKS,
 * PKCS12 and PEM; BCFKS is refused. Without a type the file's extension says which, as there. Java
 * reads a PKCS #12 file as JKS and a JKS file as PKCS12, and so does this: keytool has written
 * PKCS #12 into `.jks` files for years.
 */
import { readFileSync } from 'node:fs';
import type { X509Certificate } from 'node:crypto';
import type { StoreConfig } from '../../config/tls-config.js';
import { OperatorError } from '../operator-error.js';
import { JKS_MAGIC, readJks } from './jks.js';
import type { KeyEntry, KeyStoreEntries } from './entries.js';
import { KeyStoreError } from './key-store-error.js';
import { readPem } from './pem.js';
import { readPkcs12 } from './pkcs12.js';

/** @throws {OperatorError} which names the file. */
export function loadKeyStore(config: StoreConfig): KeyEntry {
  const [entry] = load(config, 'key store').keys;
  if (entry === undefined) throw fault('key store', config, 'has no private key');
  return entry;
}

/** @throws {OperatorError} which names the file. */
export function loadTrustStore(config: StoreConfig): readonly X509Certificate[] {
  const { trusted } = load(config, 'trust store');
  if (trusted.length === 0) throw fault('trust store', config, 'has no trusted certificate');
  return trusted;
}

function load(config: StoreConfig, what: string): KeyStoreEntries {
  const bytes = readFile(config.location, what);
  const password = passwordOf(config);
  try {
    if (config.type === 'PEM') return readPem(bytes, password);
    const jks = bytes.length >= 4 && bytes.readUInt32BE(0) === JKS_MAGIC;
    return jks ? readJks(bytes, password) : readPkcs12(bytes, password);
  } catch (error) {
    if (error instanceof KeyStoreError) throw fault(what, config, error.message);
    throw error;
  }
}

/** A password file is all password, but for the newline at its end (Apache: `SecretUtils`). */
function passwordOf({ password, passwordPath }: StoreConfig): string {
  if (passwordPath === null) return password;
  return readFile(passwordPath, 'password file')
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

function readFile(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? String(error)})`;
    throw new OperatorError(`${what} ${path}: ${why}`);
  }
}

function fault(what: string, { location }: StoreConfig, why: string): OperatorError {
  return new OperatorError(`${what} ${location}: ${why}`);
}
