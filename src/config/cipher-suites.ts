/**
 * The names of cipher suites: as the standards and Java have them (`TLS_ECDHE_RSA_WITH_…`) and as
 * OpenSSL does (`ECDHE-RSA-…`). Those of TLS 1.3 are the same in both.
 */
const TLS13: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_CCM_SHA256',
  'TLS_AES_128_CCM_8_SHA256',
];
const KEY_EXCHANGES: Readonly<Record<string, string>> = {
  ECDHE_ECDSA: 'ECDHE-ECDSA-',
  ECDHE_RSA: 'ECDHE-RSA-',
  DHE_RSA: 'DHE-RSA-',
  RSA: '',
};
const CIPHERS: Readonly<Record<string, string>> = {
  AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  AES_128_CBC_SHA256: 'AES128-SHA256',
  AES_256_CBC_SHA256: 'AES256-SHA256',
  AES_256_CBC_SHA384: 'AES256-SHA384',
  AES_128_CBC_SHA: 'AES128-SHA',
  AES_256_CBC_SHA: 'AES256-SHA',
  CHACHA20_POLY1305_SHA256: 'CHACHA20-POLY1305',
};

/** OpenSSL's list for suites in Java's names. OpenSSL's own names are taken as well. */
export function cipherList(
  names: readonly string[],
): { readonly value: string } | { readonly reason: string } {
  const own: string[] = [];
  for (const name of names) {
    const found = ownName(name);
    if (found === null) return { reason: `'${name}' is no cipher suite that this server has` };
    own.push(found);
  }
  return { value: own.join(':') };
}

function ownName(name: string): string | null {
  if (TLS13.includes(name)) return name;
  const parts = /^(?:TLS|SSL)_(\w+)_WITH_(\w+)$/.exec(name);
  if (parts !== null) {
    const exchange = KEY_EXCHANGES[parts[1] ?? ''];
    const cipher = CIPHERS[parts[2] ?? ''];
    return exchange === undefined || cipher === undefined ? null : exchange + cipher;
  }
  const known = Object.values(KEY_EXCHANGES).some(
    (exchange) =>
      Object.values(CIPHERS).includes(name.slice(exchange.length)) && name.startsWith(exchange),
  );
  return known ? name : null;
}
