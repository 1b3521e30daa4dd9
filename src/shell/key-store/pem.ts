/**
 * PEM key stores (Apache: `PEMFileLoader`, `PemReader`): a private key and its certificate chain in
 * one file, or, as a trust store, certificates. The password is the private key's.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { chainOf, type KeyStoreEntries } from './entries.js';
import { KeyStoreError } from './key-store-error.js';
import { certificate } from './pkcs12.js';

const CERTIFICATE =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const KEY = /-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]+?-----END \1PRIVATE KEY-----/;

/** @throws {KeyStoreError} if nothing can be read, or the password is not the key's. */
export function readPem(bytes: Buffer, password: string): KeyStoreEntries {
  const text = bytes.toString('latin1');
  const trusted = (text.match(CERTIFICATE) ?? []).map((block) => certificate(block));
  const block = KEY.exec(text)?.[0];
  if (block === undefined) {
    if (trusted.length === 0)
      throw new KeyStoreError('has neither a private key nor a certificate');
    return { keys: [], trusted };
  }
  const key = readKey(block, password);
  const own = trusted.find((one) => one.checkPrivateKey(key));
  if (own === undefined) throw new KeyStoreError("has no certificate of its private key's");
  return { keys: [{ key, chain: chainOf(own, trusted) }], trusted };
}

function readKey(block: string, password: string): KeyObject {
  try {
    return createPrivateKey({ key: block, ...(password === '' ? {} : { passphrase: password }) });
  } catch {
    const encrypted = block.includes('ENCRYPTED');
    throw new KeyStoreError(
      encrypted
        ? 'has an encrypted private key: the password is wrong'
        : 'has a private key that cannot be read',
    );
  }
}
