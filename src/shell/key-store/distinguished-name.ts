/**
 * The subject of a certificate as text, as Java's `X500Principal.getName()` writes it (RFC 2253;
 * OpenJDK: `AVA.toRFC2253String`): ids of scheme `x509` are such names, so that every character
 * counts. Node's own text of a subject is of another form.
 */
import { child, childrenOf, damaged, oidText, readDer, Tag, type Der } from './der.js';

/** Attributes that RFC 2253 has words for; others are written as numbers, their values in hex. */
const KEYWORDS: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
};
/** Tags of text, and how it is encoded. */
const TEXTS: Readonly<Record<number, 'utf8' | 'latin1' | 'utf16' | 'utf32'>> = {
  0x0c: 'utf8',
  0x13: 'latin1', // PrintableString
  0x14: 'latin1', // TeletexString
  0x16: 'latin1', // IA5String
  0x1b: 'latin1', // GeneralString
  0x1c: 'utf32', // UniversalString
  0x1e: 'utf16', // BMPString
};
const EXPLICIT_VERSION = 0xa0;
const OUTER_SPACES = /^ +| +$/g;

/** The subject of the certificate that `der` is, the most specific part first: `CN=…,OU=…,C=…`. */
export function subjectName(der: Buffer): string {
  const fields = childrenOf(child(readDer(der), 0, Tag.sequence));
  // version (if any), serialNumber, signature, issuer, validity, subject
  const subject = fields[fields[0]?.tag === EXPLICIT_VERSION ? 5 : 4];
  if (subject?.tag !== Tag.sequence) throw damaged();
  return childrenOf(subject)
    .map((part) => childrenOf(part).map(attribute).join('+'))
    .reverse()
    .join(',');
}

function attribute(pair: Der): string {
  const oid = oidText(child(pair, 0, Tag.oid));
  const value = childrenOf(pair)[1];
  if (value === undefined) throw damaged();
  const keyword = KEYWORDS[oid];
  const text = keyword === undefined ? null : textOf(value);
  return text === null
    ? `${keyword ?? oid}=#${value.raw.toString('hex')}`
    : `${keyword}=${escaped(text)}`;
}

function textOf({ tag, content }: Der): string | null {
  switch (TEXTS[tag]) {
    case 'utf8':
      return content.toString('utf8');
    case 'latin1':
      return content.toString('latin1');
    case 'utf16':
      return content.length % 2 === 0 ? Buffer.from(content).swap16().toString('utf16le') : null;
    case 'utf32': {
      const points = Array.from({ length: content.length >> 2 }, (_, i) =>
        content.readUInt32BE(4 * i),
      );
      return points.every((point) => point <= 0x10ffff) ? String.fromCodePoint(...points) : null;
    }
    default:
      return null;
  }
}

/** With a backslash before what has a meaning, and before spaces at either end. */
function escaped(text: string): string {
  return text
    .replace(/[,=+<>#;"\\]/g, '\\$&')
    .replace(OUTER_SPACES, (run) => run.replaceAll(' ', '\\ '));
}
