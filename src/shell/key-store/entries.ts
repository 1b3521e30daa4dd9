/** What a key store of any format holds. */
import type { KeyObject, X509Certificate } from 'node:crypto';

export interface KeyStoreEntries {
  /** Private keys with their certificate chains, the key's own certificate first. */
  readonly keys: readonly KeyEntry[];
  /** Certificates that are trusted for themselves. */
  readonly trusted: readonly X509Certificate[];
}

export interface KeyEntry {
  readonly key: KeyObject;
  readonly chain: readonly X509Certificate[];
}

/** `own` and its issuers among `others`, up to the last one that is there. */
export function chainOf(
  own: X509Certificate,
  others: readonly X509Certificate[],
): readonly X509Certificate[] {
  const chain = [own];
  for (let last = own; ;) {
    const issuer = others.find((one) => !chain.includes(one) && last.checkIssued(one));
    if (issuer === undefined) return chain;
    chain.push(issuer);
    last = issuer;
  }
}
