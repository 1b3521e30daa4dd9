/** How zkCli.sh prints values: stats, dates, permissions, identities, hex dumps. */
import { Buffer } from 'node:buffer';
import { Perms, type Acl, type Data, type Stat } from '../../../client/index.js';

/** `Long.toHexString`: two's complement, no leading zeros. */
export function hex(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16);
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function zoneName(date: Date): string {
  for (const locale of ['en-US', 'en-GB']) {
    const parts = new Intl.DateTimeFormat(locale, { timeZoneName: 'short' }).formatToParts(date);
    const name = parts.find((part) => part.type === 'timeZoneName')?.value;
    if (name !== undefined && !/^GMT[+-]/.test(name)) return name;
  }
  return 'UTC';
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Java's `Date.toString`: `Mon Nov 23 01:53:00 UTC 2026`. */
export function javaDate(ms: bigint): string {
  const date = new Date(Number(ms));
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const day = `${DAYS[date.getDay()] ?? ''} ${MONTHS[date.getMonth()] ?? ''} ${two(date.getDate())}`;
  return `${day} ${time} ${zoneName(date)} ${date.getFullYear()}`;
}

/** The lines of `-s`. */
export function statLines(stat: Stat): readonly string[] {
  return [
    `cZxid = 0x${hex(stat.czxid)}`,
    `ctime = ${javaDate(stat.ctime)}`,
    `mZxid = 0x${hex(stat.mzxid)}`,
    `mtime = ${javaDate(stat.mtime)}`,
    `pZxid = 0x${hex(stat.pzxid)}`,
    `cversion = ${stat.cversion}`,
    `dataVersion = ${stat.version}`,
    `aclVersion = ${stat.aversion}`,
    `ephemeralOwner = 0x${hex(stat.ephemeralOwner)}`,
    `dataLength = ${stat.dataLength}`,
    `numChildren = ${stat.numChildren}`,
  ];
}

/** `cdrwa`, in Apache's order. */
export function permString(perms: number): string {
  const letters = [
    [Perms.CREATE, 'c'],
    [Perms.DELETE, 'd'],
    [Perms.READ, 'r'],
    [Perms.WRITE, 'w'],
    [Perms.ADMIN, 'a'],
  ] as const;
  return letters.map(([bit, letter]) => ((perms & bit) === 0 ? '' : letter)).join('');
}

/** Jute's text form of a string: what would end the field is escaped. */
function juteText(text: string): string {
  return text.replace(/[\0\n\r,}%]/g, (c) => {
    const code = c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
    return `%${code}`;
  });
}

/** The two lines of one ACL entry: jute's text form of the id ends with a line break. */
export function aclLines({ scheme, id, perms }: Acl): readonly string[] {
  return [`'${juteText(scheme)},'${juteText(id)}`, `: ${permString(perms)}`];
}

/** The data as text: no data is the word null. */
export function dataText(data: Data): string {
  return data === null ? 'null' : data.toString('utf8');
}

const RULE = '+-------------------------------------------------+';
const HEADER = '|  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |';

/** Netty's `prettyHexDump`. */
export function hexDump(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const rows: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Buffer.from(bytes.subarray(at, at + 16));
    const cells = [...row].map((byte) => ` ${byte.toString(16).padStart(2, '0')}`).join('');
    const text = [...row]
      .map((b) => (b > 0x1f && b < 0x7f ? String.fromCharCode(b) : '.'))
      .join('');
    const offset = at.toString(16).padStart(8, '0');
    rows.push(`|${offset}|${cells.padEnd(48)} |${text.padEnd(16)}|`);
  }
  return [
    `         ${RULE}`,
    `         ${HEADER}`,
    `+--------${RULE}----------------+`,
    ...rows,
    `+--------${RULE}----------------+`,
  ].join('\n');
}
