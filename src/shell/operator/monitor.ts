/**
 * What `mntr`, AdminServer's `monitor` and Prometheus' page tell (Apache:
 * `ZooKeeperServer.registerMetrics` and `dumpMonitorValues` of the servers of each role).
 */
import { METRICS_PROVIDERS } from '../../config/operation-settings.js';
import { zabStateOf } from '../../core/state.js';
import {
  countEphemerals,
  isSynced,
  learnersOf,
  pendingSyncs,
  watchCount,
} from '../../server/queries.js';
import { sumOf } from '../../tree/string-map.js';
import { countNodes, type Tree } from '../../tree/tree.js';
import { quotaGauges } from './quota-gauges.js';
import {
  defaultEntries,
  prometheusEntries,
  type Entry,
  type Gauge,
} from '../metrics/exposition.js';
import { processGauges } from '../metrics/process-gauges.js';
import { allMetrics } from '../metrics/server-metrics.js';
import { Double } from './java-text.js';
import { VERSION, type OperatorView } from './view.js';

/** In Apache's order: what the server is, then what its metrics provider has. */
export function monitorEntries(view: OperatorView): readonly Entry[] {
  const { provider } = view.config.metrics;
  const isPrometheus = provider === METRICS_PROVIDERS.PROMETHEUS;
  const head = headEntries(view);
  if (provider === METRICS_PROVIDERS.NONE) return head;
  const metrics = allMetrics(view.metrics);
  const gauges = isPrometheus ? prometheusGauges(view) : view.gauges();
  const dump = isPrometheus ? prometheusEntries : defaultEntries;
  return [...head, ...dump(gauges, metrics)];
}

function headEntries({ mode, member, config }: OperatorView): readonly Entry[] {
  const head: Entry[] = [
    ['version', VERSION],
    ['server_state', mode],
  ];
  if (config.standalone || mode === 'read-only') return head;
  const { peer } = member.core;
  const state = { leader: 'leading', follower: 'following', observer: 'observing' } as const;
  const role = mode === 'standalone' ? 'looking' : state[mode];
  head.push(['peer_state', `${role} - ${zabStateOf(member.core).toLowerCase()}`]);
  if (peer.state === 'OBSERVING') head.push(['observer_master_id', peer.vote.leader]);
  return head;
}

/** Those of the process as well, if they are wanted. */
export function prometheusGauges(view: OperatorView): readonly Gauge[] {
  const { exportJvmInfo } = view.config.metrics;
  return [...view.gauges(), ...(exportJvmInfo ? processGauges() : [])];
}

/** What is worked out of the state when it is asked for. */
export function serverGauges(view: OperatorView, sizes: WeakMap<object, number>): readonly Gauge[] {
  const { stats, member, connections, secureConnections } = view;
  const { service } = member;
  const { responseSize, latency } = stats;
  const { tree } = service;
  const average = Math.round(latency.average * 10_000) / 10_000;
  const values: Readonly<Record<string, number | Double>> = {
    avg_latency: new Double(average),
    max_latency: latency.max,
    min_latency: latency.min,
    packets_received: stats.received,
    packets_sent: stats.sent,
    num_alive_connections: connections.length + secureConnections.length,
    outstanding_requests: view.outstanding,
    uptime: view.now - view.roleSince,
    znode_count: countNodes(tree) + 1,
    watch_count: watchCount(service.watches),
    ephemerals_count: countEphemerals(tree),
    approximate_data_size: dataSize(tree, sizes),
    global_sessions: tree.sessions.size,
    local_sessions: service.apart.sessions.tracked.size,
    ...view.descriptors,
    connection_drop_probability: new Double(0),
    last_client_response_size: responseSize.last,
    max_client_response_size: responseSize.max,
    min_client_response_size: responseSize.min,
    outstanding_tls_handshake: 0,
    auth_failed_count: stats.authFailed,
    non_mtls_remote_conn_count: 0,
    non_mtls_local_conn_count: 0,
    ...roleValues(view),
  };
  const gauges = Object.entries(values).map(([name, value]) => ({ name, samples: [{ value }] }));
  return [...gauges, ...quotaGauges(tree)];
}

/** Paths and data, bytes (Apache: `DataTree.approximateDataSize`). */
function dataSize(tree: Tree, sizes: WeakMap<object, number>): number {
  return sumOf(tree.nodes, (path, { data }) => path.length + (data?.length ?? 0), sizes);
}

function roleValues(view: OperatorView): Readonly<Record<string, number>> {
  const { config, mode, member, proposals, servingSince, now } = view;
  if (config.standalone || mode === 'read-only') return {};
  const quorum_size = config.peers.filter(({ role }) => role === 'participant').length;
  if (mode !== 'leader') return { quorum_size };
  const learners = learnersOf(member);
  const synced = learners.filter(isSynced);
  return {
    quorum_size,
    learners: learners.length,
    synced_followers: synced.filter(({ voting }) => voting).length,
    synced_non_voting_followers: 0,
    synced_observers: synced.filter(({ voting }) => !voting).length,
    pending_syncs: pendingSyncs(member),
    leader_uptime: now - servingSince,
    last_proposal_size: proposals.last,
    max_proposal_size: proposals.max,
    min_proposal_size: proposals.min,
  };
}
