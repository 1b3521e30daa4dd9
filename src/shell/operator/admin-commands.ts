/**
 * AdminServer's commands as values: the names and fields of Apache's (`Commands`). Those that do
 * something to the disk are in `admin-data.ts`.
 */
import { counterOf, epochOf, zxidToHex } from '../../core/zxid.js';
import { zabStateOf } from '../../core/state.js';
import type { Address } from '../../config/server-config.js';
import {
  ephemeralsBySession,
  isSynced,
  keepsClocks,
  learnersOf,
  sessionsByEnd,
  watchesByConnection,
  watchesByPath,
} from '../../server/queries.js';
import { digestNumber } from '../../tree/digest.js';
import { countNodes } from '../../tree/tree.js';
import { addressText } from '../address.js';
import type { ConnectionFacts } from '../client-connection.js';
import type { BufferStats } from '../client-stats.js';
import { addressesOf, ownPeer } from '../listeners.js';
import { environment, systemProperties } from './environment.js';
import { folderSize, versionFolder } from './folder-size.js';
import { Double, hex, type Json } from './java-text.js';
import { newestSnapshot } from './newest-snapshot.js';
import { monitorEntries } from './monitor.js';
import { VERSION, type OperatorView } from './view.js';
import { resetConnections, resetServer, roundedAverage } from './word-answers.js';

export type Fields = Readonly<Record<string, Json>>;

export interface ReadCommand {
  /** The first is the one that is listed. */
  readonly names: readonly string[];
  /** Also while the server serves nobody. */
  readonly always: boolean;
  readonly run: (view: OperatorView, query: URLSearchParams) => Fields;
}

function command(names: string, run: ReadCommand['run'], always = false): ReadCommand {
  return { names: names.split(' '), run, always };
}

const NOTHING: Fields = {};

export const READ_COMMANDS: readonly ReadCommand[] = [
  command('connection_stat_reset crst', (view) => {
    resetConnections(view);
    return NOTHING;
  }),
  command('configuration conf config', configuration),
  command('connections cons', ({ connections, secureConnections }) => ({
    connections: connections.map(connectionFields),
    secure_connections: secureConnections.map(connectionFields),
  })),
  command('hash', ({ member }) => ({
    digests: member.service.digests.log.map((digest) => ({
      zxid: digest.zxid,
      digest: digestNumber(digest),
      digestVersion: digest.version,
    })),
  })),
  command('dirs', ({ config }) => ({
    datadir_size: folderSize(versionFolder(config.dataDir)),
    logdir_size: folderSize(versionFolder(config.dataLogDir)),
  })),
  command('dump', dump),
  command('environment env envi', () => Object.fromEntries(environment()), true),
  command('get_trace_mask gtmk', ({ traceMask }) => ({ tracemask: traceMask }), true),
  command('initial_configuration icfg', ({ config }) => ({
    initial_configuration: config.initialConfig,
  })),
  command('is_read_only isro', ({ mode }) => ({ read_only: mode === 'read-only' })),
  command('last_snapshot lsnp', ({ config }) => {
    const newest = newestSnapshot(versionFolder(config.dataDir));
    return { zxid: hex(newest?.zxid ?? -1), timestamp: newest?.seconds ?? -1 };
  }),
  command('leader lead', leader),
  command('monitor mntr', (view) => Object.fromEntries(monitorEntries(view))),
  command('observer_connection_stat_reset orst', (view) => {
    view.resetLearners();
    return NOTHING;
  }),
  command('ruok', () => NOTHING),
  command('set_trace_mask stmk', setTraceMask, true),
  command('server_stats srvr', serverStats),
  command('stats stat', (view) => ({
    ...serverStats(view),
    connections: view.connections.map(briefFields),
    secure_connections: view.secureConnections.map(briefFields),
  })),
  command('stat_reset srst', (view) => {
    resetServer(view);
    return NOTHING;
  }),
  command('observers obsr', observers),
  command(
    'system_properties sysp',
    ({ config }) => Object.fromEntries(systemProperties(config)),
    true,
  ),
  command('voting_view', votingView),
  command('watches wchc', ({ member }) => ({
    session_id_to_watched_paths: Object.fromEntries(
      watchesByConnection(member.service).map(({ sessionId, paths }) => [sessionId, paths]),
    ),
  })),
  command('watches_by_path wchp', ({ member }) => ({
    path_to_session_ids: Object.fromEntries(watchesByPath(member.service)),
  })),
  command('watch_summary wchs', watchSummary),
  command('zabstate', zabState, true),
];

function configuration({ config, clientPort }: OperatorView): Fields {
  return {
    client_port: config.plainClient ? clientPort : -1,
    data_dir: versionFolder(config.dataDir),
    data_log_dir: versionFolder(config.dataLogDir),
    tick_time: config.tickTime,
    max_client_cnxns: config.maxClientCnxns,
    min_session_timeout: config.minSessionTimeout,
    max_session_timeout: config.maxSessionTimeout,
    server_id: config.sid,
    client_port_listen_backlog: config.listenBacklog,
  };
}

function briefFields({ stats, client, interest, queued }: ConnectionFacts): Fields {
  return {
    remote_socket_address: client,
    interest_ops: interest,
    outstanding_requests: queued,
    packets_received: stats.received,
    packets_sent: stats.sent,
  };
}

function connectionFields(connection: ConnectionFacts): Fields {
  const { stats } = connection;
  return {
    ...briefFields(connection),
    session_id: stats.sessionId,
    last_operation: stats.lastOperation,
    established: stats.established,
    session_timeout: stats.timeout,
    last_cxid: stats.lastCxid,
    last_zxid: stats.lastZxid,
    last_response_time: stats.lastResponse,
    last_latency: stats.lastLatency,
    min_latency: stats.latency.min,
    avg_latency: Math.floor(stats.latency.average),
    max_latency: stats.latency.max,
  };
}

function dump({ member: { service } }: OperatorView): Fields {
  const ends = keepsClocks(service) ? sessionsByEnd(service) : [];
  return {
    expiry_time_to_session_ids: Object.fromEntries(ends),
    session_id_to_ephemeral_paths: Object.fromEntries(ephemeralsBySession(service.tree)),
  };
}

function leader({ config, member, mode }: OperatorView): Fields {
  if (config.standalone) return { error: 'server is not initialized' };
  const id = member.service.role.leader;
  const peer = config.peers.find(({ sid }) => sid === id);
  return {
    is_leader: mode === 'leader',
    leader_id: id ?? -1,
    leader_ip: peer?.quorum.host ?? '',
  };
}

function setTraceMask(view: OperatorView, query: URLSearchParams): Fields {
  const text = query.get('traceMask');
  const needed = 'setTraceMask requires long traceMask argument';
  if (text === null) return { error: needed };
  if (!/^[+-]?\d{1,19}$/.test(text)) return { error: `${needed}, got ${text}` };
  view.traceMask = BigInt.asIntN(64, BigInt(text.replace('+', '')));
  return { tracemask: view.traceMask };
}

function bufferFields({ last, min, max }: BufferStats): Fields {
  return { last_buffer_size: last, min_buffer_size: min, max_buffer_size: max };
}

function serverStats(view: OperatorView): Fields {
  const { stats, config, member, mode } = view;
  const { tree } = member.service;
  const response = bufferFields(stats.responseSize);
  return {
    version: VERSION,
    read_only: mode === 'read-only',
    server_stats: {
      packets_sent: stats.sent,
      packets_received: stats.received,
      fsync_threshold_exceed_count: view.slowFsyncs,
      client_response_stats: response,
      provider_null: false,
      server_state: mode,
      outstanding_requests: view.outstanding,
      min_latency: stats.latency.min,
      avg_latency: new Double(roundedAverage(view)),
      max_latency: stats.latency.max,
      data_dir_size: folderSize(versionFolder(config.dataDir)),
      log_dir_size: folderSize(versionFolder(config.dataLogDir)),
      last_processed_zxid: tree.lastZxid,
      num_alive_client_connections: view.connections.length + view.secureConnections.length,
      uptime: view.now - view.roleSince,
      auth_failed_count: stats.authFailed,
      non_mtlsremote_conn_count: 0,
      non_mtlslocal_conn_count: 0,
    },
    client_response: response,
    ...(mode === 'leader' ? { proposal_stats: bufferFields(view.proposals) } : {}),
    node_count: countNodes(tree) + 1,
  };
}

function observers(view: OperatorView): Fields {
  const found = learnersOf(view.member).filter((learner) => !learner.voting && isSynced(learner));
  return {
    synced_observers: found.length,
    observers: found.map(({ conn, sid }) => {
      const { address, established, received, sent, queuedBytes } = view.learner(conn);
      return {
        remote_socket_address: `/${address}`,
        sid: sid ?? -1,
        established,
        queued_packets: queuedBytes > 0 ? 1 : 0,
        queued_packets_size: queuedBytes,
        packets_received: received,
        packets_sent: sent,
        requests: 0,
        last_zxid: -1,
      };
    }),
  };
}

function watchSummary({ member }: OperatorView): Fields {
  const watches = watchesByConnection(member.service);
  return {
    num_connections: watches.length,
    num_paths: new Set(watches.flatMap(({ paths }) => paths)).size,
    num_total_watches: watches.reduce((sum, { paths }) => sum + paths.length, 0),
  };
}

function votingView({ config }: OperatorView): Fields {
  const voters = config.peers.filter(({ role }) => role === 'participant');
  return {
    current_config: Object.fromEntries(
      voters.map((peer) => [
        peer.sid,
        {
          server_addresses: addressesOf(peer, 'quorum').map(addressText),
          election_addresses: addressesOf(peer, 'election').map(addressText),
          client_address: clientText(peer.sid === config.sid ? config.client : peer.client),
          learner_type: peer.role,
        },
      ]),
    ),
  };
}

function clientText(address: Address | null): string {
  return address === null ? '' : addressText(address);
}

function zabState(view: OperatorView): Fields {
  const { config, member, mode } = view;
  const own = ownPeer(config);
  if (own === null || !view.isServing) return { voting: false, zabstate: '' };
  const { lastZxid } = member.service.tree;
  return {
    myid: config.sid,
    is_leader: mode === 'leader',
    quorum_address: multipleAddresses(addressesOf(own, 'quorum')),
    election_address: multipleAddresses(addressesOf(own, 'election')),
    client_address: addressText(config.client),
    voting: own.role === 'participant',
    last_zxid: `0x${zxidToHex(lastZxid)}`,
    zab_epoch: epochOf(lastZxid),
    zab_counter: counterOf(lastZxid),
    zabstate: zabStateOf(member.core).toLowerCase(),
  };
}

/** Every property of Apache's `MultipleAddresses`; reachable is what is not looked into here. */
function multipleAddresses(addresses: readonly Address[]): Fields {
  const all = addresses.map(addressText);
  const one = all[0] ?? '';
  return {
    empty: addresses.length === 0,
    all_addresses: all,
    wildcard_addresses: addresses.map(({ port }) => `0.0.0.0:${port}`),
    all_ports: addresses.map(({ port }) => port),
    all_host_strings: addresses.map(({ host }) => host),
    reachable_address: one,
    all_reachable_addresses: all,
    all_reachable_addresses_or_all: all,
    reachable_or_one: one,
    one,
  };
}
