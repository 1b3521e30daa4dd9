/**
 * What `zab inspect` finds in files, as values: one is one line of the output, as text or as JSON.
 * 64-bit numbers are hexadecimal text, as in ZooKeeper's own logs; times are ms since 1970.
 */
import type { Compression } from '../../shell/storage/compression.js';

export interface TxnFinding {
  readonly kind: 'txn';
  readonly file: string;
  /** Of its record, whose checksum is right. */
  readonly offset: number;
  /** Bytes of header, body and digest. */
  readonly length: number;
  readonly zxid: string;
  readonly session: string;
  readonly cxid: number;
  readonly time: number;
  readonly type: string;
  /** What the body says, data by its length only: `{path, dataLength, …}`. */
  readonly body: Readonly<Record<string, unknown>>;
  /** `VERSION/NUMBER`; null: it carries none. */
  readonly digest: string | null;
}

export interface NodeFinding {
  readonly kind: 'node';
  readonly file: string;
  readonly path: string;
  /** Bytes; null: no data, which is not the same as empty. */
  readonly dataLength: number | null;
  readonly acl: readonly string[];
  readonly stat: Readonly<Record<string, string | number>>;
  /** `ephemeral SESSION`, `container`, `ttl MS`; null: a plain one. */
  readonly owner: string | null;
}

export type Finding =
  | {
      readonly kind: 'log';
      readonly file: string;
      readonly size: number;
      readonly version: number;
      readonly dbid: string;
    }
  | TxnFinding
  | {
      readonly kind: 'snapshot';
      readonly file: string;
      readonly size: number;
      readonly compression: Compression;
      readonly sessions: number;
      readonly nodes: number;
      /** The last transaction that it includes, as the file itself says; null: it does not say. */
      readonly lastZxid: string | null;
    }
  | {
      readonly kind: 'session';
      readonly file: string;
      readonly session: string;
      readonly timeout: number;
      readonly ephemerals: number;
    }
  | NodeFinding
  | {
      readonly kind: 'digest';
      readonly file: string;
      /** The transaction after which the tree is said to have it. */
      readonly zxid: string;
      readonly stated: string;
      readonly actual: string;
      /** null: it is of another zxid than the snapshot, or of another version. */
      readonly matches: boolean | null;
    }
  | { readonly kind: 'epoch'; readonly file: string; readonly epoch: number }
  /** Nothing is wrong with it, but it is worth knowing. */
  | { readonly kind: 'note'; readonly file: string; readonly note: string }
  /** Something is wrong. `offset`: where; null: with the whole. */
  | {
      readonly kind: 'damage';
      readonly file: string;
      readonly offset: number | null;
      readonly reason: string;
    }
  | {
      readonly kind: 'end';
      readonly file: string;
      /** Of a log: how many transactions, from which to which. */
      readonly txns: number | null;
      readonly first: string | null;
      readonly last: string | null;
      readonly damaged: boolean;
    };

export function hex(value: bigint | number): string {
  return `0x${BigInt.asUintN(64, BigInt(value)).toString(16)}`;
}

/** One line for people. */
export function textOf(finding: Finding): string {
  switch (finding.kind) {
    case 'log':
      return `log ${finding.file}: version ${finding.version}, dbid ${finding.dbid}, ${finding.size} bytes`;
    case 'txn':
      return txnText(finding);
    case 'snapshot': {
      const { file, size, compression, sessions, nodes, lastZxid } = finding;
      const how = compression === 'none' ? '' : `, ${compression}`;
      const last = lastZxid === null ? 'no last zxid' : `last zxid ${lastZxid}`;
      return `snapshot ${file}: ${size} bytes${how}, ${last}, ${sessions} sessions, ${nodes} nodes`;
    }
    case 'session': {
      const { session, timeout, ephemerals } = finding;
      return `  session ${session} timeout ${timeout} ms, ${ephemerals} ephemerals`;
    }
    case 'node':
      return nodeText(finding);
    case 'digest': {
      const { zxid, stated, actual, matches } = finding;
      const verdict = matches === null ? 'not comparable' : matches ? 'matches' : 'DOES NOT MATCH';
      return `  digest after ${zxid}: ${stated}, of these nodes: ${actual}: ${verdict}`;
    }
    case 'epoch':
      return `epoch ${finding.file}: ${finding.epoch}`;
    case 'note':
      return `note ${finding.file}: ${finding.note}`;
    case 'damage': {
      const at = finding.offset === null ? '' : ` at offset ${finding.offset}`;
      return `DAMAGED ${finding.file}${at}: ${finding.reason}`;
    }
    case 'end':
      return endText(finding);
    default: {
      const never: never = finding;
      throw new Error(`unreachable: ${JSON.stringify(never)}`);
    }
  }
}

function txnText({ offset, length, zxid, session, cxid, time, type, body, digest }: TxnFinding) {
  const when = Number.isFinite(new Date(time).getTime()) ? new Date(time).toISOString() : time;
  const facts = Object.entries(body).map(([name, value]) => `${name}=${plain(value)}`);
  const parts = [`session ${session}`, `cxid ${hex(cxid >>> 0)}`, type, ...facts];
  const check = digest === null ? '' : `, digest ${digest}`;
  return `  ${zxid} ${when} ${parts.join(' ')} (${length} bytes at ${offset}, crc ok${check})`;
}

function plain(value: unknown): string {
  return typeof value === 'string' && !/[\s"\u0000-\u001f]/.test(value)
    ? value
    : JSON.stringify(value);
}

function nodeText({ path, dataLength, acl, stat, owner }: NodeFinding): string {
  const facts = Object.entries(stat).map(([name, value]) => `${name}=${value}`);
  const data = dataLength === null ? 'no data' : `${dataLength} bytes`;
  const kind = owner === null ? '' : ` [${owner}]`;
  return `  ${plain(path)}${kind} ${data} ${facts.join(' ')} acl=${acl.join(',')}`;
}

function endText({ file, txns, first, last, damaged }: Finding & { readonly kind: 'end' }): string {
  const range = txns === null ? '' : txns === 0 ? ': no transactions' : `: ${txns} transactions`;
  const zxids = first === null || last === null ? '' : `, ${first} to ${last}`;
  return `${damaged ? 'damaged' : 'ok'} ${file}${range}${zxids}`;
}
