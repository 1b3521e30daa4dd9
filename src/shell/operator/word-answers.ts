/**
 * The answers to four-letter words, to the letter as Apache's server gives them (package
 * `server.command`): other people's programs take them apart.
 *
 * Deviations: `dump` leaves out ticks at which no session ends; of connections of one kind the
 * older comes first.
 */
import type { ImageDigest } from '../../core/image.js';
import {
  ephemeralsBySession,
  keepsClocks,
  sessionsByEnd,
  sessionsById,
  watchesByConnection,
  watchesByPath,
} from '../../server/queries.js';
import { digestNumber } from '../../tree/digest.js';
import { countNodes } from '../../tree/tree.js';
import { configText } from '../../config/config-text.js';
import { addressesOf, ownPeer } from '../listeners.js';
import type { ConnectionFacts } from '../client-connection.js';
import { wallClock } from '../clock.js';
import { resetMetrics } from '../metrics/server-metrics.js';
import { METRICS_PROVIDERS } from '../../config/operation-settings.js';
import { environment } from './environment.js';
import { folderSize, versionFolder } from './folder-size.js';
import { hex, javaDouble, javaText } from './java-text.js';
import { monitorEntries } from './monitor.js';
import { VERSION, type OperatorView } from './view.js';

const NOT_SERVING = 'This ZooKeeper instance is not currently serving requests';

/** The answer to `word`, which the whitelist allows; `argument`: what came behind it. */
export function answerWord(word: string, argument: Buffer, view: OperatorView): string {
  switch (word) {
    case 'ruok':
      return 'imok';
    case 'envi':
      return lines('Environment:', ...environment().map(([key, value]) => `${key}=${value}`));
    case 'gtmk':
      return view.traceMask.toString();
    case 'stmk':
      view.traceMask = argument.readBigInt64BE(0);
      return view.traceMask.toString();
    case 'isro':
      return !view.isServing ? 'null' : view.mode === 'read-only' ? 'ro' : 'rw';
    case 'hash':
      return view.isServing ? hash(view) : NOT_SERVING;
    default:
      return view.isServing ? answerServing(word, view) : `${NOT_SERVING}\n`;
  }
}

/** Digests of the tree: the last zxids that are multiples of 128. */
function hash({ member }: OperatorView): string {
  const line = (digest: ImageDigest): string =>
    `${digest.zxid.toString(16)}: ${digestNumber(digest)}\n`;
  return member.service.digests.log.map(line).join('');
}

function answerServing(word: string, view: OperatorView): string {
  switch (word) {
    case 'conf':
      return conf(view);
    case 'cons':
      return `${view.connections.map((connection) => `${consLine(connection)}\n`).join('')}\n`;
    case 'crst':
      resetConnections(view);
      return 'Connection stats reset.\n';
    case 'dirs':
      return dirs(view);
    case 'dump':
      return dump(view);
    case 'srvr':
      return `${versionLines(view)}${serverLines(view)}`;
    case 'stat': {
      const clients = view.connections.map((connection) => `${statLine(connection)}\n`).join('');
      return `${versionLines(view)}Clients:\n${clients}\n${serverLines(view)}`;
    }
    case 'srst':
      resetServer(view);
      return 'Server stats reset.\n';
    case 'wchs':
      return wchs(view);
    case 'wchc':
      return `${watchesByConnection(view.member.service)
        .map(({ sessionId, paths }) => lines(`0x${hex(sessionId)}`, ...paths.map(indent)))
        .join('')}\n`;
    case 'wchp':
      return `${watchesByPath(view.member.service)
        .map(([path, ids]) => lines(path, ...ids.map((id) => indent(`0x${hex(id)}`))))
        .join('')}\n`;
    case 'mntr':
      return lines(...monitorEntries(view).map(([key, value]) => `zk_${key}\t${javaText(value)}`));
    default:
      throw new Error(`no four-letter word: ${word}`);
  }
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join('');
}

function indent(text: string): string {
  return `\t${text}`;
}

export function resetConnections({ connections, secureConnections }: OperatorView): void {
  for (const { stats } of [...connections, ...secureConnections]) stats.reset();
}

/** Apache's Prometheus provider keeps what it has counted. */
export function resetServer({ stats, proposals, metrics, config }: OperatorView): void {
  stats.reset();
  proposals.reset();
  if (config.metrics.provider !== METRICS_PROVIDERS.PROMETHEUS) resetMetrics(metrics);
}

function versionLines({ mode }: OperatorView): string {
  const readOnly = mode === 'read-only' ? 'READ-ONLY mode; serving only read-only clients\n' : '';
  return `Zookeeper version: ${VERSION}\n${readOnly}`;
}

function serverLines(view: OperatorView): string {
  const { stats, mode, proposals, member } = view;
  const { min, max } = stats.latency;
  const { tree } = member.service;
  const average = javaDouble(roundedAverage(view));
  const common = lines(
    `Latency min/avg/max: ${min}/${average}/${max}`,
    `Received: ${stats.received}`,
    `Sent: ${stats.sent}`,
    `Connections: ${view.connections.length + view.secureConnections.length}`,
    `Outstanding: ${view.outstanding}`,
    `Zxid: 0x${hex(tree.lastZxid)}`,
    `Mode: ${mode}`,
    `Node count: ${countNodes(tree) + 1}`,
  );
  if (mode !== 'leader') return common;
  const { last, min: least, max: most } = proposals;
  return `${common}Proposal sizes last/min/max: ${last}/${least}/${most}\n`;
}

/** With at most four decimals. */
export function roundedAverage({ stats }: OperatorView): number {
  return Math.round(stats.latency.average * 10_000) / 10_000;
}

function statLine({ stats, client, interest, queued }: ConnectionFacts): string {
  return ` /${client}[${interest}](queued=${queued},recved=${stats.received},sent=${stats.sent})`;
}

function consLine(connection: ConnectionFacts): string {
  const { stats } = connection;
  const brief = statLine(connection);
  if (stats.sessionId === 0n) return brief;
  const { min, average, max } = stats.latency;
  const cxid = stats.lastCxid < 0 ? [] : [`lcxid=0x${hex(stats.lastCxid)}`];
  const more = [
    `sid=0x${hex(stats.sessionId)}`,
    `lop=${stats.lastOperation}`,
    `est=${stats.established}`,
    `to=${stats.timeout}`,
    ...cxid,
    `lzxid=0x${hex(stats.lastZxid)}`,
    `lresp=${stats.lastResponse}`,
    `llat=${stats.lastLatency}`,
    `minlat=${min}`,
    `avglat=${Math.floor(average)}`,
    `maxlat=${max}`,
  ];
  return `${brief.slice(0, -1)},${more.join(',')})`;
}

function conf(view: OperatorView): string {
  const { config } = view;
  const folder = versionFolder(config.dataDir);
  const logFolder = versionFolder(config.dataLogDir);
  const common = lines(
    `clientPort=${config.plainClient ? view.clientPort : -1}`,
    `secureClientPort=${view.secureClientPort}`,
    `dataDir=${folder}`,
    `dataDirSize=${folderSize(folder)}`,
    `dataLogDir=${logFolder}`,
    `dataLogSize=${folderSize(logFolder)}`,
    `tickTime=${config.tickTime}`,
    `maxClientCnxns=${config.maxClientCnxns}`,
    `minSessionTimeout=${config.minSessionTimeout}`,
    `maxSessionTimeout=${config.maxSessionTimeout}`,
    `clientPortListenBacklog=${backlogText(view)}`,
    `serverId=${config.sid}`,
  );
  const own = ownPeer(config);
  if (own === null) return common;
  const ports = (of: 'quorum' | 'election'): string =>
    addressesOf(own, of)
      .map(({ port }) => port)
      .join('|');
  const quorum = lines(
    `initLimit=${config.initLimit}`,
    `syncLimit=${config.syncLimit}`,
    'electionAlg=3',
    `electionPort=${ports('election')}`,
    `quorumPort=${ports('quorum')}`,
    `peerType=${own.role === 'observer' ? 1 : 0}`,
    'membership: ',
  );
  return `${common}${quorum}${configText(config.peers, config.configVersion)}`;
}

/** −1: it is not set. */
export function backlogText({ config }: OperatorView): number {
  return config.listenBacklog;
}

function dirs({ config }: OperatorView): string {
  return lines(
    `datadir_size: ${folderSize(versionFolder(config.dataDir))}`,
    `logdir_size: ${folderSize(versionFolder(config.dataLogDir))}`,
  );
}

function wchs({ member }: OperatorView): string {
  const watches = watchesByConnection(member.service);
  const paths = new Set(watches.flatMap((each) => each.paths));
  const total = watches.reduce((sum, each) => sum + each.paths.length, 0);
  return `${watches.length} connections watching ${paths.size} paths\nTotal watches:${total}\n`;
}

function dump(view: OperatorView): string {
  const { service } = view.member;
  const ephemerals = ephemeralsBySession(service.tree);
  return lines(
    'SessionTracker dump:',
    ...sessionLines(view),
    'ephemeral nodes dump:',
    `Sessions with Ephemerals (${ephemerals.length}):`,
    ...ephemerals.flatMap(([id, paths]) => [`0x${hex(id)}:`, ...paths.map(indent)]),
    'Connections dump:',
    ...connectionLines(view),
  );
}

function sessionLines({ member: { service }, now }: OperatorView): readonly string[] {
  if (!keepsClocks(service)) {
    const sessions = sessionsById(service.tree);
    return [
      `Global Sessions(${sessions.length}):`,
      ...sessions.map(([id, timeout]) => `0x${hex(id)}\t${timeout}ms`),
    ];
  }
  const ends = sessionsByEnd(service);
  const count = ends.reduce((sum, [, ids]) => sum + ids.length, 0);
  return [
    `Session Sets (${ends.length})/(${count}):`,
    ...ends.flatMap(([end, ids]) => [
      `${ids.length} expire at ${javaDate(wallClock() + end - now)}:`,
      ...ids.map((id) => indent(`0x${hex(id)}`)),
    ]),
  ];
}

/** Apache counts what a connection's silence may last in steps of ten seconds. */
const CONNECTION_STEP = 10_000;

function connectionLines({ connections, now }: OperatorView): readonly string[] {
  const ends = new Map<number, string[]>();
  for (const { stats, client } of connections) {
    const from = Math.max(stats.lastResponse, now - (wallClock() - stats.established));
    const end = Math.floor((from + (stats.timeout || CONNECTION_STEP)) / CONNECTION_STEP + 1);
    const text = indent(`ip: /${client} sessionId: 0x${hex(stats.sessionId)}`);
    const of = ends.get(end * CONNECTION_STEP);
    if (of === undefined) ends.set(end * CONNECTION_STEP, [text]);
    else of.push(text);
  }
  return [
    `Connections Sets (${ends.size})/(${connections.length}):`,
    ...[...ends]
      .sort(([a], [b]) => a - b)
      .flatMap(([end, texts]) => [
        `${texts.length} expire at ${javaDate(wallClock() + end - now)}:`,
        ...texts,
      ]),
  ];
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** Java's `Date.toString`: `Mon Nov 23 02:11:05 UTC 2026`. */
function javaDate(ms: number): string {
  const date = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  const zone = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' })
    .formatToParts(date)
    .find(({ type }) => type === 'timeZoneName')?.value;
  const day = `${DAYS[date.getDay()]} ${MONTHS[date.getMonth()]} ${two(date.getDate())}`;
  return `${day} ${time} ${zone ?? 'UTC'} ${date.getFullYear()}`;
}
