/**
 * X.509 certificates for tests, made anew each time: an authority, and whatever it is asked to sign.
 * Written in DER by hand, as `node:crypto` signs but makes no certificates.
 */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const DAY_MS = 86_400_000;

export interface Certified {
  readonly key: KeyObject;
  /** Its own certificate. */
  readonly pem: string;
  /** Key and chain, as a PEM key store. */
  readonly store: string;
}

export interface CertificateOptions {
  /** Attributes by their OID, most general first. */
  readonly subject: readonly (readonly [oid: string, value: string])[];
  /** Days from now. */
  readonly from?: number;
  readonly to?: number;
  /** DNS names and IPv4 addresses; default 127.0.0.1 and localhost. */
  readonly hosts?: readonly string[];
}

export const CN = '2.5.4.3';

/** An authority that signs. */
export class Authority {
  readonly pem: string;
  readonly #key: KeyObject;
  readonly #name: Buffer;

  constructor(name: string) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    this.#key = privateKey;
    this.#name = distinguishedName([[CN, name]]);
    this.pem = this.#certificate(this.#name, privateKey, -1, 2, [
      extension('2.5.29.19', true, sequence(der(0x01, Buffer.of(0xff)))),
      extension('2.5.29.15', true, der(0x03, Buffer.of(2, 0x04))),
    ]);
  }

  sign({
    subject,
    from = -1,
    to = 2,
    hosts = ['127.0.0.1', 'localhost'],
  }: CertificateOptions): Certified {
    const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const names = hosts.map((host) =>
      /^[\d.]+$/.test(host)
        ? der(0x87, Buffer.from(host.split('.').map(Number)))
        : der(0x82, Buffer.from(host)),
    );
    const pem = this.#certificate(distinguishedName(subject), key, from, to, [
      extension('2.5.29.17', false, sequence(...names)),
    ]);
    const store = `${String(key.export({ type: 'pkcs8', format: 'pem' }))}${pem}${this.pem}`;
    return { key, pem, store };
  }

  #certificate(
    subject: Buffer,
    key: KeyObject,
    from: number,
    to: number,
    extensions: readonly Buffer[],
  ): string {
    const algorithm = sequence(oid(ECDSA_SHA256));
    const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
    const serial = randomBytes(8);
    serial[0] = 0x40;
    const id = createHash('sha1').update(publicKey).digest();
    const body = sequence(
      der(0xa0, der(0x02, Buffer.of(2))),
      der(0x02, serial),
      algorithm,
      this.#name,
      sequence(time(from), time(to)),
      subject,
      publicKey,
      der(0xa3, sequence(extension('2.5.29.14', false, der(0x04, id)), ...extensions)),
    );
    const signature = sign('sha256', body, this.#key);
    const whole = sequence(body, algorithm, der(0x03, Buffer.concat([Buffer.of(0), signature])));
    const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
    return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
  }
}

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, 0x80 | bytes.length, ...bytes), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const bytes = [40 * first + second, ...rest].flatMap((number) => {
    const groups = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) groups.unshift(0x80 | (left & 0x7f));
    return groups;
  });
  return der(0x06, Buffer.from(bytes));
}

function distinguishedName(attributes: CertificateOptions['subject']): Buffer {
  return sequence(
    ...attributes.map(([type, value]) =>
      der(0x31, sequence(oid(type), der(0x0c, Buffer.from(value)))),
    ),
  );
}

function time(days: number): Buffer {
  const text = new Date(Date.now() + days * DAY_MS).toISOString().replace(/\D/g, '');
  return der(0x18, Buffer.from(`${text.slice(0, 14)}Z`));
}

function extension(type: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(0x01, Buffer.of(0xff))] : [];
  return sequence(oid(type), ...flag, der(0x04, value));
}
