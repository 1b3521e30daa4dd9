/** How servers are set up for programs: what a program may do, and what comes of it, depends on it. */
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { testJvm } from '../support/apache.js';
import type { ClusterOptions, Kind, Shape } from '../support/cluster.js';
import { testCfg } from '../support/zoo-cfg.js';
import type { Handshake } from './program.js';

export type SettingName =
  'standard' | 'defaults' | 'quotas' | 'auth' | 'local-sessions' | 'local-only' | 'read-only';

export interface Setting {
  readonly what: string;
  /** Of Apache's server. */
  readonly apache: Exclude<Shape, 'start'>;
  readonly zab: readonly Exclude<Shape, 'start'>[];
  /** `key=value`, for both. */
  readonly lines: readonly string[];
  /** `key=value`, which Apache takes from its command line only. */
  readonly properties?: readonly string[];
  /** Users that may log in by SASL. */
  readonly jaas?: string;
  readonly alone?: boolean;
  /** What a handshake has unless the program says something else. */
  readonly handshake?: Handshake;
  /** What the program's first client is before the program begins, so that it may make the root. */
  readonly identity?: string;
}

/** Containers and TTL nodes are collected amid no program. */
const NO_COLLECTION = 'znode.container.checkIntervalMs=2000000000';
/** What reaches the disk is no matter here. */
const ALL = ['forceSync=no'];
const LOCAL = 'localSessionsEnabled=true';
const AUTH = 'org.apache.zookeeper.server.auth';

export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  standard: {
    what: 'TTL nodes may be made',
    apache: 'standalone',
    zab: ['standalone', 'ensemble'],
    lines: ['extendedTypesEnabled=true'],
  },
  defaults: {
    what: 'as Apache ships: no TTL nodes',
    apache: 'standalone',
    zab: ['standalone', 'ensemble'],
    lines: [],
  },
  quotas: {
    what: 'hard limits of quotas are enforced',
    apache: 'standalone',
    zab: ['standalone', 'ensemble'],
    lines: ['extendedTypesEnabled=true', 'enforceQuota=true'],
  },
  auth: {
    what: 'who wants anything must have logged in by SASL or have a digest identity',
    apache: 'standalone',
    zab: ['standalone'],
    lines: [
      `authProvider.sasl=${AUTH}.SASLAuthenticationProvider`,
      'enforce.auth.enabled=true',
      'enforce.auth.schemes=sasl,digest',
    ],
    jaas: `Server { ${AUTH}.DigestLoginModule required user_ann="secret" user_bob="word"; };`,
    identity: 'zoe:begins',
  },
  'local-sessions': {
    what: 'sessions are local until they make an ephemeral; on ensembles',
    apache: 'ensemble',
    zab: ['ensemble'],
    lines: ['extendedTypesEnabled=true', LOCAL, 'localSessionsUpgradingEnabled=true'],
  },
  'local-only': {
    what: 'sessions are local and stay so; on ensembles',
    apache: 'ensemble',
    zab: ['ensemble'],
    lines: ['extendedTypesEnabled=true', LOCAL, 'localSessionsUpgradingEnabled=false'],
  },
  'read-only': {
    what: 'one of three servers alone, which serves those who only read',
    apache: 'ensemble',
    zab: ['ensemble'],
    // Without local sessions such a server begins none.
    lines: ['extendedTypesEnabled=true', LOCAL],
    properties: ['readonlymode.enabled=true'],
    alone: true,
    handshake: { readOnly: true },
  },
};

export const isSetting = (name: string): name is SettingName => name in SETTINGS;

/** Short ticks, so that sessions can time out soon. */
const TIMES = { tickTime: 200, initLimit: 100, syncLimit: 50 };

/** `folder` takes the JAAS file. */
export const clusterOptions = (
  { lines, properties = [], jaas, alone = false }: Setting,
  kind: Kind,
  shape: Exclude<Shape, 'start'>,
  folder: string,
): ClusterOptions => {
  const bare = [NO_COLLECTION, ...properties];
  const users = join(folder, 'jaas.conf');
  const login = jaas === undefined ? [] : [`-Djava.security.auth.login.config=${users}`];
  if (jaas !== undefined) writeFileSync(users, jaas);
  const extra = [...ALL, ...lines, ...(kind === 'zab' ? bare : [])];
  // Apache reads its own under `zookeeper.`, but for the collection and the read-only mode.
  const jvm = [...testJvm, ...bare.map((property) => `-D${property}`), ...login];
  return { kind, shape, alone, cfg: { ...testCfg, ...TIMES, extra }, jvm, args: login };
};
