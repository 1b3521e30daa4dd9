/**
 * The four-letter words: plain-text questions of operators, in place of a connection's first
 * length word (Apache: `FourLetterCommands`, package `command`). `ruok`, `srvr`, `stat`, `isro`
 * and `mntr` have answers here; which of them are given is the whitelist's to say, `srvr` alone
 * unless configured.
 */
import { zxidToHex, type Zxid } from '../core/zxid.js';

/** All that Apache knows: a connection that begins with one of them is no client's. */
const WORDS: ReadonlySet<string> = new Set([
  ...['conf', 'cons', 'crst', 'dirs', 'dump', 'envi', 'gtmk', 'hash', 'isro', 'mntr', 'ruok'],
  ...['srst', 'srvr', 'stat', 'stmk', 'wchc', 'wchp', 'wchs'],
]);
const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests\n';

/** What the answers are made of. */
export interface ServerFacts {
  readonly version: string;
  readonly serving: boolean;
  readonly mode: 'standalone' | 'leader' | 'follower' | 'observer';
  readonly zxid: Zxid;
  readonly nodeCount: number;
  readonly connectionCount: number;
  readonly outstanding: number;
  readonly received: number;
  readonly sent: number;
  /** ms. */
  readonly latency: { readonly min: number; readonly avg: number; readonly max: number };
  /** One line for each connection. */
  readonly connections: readonly string[];
}

/** The word that `bytes` (four at least) begin with, or null. */
export function fourLetterWord(bytes: Buffer): string | null {
  const word = bytes.toString('latin1', 0, 4);
  return WORDS.has(word) ? word : null;
}

export function notWhitelisted(word: string): string {
  return `${word} is not executed because it is not in the whitelist.\n`;
}

/** The answer to `word`, which the whitelist allows. */
export function answerWord(word: string, facts: ServerFacts): string {
  if (word === 'ruok') return 'imok';
  if (word === 'isro') return facts.serving ? 'rw' : 'null';
  if (!facts.serving) return NOT_SERVING;
  switch (word) {
    case 'srvr':
      return `Zookeeper version: ${facts.version}\n${summary(facts)}`;
    case 'stat': {
      const clients = facts.connections.map((line) => `${line}\n\n`).join('');
      return `Zookeeper version: ${facts.version}\nClients:\n${clients}\n${summary(facts)}`;
    }
    case 'mntr':
      return monitor(facts);
    default:
      return `${word} is not implemented by this server.\n`;
  }
}

function summary(facts: ServerFacts): string {
  const { min, avg, max } = facts.latency;
  return [
    `Latency min/avg/max: ${min}/${decimal(avg)}/${max}`,
    `Received: ${facts.received}`,
    `Sent: ${facts.sent}`,
    `Connections: ${facts.connectionCount}`,
    `Outstanding: ${facts.outstanding}`,
    `Zxid: 0x${zxidToHex(facts.zxid)}`,
    `Mode: ${facts.mode}`,
    `Node count: ${facts.nodeCount}`,
    '',
  ].join('\n');
}

function monitor(facts: ServerFacts): string {
  const { min, avg, max } = facts.latency;
  const values: Readonly<Record<string, string | number>> = {
    version: facts.version,
    server_state: facts.mode,
    min_latency: min,
    avg_latency: decimal(avg),
    max_latency: max,
    packets_received: facts.received,
    packets_sent: facts.sent,
    num_alive_connections: facts.connectionCount,
    outstanding_requests: facts.outstanding,
    znode_count: facts.nodeCount,
  };
  return Object.entries(values)
    .map(([key, value]) => `zk_${key}\t${value}\n`)
    .join('');
}

/** Java's form of a double with at most four decimals. */
function decimal(value: number): string {
  const rounded = Math.round(value * 10_000) / 10_000;
  return Number.isInteger(rounded) ? rounded.toFixed(1) : String(rounded);
}
