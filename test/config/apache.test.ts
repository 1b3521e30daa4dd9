/** zoo.cfg files as Apache's QuorumPeerConfig reads them: refused or not, and the values. About 5 s. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ConfigError, loadConfig, type ServerConfig } from '../../src/config/index.js';
import { apacheJars } from '../support/apache.js';
import { projectRoot, provision, run } from '../support/provision.js';
import { dropFolder, makeFolder } from '../support/server-process.js';

const BASE = ['dataDir=DIR', 'clientPort=2181'];
const LIMITS = ['initLimit=5', 'syncLimit=2'];
const THREE = [1, 2, 3].map((sid) => `server.${sid}=127.0.0.1:${sid}1:${sid}2`);
const ENSEMBLE = [...BASE, ...LIMITS, ...THREE];
const AUTH = 'quorum.auth';

/**
 * Each a file; `myid` is 2. Refused here and not there, so not among them: a secureClientPort without a
 * key store, which Apache finds out later; SASL between servers, which is not there.
 */
const FILES: readonly (readonly string[])[] = [
  BASE,
  ['clientPort=2181'],
  [...BASE, 'tickTime=100', 'maxSessionTimeout=9000', 'clientPortListenBacklog=7'],
  [...BASE, 'tickTime=ten'],
  [...BASE, 'tickTime=0'],
  [...BASE, 'minSessionTimeout=10', 'maxSessionTimeout=5'],
  [...BASE, 'minSessionTimeout=-1', 'maxSessionTimeout=-1'],
  [...BASE, 'maxClientCnxns=0', 'autopurge.snapRetainCount=1', 'autopurge.purgeInterval=12'],
  [...BASE, 'autopurge.purgeInterval=12h'],
  [...BASE, 'electionAlg=1'],
  [...BASE, 'electionAlg=3'],
  [...BASE, 'peerType=boss'],
  [...BASE, 'peerType=Observer'],
  [...BASE, 'localSessionsEnabled=TRUE', 'sslQuorum=false', 'quorumListenOnAllIPs=true'],
  [...BASE, 'localSessionsEnabled=yes'],
  [...BASE, 'reconfigEnabled=1'],
  [...BASE, 'secureClientPortAddress=127.0.0.1'],
  ['dataDir=DIR', 'clientPortAddress=127.0.0.1'],
  [...BASE, 'clientPortAddress=127.0.0.1', 'no.such.key=1'],
  [...BASE, 'metricsProvider.className=no.such.Class'],
  [...BASE, 'metricsProvider.className=org.apache.zookeeper.metrics.impl.NullMetricsProvider'],
  [...BASE, `${AUTH}.serverRequireSasl=true`],
  [...BASE, `${AUTH}.enableSasl=true`, `${AUTH}.serverRequireSasl=true`],
  ENSEMBLE,
  [...ENSEMBLE, 'server.4=127.0.0.1:41:42:observer'],
  [...BASE, ...THREE],
  [...BASE, 'initLimit=5', ...THREE],
  [...ENSEMBLE, 'server.4=127.0.0.1:41'],
  [...ENSEMBLE, 'server.4=127.0.0.1:41:41'],
  [...ENSEMBLE, 'server.4=127.0.0.1:x:42'],
  [...ENSEMBLE, 'server.4=127.0.0.1:41:42:boss'],
  [...ENSEMBLE, 'server.x=127.0.0.1:41:42'],
  [...ENSEMBLE, 'server.4=127.0.0.1:41:42;2184;2284'],
  [...ENSEMBLE, 'server.4=127.0.0.1:41:42|127.0.0.1:51:52'],
  [...BASE, ...LIMITS, 'server.1=127.0.0.1:1:2:observer'],
  [...BASE, ...LIMITS, 'server.2=127.0.0.1:1:2'],
  [...BASE, ...LIMITS, 'server.2=127.0.0.1:1:2', 'standaloneEnabled=false'],
  [...BASE, 'server.2=127.0.0.1:1:2', 'server.3=127.0.0.1:3:4:observer'],
  ['dataDir=DIR', ...LIMITS, 'server.1=127.0.0.1:1:2', 'server.2=127.0.0.1:3:4;2182'],
  [...BASE, ...LIMITS, 'server.1=127.0.0.1:1:2', 'server.2=127.0.0.1:3:4;2182'],
  [...ENSEMBLE, 'dynamicConfigFile=DIR/dynamic'],
  [...BASE, ...LIMITS, 'dynamicConfigFile=DIR/dynamic'],
  [...BASE, ...LIMITS, 'dynamicConfigFile=DIR/wrong'],
  [...BASE, ...LIMITS, 'dynamicConfigFile=DIR/nowhere'],
];

const folder = makeFolder('zab-config-apache-');
after(() => dropFolder(folder));

const write = (): readonly string[] => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'myid'), '2\n');
  writeFileSync(join(folder, 'dynamic'), THREE.join('\n'));
  writeFileSync(join(folder, 'wrong'), [...THREE, 'tickTime=5'].join('\n'));
  return FILES.map((lines, i) => {
    const file = join(folder, `${i}.cfg`);
    writeFileSync(file, lines.join('\n').replaceAll('DIR', folder));
    return file;
  });
};

const apache = async (files: readonly string[]): Promise<readonly string[]> => {
  const source = join(projectRoot, 'test', 'config', 'java', 'ConfigProbe.java');
  const jars = join(await apacheJars(), '*');
  const purpose = "Apache's reader of zoo.cfg";
  const classes = await provision(
    'config-probe',
    readFileSync(source, 'utf8') + jars,
    async (into) => {
      await run('javac', ['-cp', jars, '-d', into, source], { purpose });
    },
  );
  const path = `${classes}:${jars}`;
  const said = await run(
    'java',
    ['-XX:TieredStopAtLevel=1', '-cp', path, 'ConfigProbe', ...files],
    {
      purpose,
    },
  );
  return said.trim().split('\n');
};

const lineOf = (config: ServerConfig): string =>
  [
    config.plainClient ? config.client.port : '-',
    config.secureClient?.port ?? '-',
    ...[config.tickTime, config.minSessionTimeout, config.maxSessionTimeout],
    ...[config.initLimit, config.syncLimit, config.maxClientCnxns, config.listenBacklog],
    Math.max(3, config.autopurge.snapRetainCount),
    config.autopurge.purgeInterval,
    !config.standalone,
    config.features.localSessionsEnabled,
    config.security.sslQuorum,
    config.quorumListenOnAllIPs,
    config.features.reconfigEnabled,
  ].join(' ');

const ours = (file: string): string => {
  try {
    return lineOf(loadConfig(file).config);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return 'refused';
  }
};

test('every file is read, or refused, as Apache does', async () => {
  const files = write();
  const theirs = await apache(files);
  assert.equal(theirs.length, files.length);
  const differences = files.flatMap((file, i) => {
    // How many servers there are: of a single one Apache keeps the line.
    const expected = (theirs[i] ?? '').replace(/(?<= \S+) \d+$/, '');
    const actual = ours(file);
    return actual === expected ? [] : [{ lines: FILES[i], expected, actual }];
  });
  assert.deepEqual(differences, []);
});
