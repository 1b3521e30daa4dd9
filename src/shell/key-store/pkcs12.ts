/**
 * PKCS #12 key stores (RFC 7292), as keytool and OpenSSL write them. Decoded here and not by
 * `node:tls`, whose `pfx` cannot tell the certificates that are trusted from those of a chain, and
 * is not told why a file is refused.
 *
 * As in Java, a certificate is trusted only if it bears the attribute that keytool gives to trusted
 * entries: one that merely lies in the file is not.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import {
  child,
  childrenOf,
  damaged,
  oidText,
  readDer,
  smallInteger,
  Tag,
  type Der,
} from './der.js';
import { chainOf, type KeyEntry, type KeyStoreEntries } from './entries.js';
import { KeyStoreError } from './key-store-error.js';
import { decrypt, macFits } from './pbe.js';

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';
const KEY_BAG = '1.2.840.113549.1.12.10.1.1';
const SHROUDED_KEY_BAG = '1.2.840.113549.1.12.10.1.2';
const CERT_BAG = '1.2.840.113549.1.12.10.1.3';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
/** Oracle's trustedKeyUsage. */
const TRUSTED = '2.16.840.1.113894.746875.1.1';
const VERSION = 3;
const IMPLICIT_0 = 0x80;

interface Bag {
  readonly kind: string;
  readonly value: Der;
  readonly localKeyId: string | null;
  readonly trusted: boolean;
}

/** @throws {KeyStoreError} if the password is wrong or the file no such key store. */
export function readPkcs12(bytes: Buffer, password: string): KeyStoreEntries {
  const pfx = readDer(bytes);
  if (smallInteger(child(pfx, 0, Tag.integer)) !== VERSION) throw damaged();
  const [, authSafe, mac] = childrenOf(pfx);
  if (authSafe === undefined) throw damaged();
  const content = contentOf(authSafe, DATA);
  if (mac !== undefined && !macFits(mac, content, password)) {
    throw new KeyStoreError('was tampered with, or the password is wrong');
  }
  const bags = childrenOf(readDer(content)).flatMap((info) => bagsOf(info, password));
  const certificates = bags
    .filter(({ kind }) => kind === CERT_BAG)
    .map((bag) => ({ bag, certificate: certificateOf(bag.value) }));
  const all = certificates.map(({ certificate }) => certificate);
  const keys = bags
    .filter(({ kind }) => kind === KEY_BAG || kind === SHROUDED_KEY_BAG)
    .map((bag): KeyEntry => {
      const key = keyOf(bag, password);
      const own = certificates.find(
        (one) => one.bag.localKeyId === bag.localKeyId && one.certificate.checkPrivateKey(key),
      );
      const found = own?.certificate ?? all.find((one) => one.checkPrivateKey(key));
      if (found === undefined) throw new KeyStoreError('has a private key without a certificate');
      return { key, chain: chainOf(found, all) };
    });
  const trusted = certificates.filter(({ bag }) => bag.trusted);
  return { keys, trusted: trusted.map(({ certificate }) => certificate) };
}

/** The octets in a ContentInfo of type `oid`. */
function contentOf(info: Der, oid: string): Buffer {
  if (oidText(child(info, 0, Tag.oid)) !== oid) {
    throw new KeyStoreError('is protected by a public key, which is not supported');
  }
  return child(child(info, 1, Tag.context0), 0, Tag.octetString).content;
}

function bagsOf(info: Der, password: string): readonly Bag[] {
  if (oidText(child(info, 0, Tag.oid)) !== ENCRYPTED_DATA) {
    return childrenOf(readDer(contentOf(info, DATA))).map(readBag);
  }
  const encrypted = child(child(info, 1, Tag.context0), 0, Tag.sequence);
  const contents = child(encrypted, 1, Tag.sequence);
  const algorithm = child(contents, 1, Tag.sequence);
  const bytes = child(contents, 2, IMPLICIT_0).content;
  return childrenOf(readDer(decrypt(algorithm, bytes, password))).map(readBag);
}

function readBag(bag: Der): Bag {
  const value = childrenOf(child(bag, 1, Tag.context0))[0];
  if (value === undefined) throw damaged();
  const attributes = childrenOf(bag)[2];
  let localKeyId: string | null = null;
  let trusted = false;
  for (const attribute of attributes === undefined ? [] : childrenOf(attributes)) {
    const oid = oidText(child(attribute, 0, Tag.oid));
    if (oid === TRUSTED) trusted = true;
    if (oid === LOCAL_KEY_ID) localKeyId = child(attribute, 1, Tag.set).content.toString('hex');
  }
  return { kind: oidText(child(bag, 0, Tag.oid)), value, localKeyId, trusted };
}

function certificateOf(value: Der): X509Certificate {
  if (oidText(child(value, 0, Tag.oid)) !== X509_CERTIFICATE) {
    throw new KeyStoreError('has a certificate that is not X.509');
  }
  return certificate(child(child(value, 1, Tag.context0), 0, Tag.octetString).content);
}

/** @throws {KeyStoreError} */
export function certificate(bytes: Buffer | string): X509Certificate {
  try {
    return new X509Certificate(bytes);
  } catch {
    throw new KeyStoreError('has a certificate that cannot be read');
  }
}

function keyOf({ kind, value }: Bag, password: string): KeyObject {
  const pkcs8 =
    kind === KEY_BAG
      ? value.raw
      : decrypt(child(value, 0, Tag.sequence), child(value, 1, Tag.octetString).content, password);
  return privateKey(pkcs8);
}

/** @throws {KeyStoreError} */
export function privateKey(pkcs8: Buffer): KeyObject {
  try {
    return createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  } catch {
    throw new KeyStoreError('has a private key that cannot be read');
  }
}
