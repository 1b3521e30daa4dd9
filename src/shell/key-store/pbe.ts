/**
 * Password-based decryption and integrity of PKCS #12 files (RFC 7292, RFC 8018): PBES2 with PBKDF2,
 * and the older schemes with the key derivation of PKCS #12.
 */
import { createDecipheriv, createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { child, childrenOf, damaged, oidText, smallInteger, Tag, type Der } from './der.js';
import { KeyStoreError } from './key-store-error.js';

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const PBMAC1 = '1.2.840.113549.1.5.14';

/** pbeWithSHAAnd…: key length, cipher; those without a cipher are no longer in OpenSSL 3. */
const OLD_SCHEMES: Readonly<Record<string, { readonly key: number; readonly cipher: string }>> = {
  '1.2.840.113549.1.12.1.3': { key: 24, cipher: 'des-ede3-cbc' },
  '1.2.840.113549.1.12.1.4': { key: 16, cipher: 'des-ede-cbc' },
};
const WEAK_SCHEMES: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.12.1.1': '128-bit RC4',
  '1.2.840.113549.1.12.1.2': '40-bit RC4',
  '1.2.840.113549.1.12.1.5': '128-bit RC2',
  '1.2.840.113549.1.12.1.6': '40-bit RC2',
};
const CIPHERS: Readonly<Record<string, { readonly name: string; readonly key: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', key: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', key: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', key: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', key: 24 },
};
const HASHES: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const HMACS: Readonly<Record<string, string>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

/** What a file may ask for before it is called an attack. */
const ITERATIONS_MAX = 10_000_000;
/** Purposes of the PKCS #12 key derivation (RFC 7292 B.3). */
const ID_KEY = 1;
const ID_IV = 2;
const ID_MAC = 3;

/** Decrypts with what the AlgorithmIdentifier says. @throws {KeyStoreError} also for a wrong password. */
export function decrypt(algorithm: Der, encrypted: Buffer, password: string): Buffer {
  const { cipher, key, iv } = parametersOf(algorithm, password);
  try {
    const decipher = createDecipheriv(cipher, key, iv);
    return Buffer.concat([decipher.update(encrypted), decipher.final()]);
  } catch {
    throw new KeyStoreError('cannot be decrypted: the password is wrong, or the file is damaged');
  }
}

interface Parameters {
  readonly cipher: string;
  readonly key: Buffer;
  readonly iv: Buffer;
}

function parametersOf(algorithm: Der, password: string): Parameters {
  const oid = oidText(child(algorithm, 0, Tag.oid));
  const parameters = child(algorithm, 1, Tag.sequence);
  if (oid === PBES2) return pbes2(parameters, password);
  const scheme = OLD_SCHEMES[oid];
  if (scheme === undefined) {
    const weak = WEAK_SCHEMES[oid];
    const what = weak === undefined ? `an unknown scheme (${oid})` : `${weak}, which is broken`;
    throw new KeyStoreError(`is encrypted with ${what}: write it anew with a current keytool`);
  }
  const salt = child(parameters, 0, Tag.octetString).content;
  const iterations = iterationsOf(child(parameters, 1, Tag.integer));
  const derived = (id: number, length: number) =>
    pkcs12Kdf('sha1', bmpPassword(password), salt, id, iterations, length);
  return { cipher: scheme.cipher, key: derived(ID_KEY, scheme.key), iv: derived(ID_IV, 8) };
}

function pbes2(parameters: Der, password: string): Parameters {
  const kdf = child(parameters, 0, Tag.sequence);
  const scheme = child(parameters, 1, Tag.sequence);
  const cipherOid = oidText(child(scheme, 0, Tag.oid));
  const cipher = CIPHERS[cipherOid];
  if (cipher === undefined) throw new KeyStoreError(`is encrypted with ${cipherOid}: unknown`);
  const iv = child(scheme, 1, Tag.octetString).content;
  return { cipher: cipher.name, key: pbkdf2(kdf, password, cipher.key), iv };
}

/** PBKDF2 with the parameters of AlgorithmIdentifier `kdf`; passwords as UTF-8. */
function pbkdf2(kdf: Der, password: string, length: number): Buffer {
  const oid = oidText(child(kdf, 0, Tag.oid));
  if (oid !== PBKDF2) throw new KeyStoreError(`derives its key by ${oid}: unknown`);
  const parts = childrenOf(child(kdf, 1, Tag.sequence));
  const [salt, count, ...rest] = parts;
  if (salt?.tag !== Tag.octetString || count === undefined) throw damaged();
  const prf = rest.find(({ tag }) => tag === Tag.sequence);
  const hash = prf === undefined ? 'sha1' : HMACS[oidText(child(prf, 0, Tag.oid))];
  if (hash === undefined) throw new KeyStoreError('derives its key by an unknown HMAC');
  return pbkdf2Sync(password, salt.content, iterationsOf(count), length, hash);
}

/** Does MacData `mac` of a PKCS #12 file fit its `content`? */
export function macFits(mac: Der, content: Buffer, password: string): boolean {
  const [digestInfo, salt, count] = childrenOf(mac);
  if (digestInfo?.tag !== Tag.sequence || salt?.tag !== Tag.octetString) throw damaged();
  const algorithm = child(digestInfo, 0, Tag.sequence);
  const expected = child(digestInfo, 1, Tag.octetString).content;
  const oid = oidText(child(algorithm, 0, Tag.oid));
  if (oid === PBMAC1) {
    const parameters = child(algorithm, 1, Tag.sequence);
    const hash = HMACS[oidText(child(child(parameters, 1, Tag.sequence), 0, Tag.oid))];
    if (hash === undefined) throw new KeyStoreError('is protected by an unknown HMAC');
    const key = pbkdf2(child(parameters, 0, Tag.sequence), password, expected.length);
    return createHmac(hash, key).update(content).digest().equals(expected);
  }
  const hash = HASHES[oid];
  if (hash === undefined) throw new KeyStoreError(`is protected by hash ${oid}: unknown`);
  const iterations = count === undefined ? 1 : iterationsOf(count);
  // An empty password is written as one terminator, or as nothing at all.
  const passwords = password === '' ? [bmpPassword(''), Buffer.alloc(0)] : [bmpPassword(password)];
  return passwords.some((bytes) => {
    const key = pkcs12Kdf(hash, bytes, salt.content, ID_MAC, iterations, expected.length);
    return createHmac(hash, key).update(content).digest().equals(expected);
  });
}

function iterationsOf(count: Der): number {
  const iterations = smallInteger(count);
  if (iterations < 1 || iterations > ITERATIONS_MAX) throw damaged();
  return iterations;
}

/** UTF-16, big endian, with a terminator. */
function bmpPassword(password: string): Buffer {
  return Buffer.from(`${password}\0`, 'utf16le').swap16();
}

/** RFC 7292, appendix B.2. */
function pkcs12Kdf(
  hash: string,
  password: Buffer,
  salt: Buffer,
  id: number,
  iterations: number,
  length: number,
): Buffer {
  const block = hash === 'sha384' || hash === 'sha512' ? 128 : 64;
  const diversifier = Buffer.alloc(block, id);
  const input = Buffer.concat([fill(salt, block), fill(password, block)]);
  const output: Buffer[] = [];
  for (let made = 0; made < length;) {
    let digest = createHash(hash).update(diversifier).update(input).digest();
    for (let i = 1; i < iterations; i++) digest = createHash(hash).update(digest).digest();
    output.push(digest);
    made += digest.length;
    addToBlocks(input, Buffer.alloc(block, digest), block);
  }
  return Buffer.concat(output).subarray(0, length);
}

/** `bytes` repeated to the next multiple of `block`. */
function fill(bytes: Buffer, block: number): Buffer {
  return bytes.length === 0
    ? bytes
    : Buffer.alloc(block * Math.ceil(bytes.length / block), Uint8Array.from(bytes));
}

/** Each block of `input` := block + `addend` + 1, as one large number. */
function addToBlocks(input: Buffer, addend: Buffer, block: number): void {
  for (let start = 0; start < input.length; start += block) {
    let carry = 1;
    for (let i = block - 1; i >= 0; i--) {
      const sum = input[start + i]! + addend[i]! + carry;
      input[start + i] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}
