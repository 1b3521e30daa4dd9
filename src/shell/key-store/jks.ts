/**
 * JKS, Java's older key stores (OpenJDK: `sun.security.provider.JavaKeyStore`, `KeyProtector`): a
 * list of entries, and a SHA-1 over the password and all of it. Private keys are hidden by a stream
 * of SHA-1 digests of the password.
 */
import { createHash } from 'node:crypto';
import { child, damaged, oidText, readDer, Tag } from './der.js';
import type { KeyEntry, KeyStoreEntries } from './entries.js';
import { KeyStoreError } from './key-store-error.js';
import { certificate, privateKey } from './pkcs12.js';
import type { X509Certificate } from 'node:crypto';

export const JKS_MAGIC = 0xfeedfeed;
const WHITENER = 'Mighty Aphrodite';
const PRIVATE_KEY = 1;
const TRUSTED_CERTIFICATE = 2;
const KEY_PROTECTOR = '1.3.6.1.4.1.42.2.17.1.1';
const SHA1_BYTES = 20;

/** @throws {KeyStoreError} if the password is wrong or the file no such key store. */
export function readJks(bytes: Buffer, password: string): KeyStoreEntries {
  if (bytes.length < 12 + SHA1_BYTES || bytes.readUInt32BE(0) !== JKS_MAGIC) throw damaged();
  const secret = Buffer.from(password, 'utf16le').swap16();
  const body = bytes.subarray(0, bytes.length - SHA1_BYTES);
  const sum = createHash('sha1').update(secret).update(WHITENER).update(body).digest();
  // Without a password Java does not check: what is trusted is no secret.
  if (password !== '' && !sum.equals(bytes.subarray(body.length))) {
    throw new KeyStoreError('was tampered with, or the password is wrong');
  }
  const reader = new JksReader(body);
  const keys: KeyEntry[] = [];
  const trusted: X509Certificate[] = [];
  for (let left = reader.count; left > 0; left--) {
    const tag = reader.int();
    reader.skip(reader.short()); // alias
    reader.skip(8); // date
    if (tag === PRIVATE_KEY) {
      const hidden = reader.take(reader.int());
      const chain: X509Certificate[] = [];
      for (let links = reader.int(); links > 0; links--) chain.push(reader.certificate());
      keys.push({ key: privateKey(reveal(hidden, secret)), chain });
    } else if (tag === TRUSTED_CERTIFICATE) trusted.push(reader.certificate());
    else throw damaged();
  }
  return { keys, trusted };
}

class JksReader {
  readonly count: number;
  readonly #version: number;
  readonly #bytes: Buffer;
  #at = 4;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#version = this.int();
    this.count = this.int();
    if (this.#version !== 1 && this.#version !== 2) throw damaged();
  }

  take(length: number): Buffer {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw damaged();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  skip(length: number): void {
    this.take(length);
  }

  int(): number {
    return this.take(4).readInt32BE(0);
  }

  short(): number {
    return this.take(2).readUInt16BE(0);
  }

  certificate(): X509Certificate {
    if (this.#version === 2) this.skip(this.short()); // its type: X.509
    return certificate(this.take(this.int()));
  }
}

/** The PKCS #8 key in an EncryptedPrivateKeyInfo: salt, key XOR stream, SHA-1 of password and key. */
function reveal(info: Buffer, secret: Buffer): Buffer {
  const outer = readDer(info);
  const algorithm = oidText(child(child(outer, 0, Tag.sequence), 0, Tag.oid));
  if (algorithm !== KEY_PROTECTOR) throw damaged();
  const hidden = child(outer, 1, Tag.octetString).content;
  if (hidden.length < 2 * SHA1_BYTES) throw damaged();
  const key = Buffer.from(hidden.subarray(SHA1_BYTES, hidden.length - SHA1_BYTES));
  let digest: Buffer = hidden.subarray(0, SHA1_BYTES);
  for (let i = 0; i < key.length; i++) {
    const at = i % SHA1_BYTES;
    if (at === 0) digest = createHash('sha1').update(secret).update(digest).digest();
    key[i] = key[i]! ^ digest[at]!;
  }
  const check = createHash('sha1').update(secret).update(key).digest();
  if (!check.equals(hidden.subarray(hidden.length - SHA1_BYTES))) {
    throw new KeyStoreError('has a private key with another password than its own');
  }
  return key;
}
