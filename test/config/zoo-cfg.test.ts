import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseZooCfg, type ParsedConfig } from '../../src/config/zoo-cfg.js';
import type { ServerConfig } from '../../src/config/server-config.js';
import { propertiesOfEnvironment } from '../../src/config/system-properties.js';

const THREE = ['server.1=a:2888:3888', 'server.2=b:2888:3888', 'server.3=c:2888:3888'];

function parse(lines: readonly string[], myid: string | null = '2', dynamic = ''): ParsedConfig {
  return parseZooCfg(lines.join('\n'), 'zoo.cfg', {
    myid: () => myid,
    dynamicConfig: (path) => (path === 'zoo.cfg.dynamic' ? dynamic : null),
  });
}

function good(lines: readonly string[], myid?: string | null, dynamic?: string): ServerConfig {
  const { config, problems } = parse(lines, myid, dynamic);
  assert.deepEqual(problems, []);
  assert.ok(config !== null);
  return config;
}

test('a standalone server: what is not said is as Apache has it', () => {
  const config = good(['dataDir=/d', 'clientPort=2181'], null);
  assert.equal(config.standalone, true);
  assert.deepEqual(config.peers, []);
  assert.deepEqual(config.client, { host: '0.0.0.0', port: 2181 });
  assert.equal(config.dataLogDir, '/d');
  assert.equal(config.tickTime, 3000);
  assert.equal(config.minSessionTimeout, 6000);
  assert.equal(config.maxSessionTimeout, 60_000);
  assert.equal(config.maxClientCnxns, 60);
  assert.equal(config.juteMaxBuffer, 0xfffff);
  assert.equal(config.snapCount, 100_000);
  assert.deepEqual(config.fourLetterWords, new Set(['srvr']));
  assert.equal(config.forceSync, true);
});

test('an ensemble: this server is the one that myid names', () => {
  const config = good([
    ...['dataDir=/d', 'dataLogDir=/l', 'clientPort=0', 'clientPortAddress=127.0.0.1'],
    ...['tickTime=2000', 'initLimit=10', 'syncLimit=5', 'snapCount=1', 'forceSync=no'],
    ...['4lw.commands.whitelist=ruok, stat', ...THREE],
    'server.4=[::1]:2888:3888:observer;[::1]:2181',
  ]);
  assert.equal(config.sid, 2);
  assert.equal(config.standalone, false);
  assert.equal(config.dataLogDir, '/l');
  assert.deepEqual(config.client, { host: '127.0.0.1', port: 0 });
  assert.equal(config.snapCount, 2);
  assert.equal(config.forceSync, false);
  assert.deepEqual(config.fourLetterWords, new Set(['ruok', 'stat', 'srvr']));
  assert.deepEqual(config.peers[0], {
    sid: 1,
    quorum: { host: 'a', port: 2888 },
    election: { host: 'a', port: 3888 },
    role: 'participant',
    client: null,
  });
  assert.deepEqual(config.peers[3], {
    sid: 4,
    quorum: { host: '::1', port: 2888 },
    election: { host: '::1', port: 3888 },
    role: 'observer',
    client: { host: '::1', port: 2181 },
  });
});

test('the client port may stand in the server line', () => {
  const peers = ['server.1=a:1:2;2181', 'server.2=b:1:2:participant;h:2182', 'server.3=c:1:2'];
  const config = good(['dataDir=/d', 'initLimit=5', 'syncLimit=2', ...peers]);
  assert.deepEqual(config.client, { host: 'h', port: 2182 });
});

test('a dynamic configuration file is read too', () => {
  const lines = ['dataDir=/d', 'initLimit=5', 'syncLimit=2', 'dynamicConfigFile=zoo.cfg.dynamic'];
  const dynamic = 'server.1=a:1:2:participant;2181\nserver.2=b:1:2;2182\nversion=100000000';
  const config = good(lines, '1', dynamic);
  assert.equal(config.peers.length, 2);
  assert.deepEqual(config.client, { host: '0.0.0.0', port: 2181 });
  assert.equal(config.configVersion, 0x100000000);
});

test('the version of a dynamic file stands in it, or at the end of its name', () => {
  const lines = ['dataDir=/d', 'initLimit=5', 'syncLimit=2', 'dynamicConfigFile=zoo.cfg.dynamic'];
  const servers = 'server.1=a:1:2:participant;2181\nserver.2=b:1:2;2182\n';
  assert.equal(good(lines, '1', servers).configVersion, 0);
  const { problems } = parse(lines, '1', `${servers}version=next`);
  assert.deepEqual(problems, ["zoo.cfg.dynamic:3: version: 'next' is no hexadecimal version"]);
  const around = { myid: () => '1', dynamicConfig: () => `${servers}version=5` };
  const text = lines.map((line) => `${line}.10000001f`).slice(-1);
  const { config } = parseZooCfg([...lines.slice(0, -1), ...text].join('\n'), 'zoo.cfg', around);
  assert.equal(config?.configVersion, 0x10000001f);
});

test('nothing else than servers stands in a dynamic file', () => {
  const lines = ['dataDir=/d', 'initLimit=5', 'syncLimit=2', 'dynamicConfigFile=zoo.cfg.dynamic'];
  const { problems } = parse([...lines, 'clientPort=1'], '1', 'server.1=a:1:2\ntickTime=5');
  assert.deepEqual(problems, [
    'zoo.cfg.dynamic:2: tickTime: does not belong into a dynamic configuration file',
  ]);
});

test('one server line alone is a standalone server, unless standaloneEnabled is false', () => {
  const lines = ['dataDir=/d', 'clientPort=1', 'initLimit=5', 'syncLimit=2', 'server.7=a:1:2'];
  assert.equal(good(lines, null).standalone, true);
  const config = good([...lines, 'standaloneEnabled=false'], '7');
  assert.equal(config.standalone, false);
  assert.equal(config.sid, 7);
});

test('an unknown key is kept, with a warning that names its line', () => {
  const { config, warnings } = parse(['dataDir=/d', 'clientPort=1', 'snapcount=5']);
  assert.deepEqual(warnings, ['zoo.cfg:3: snapcount: unknown key, has no effect']);
  assert.deepEqual(config?.properties, { 'zookeeper.snapcount': '5' });
});

test('a key of the Java server alone is held to what it must be, and kept without a word', () => {
  const { config, warnings } = parse([
    ...['dataDir=/d', 'clientPort=1', 'jvm.pause.monitor=true', 'nio.numWorkerThreads=4'],
    ...['metricsProvider.numWorkerThreads=0', 'metricsProvider.anything=7'],
  ]);
  assert.deepEqual(warnings, []);
  assert.equal(config?.java.jvmPauseMonitor, true);
  assert.equal(config?.java.nioWorkerThreads, 4);
  assert.equal(config?.metrics.numWorkerThreads, 0);
  assert.deepEqual(config?.properties, { 'zookeeper.nio.numWorkerThreads': '4' });
});

test('every group of settings is read from its keys', () => {
  const config = good([
    ...['dataDir=/d', 'clientPort=1', 'secureClientPort=2', 'secureClientPortAddress=h'],
    ...['admin.serverPort=0', 'admin.serverAddress=127.0.0.1', 'admin.enableServer=FALSE'],
    'metricsProvider.className=org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider',
    ...['metricsProvider.httpPort=7001', 'audit.enable=true', 'autopurge.snapRetainCount=5'],
    ...['autopurge.purgeInterval=24', 'txnLogSizeLimitInKb=128', 'extendedTypesEnabled=true'],
    ...['skipACL=yes', 'requestThrottleLimit=3', 'request_throttle_stall_time=7'],
    ...['connection_throttle_drop_increase=.5', 'observerMasterPort=9', 'tcpKeepAlive=true'],
    ...['quorum.auth.enableSasl=false', 'sslQuorum=true', 'ssl.keyStore.location=/k.pem'],
    ...['ssl.trustStore.location=/t.p12', 'ssl.quorum.keyStore.location=/q.jks'],
    ...['ssl.quorum.clientAuth=want', 'ssl.enabledProtocols=TLSv1.2, TLSv1.3'],
    ...['authProvider.1=x.Sasl', 'authProvider.x509=x.X509', 'jute.maxbuffer=2048'],
  ]);
  assert.deepEqual(config.secureClient, { host: 'h', port: 2 });
  assert.equal(config.plainClient, true);
  const { admin, metrics, audit, autopurge, disk, features, limits } = config;
  assert.deepEqual([admin.enabled, admin.port, admin.host], [false, 0, '127.0.0.1']);
  assert.match(metrics.provider, /Prometheus/);
  assert.equal(metrics.port, 7001);
  assert.equal(audit.enabled, true);
  assert.deepEqual(autopurge, { snapRetainCount: 5, purgeInterval: 24 });
  assert.equal(disk.txnLogSizeLimitInKb, 128);
  assert.deepEqual([features.extendedTypesEnabled, features.skipAcl], [true, true]);
  assert.deepEqual([limits.requestThrottleLimit, limits.requestThrottleStallTime], [3, 7]);
  assert.equal(limits.connectionDropIncrease, 0.5);
  assert.deepEqual([config.quorum.observerMasterPort, config.quorum.tcpKeepAlive], [9, true]);
  assert.equal(config.quorumAuth.enableSasl, false);
  assert.equal(config.security.sslQuorum, true);
  assert.equal(config.clientTls.keyStoreLocation, '/k.pem');
  assert.equal(config.clientTls.clientAuth, 'need');
  assert.equal(config.quorumTls.clientAuth, 'want');
  assert.deepEqual(config.clientTls.enabledProtocols, ['TLSv1.2', 'TLSv1.3']);
  assert.deepEqual(config.authProviders, { 1: 'x.Sasl', x509: 'x.X509' });
  assert.equal(config.properties['jute.maxbuffer'], '2048');
  assert.equal(config.properties['zookeeper.skipACL'], 'yes');
  assert.equal(config.properties['zookeeper.secureClientPort'], undefined);
  assert.match(config.initialConfig, /^dataDir=\/d\n/);
});

test('without a plain port the secure one is where clients connect', () => {
  const stores = ['ssl.keyStore.location=/k.pem', 'ssl.trustStore.location=/t.pem'];
  const config = good(['dataDir=/d', 'secureClientPort=2281', ...stores]);
  assert.deepEqual(config.client, { host: '0.0.0.0', port: 2281 });
  assert.equal(config.plainClient, false);
});

test('-D properties count for what Apache reads as properties, and behind the file', () => {
  const system = {
    'zookeeper.snapCount': '50',
    'zookeeper.commitLogCount': '60',
    'zookeeper.tickTime': '1',
    'readonlymode.enabled': 'true',
    'user.name': 'me',
  };
  const text = 'dataDir=/d\nclientPort=1\ncommitLogCount=70';
  const around = { myid: () => null, dynamicConfig: () => null };
  const { config, problems, warnings } = parseZooCfg(text, 'zoo.cfg', around, system);
  assert.deepEqual([problems, warnings], [[], []]);
  assert.equal(config?.snapCount, 50);
  assert.equal(config?.commitLogCount, 70);
  assert.equal(config?.tickTime, 3000);
  assert.equal(config?.features.readOnlyMode, true);
  assert.equal(config?.properties['user.name'], 'me');
  const wrong = parseZooCfg(text, 'zoo.cfg', around, { 'zookeeper.snapCount': 'x' });
  assert.deepEqual(wrong.problems, [
    "-Dzookeeper.snapCount: snapCount: 'x' is not a whole number of at least 0",
  ]);
});

test('the environment gives properties as zkServer.sh would', () => {
  const env = {
    JVMFLAGS: '-Xmx1g -Da=1 -Db',
    SERVER_JVMFLAGS: ' -Da=2  -Dc=x=y',
    ZOO_DATADIR_AUTOCREATE_DISABLE: '1',
  };
  assert.deepEqual(propertiesOfEnvironment(env), {
    ...{ a: '2', b: '', c: 'x=y' },
    'zookeeper.datadir.autocreate': 'false',
  });
  assert.deepEqual(propertiesOfEnvironment({}), {});
});

test('a server with several addresses, if that is switched on', () => {
  const lines = ['dataDir=/d', 'clientPort=1', 'initLimit=5', 'syncLimit=2'];
  const peers = ['server.1=a:1:2|b:3:4:observer', 'server.2=c:1:2', 'server.3=d:1:2'];
  const config = good([...lines, ...peers, 'multiAddress.enabled=true']);
  assert.deepEqual(config.peers[0]?.quorum, { host: 'a', port: 1 });
  assert.equal(config.peers[0]?.role, 'observer');
  assert.deepEqual(config.peers[0]?.others, [
    { quorum: { host: 'b', port: 3 }, election: { host: 'b', port: 4 } },
  ]);
  assert.deepEqual(parse([...lines, ...peers]).problems, [
    'zoo.cfg:5: server.1: more than one address, and multiAddress.enabled is not true',
  ]);
});

test('a role that two places tell apart is a warning, and the server line counts', () => {
  const common = ['dataDir=/d', 'clientPort=1', 'initLimit=5', 'syncLimit=2', ...THREE];
  const { warnings } = parse([...common, 'peerType=observer']);
  assert.deepEqual(warnings, [
    'peerType observer does not match server.2, which says participant: that counts',
  ]);
});

const common = ['dataDir=/d', 'clientPort=1'];
const limits = ['initLimit=5', 'syncLimit=2'];
const faults: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['nothing at all', [], ['zoo.cfg: dataDir is not set', 'zoo.cfg: clientPort is not set']],
  [
    'numbers',
    ['dataDir=/d', 'clientPort=70000', 'tickTime=0', 'initLimit=ten'],
    [
      "zoo.cfg:2: clientPort: '70000' is not a whole number from 0 to 65535",
      "zoo.cfg:3: tickTime: '0' is not a whole number of at least 1",
      "zoo.cfg:4: initLimit: 'ten' is not a whole number of at least 0",
    ],
  ],
  [
    'a truth value',
    [...common, 'reconfigEnabled=yes'],
    ["zoo.cfg:3: reconfigEnabled: 'yes' is not 'true' or 'false'"],
  ],
  [
    'a server line',
    [...common, 'server.1=a:1', 'server.x=a:1:2', 'server.3=a:1:1', 'server.4=a:1:2:boss'],
    [
      "zoo.cfg:3: server.1: 'a:1' does not have the form " +
        'host:quorumPort:electionPort[:role][;[host:]clientPort]',
      "zoo.cfg:4: server.x: server id 'x' is not a whole number from 0 to 255",
      "zoo.cfg:5: server.3: 'a:1:1': quorum port and election port must differ",
      "zoo.cfg:6: server.4: role 'boss' is not 'participant' or 'observer'",
    ],
  ],
  [
    'a port in a server line',
    [...common, 'server.1=a:x:2', 'server.2=a:1:y', 'server.3=a:1:2;z'],
    [
      "zoo.cfg:3: server.1: quorum port 'x' is not a whole number from 0 to 65535",
      "zoo.cfg:4: server.2: election port 'y' is not a whole number from 0 to 65535",
      "zoo.cfg:5: server.3: client port 'z' is not a whole number from 0 to 65535",
    ],
  ],
  [
    'limits of an ensemble',
    [...common, ...THREE],
    ['zoo.cfg: initLimit is not set', 'zoo.cfg: syncLimit is not set'],
  ],
  [
    'session timeouts',
    [...common, 'minSessionTimeout=10', 'maxSessionTimeout=5'],
    ['zoo.cfg: minSessionTimeout must not be larger than maxSessionTimeout'],
  ],
  [
    'what would make quorums other ones',
    [...common, 'group.1=1:2:3', 'oraclePath=/o', 'weight.1=2', 'group.2=1-2', 'weight.2=x'],
    [
      'zoo.cfg:3: group.1: hierarchical quorums are not supported',
      'zoo.cfg:4: oraclePath: an oracle quorum is not supported',
      'zoo.cfg:5: weight.1: hierarchical quorums are not supported',
      "zoo.cfg:6: group.2: '1-2' is not a list of server ids with colons between them",
      "zoo.cfg:7: weight.2: 'x' is not a whole number",
    ],
  ],
  [
    'a metrics provider that is none',
    [...common, 'metricsProvider.className=x.Y'],
    [
      "zoo.cfg:3: metricsProvider.className: 'x.Y' is not one of " +
        "'org.apache.zookeeper.metrics.prometheus.PrometheusMetricsProvider', " +
        "'org.apache.zookeeper.metrics.impl.DefaultMetricsProvider', " +
        "'org.apache.zookeeper.metrics.impl.NullMetricsProvider'",
    ],
  ],
  [
    'authentication between servers that contradicts itself',
    [...common, 'quorum.auth.serverRequireSasl=true'],
    [
      'zoo.cfg: quorum.auth.enableSasl is false, so quorum.auth.serverRequireSasl cannot be true',
      'zoo.cfg: quorum.auth.learnerRequireSasl is false, ' +
        'so quorum.auth.serverRequireSasl cannot be true',
    ],
  ],
  [
    'addresses of one server with different roles',
    [...common, 'server.1=a:1:2:observer|b:1:2:participant', 'server.2=a:1:2;3;4'],
    [
      "zoo.cfg:3: server.1: 'a:1:2:observer|b:1:2:participant': its addresses have different roles",
      "zoo.cfg:4: server.2: 'a:1:2;3;4' does not have the form " +
        'host:quorumPort:electionPort[:role][;[host:]clientPort]',
    ],
  ],
  [
    'a secure address without a port',
    [...common, 'secureClientPortAddress=::1'],
    ['zoo.cfg: secureClientPortAddress is set but secureClientPort is not set'],
  ],
  [
    'servers in the static file beside a dynamic one',
    [...common, 'server.1=a:1:2', 'dynamicConfigFile=zoo.cfg.dynamic'],
    ['zoo.cfg:3: server.1: must be in the dynamic configuration file'],
  ],
  [
    'an ensemble of observers',
    [...common, 'server.1=a:1:2:observer'],
    ['zoo.cfg: observers without participants'],
  ],
  [
    'an observer without a quorum',
    [...common, 'server.1=a:1:2', 'server.2=a:1:2:observer'],
    ['zoo.cfg: observers without a quorum'],
  ],
  [
    'an old election',
    [...common, 'electionAlg=0'],
    ["zoo.cfg:3: electionAlg: '0' is not 3, the only one there is"],
  ],
  [
    'client ports that differ',
    [...common, ...limits, 'server.1=a:1:2', 'server.2=a:3:4;9', 'server.3=a:5:6'],
    ['zoo.cfg: clientPort 1 differs from the client port 9 of server.2'],
  ],
  [
    'a client address without a port',
    ['dataDir=/d', 'clientPortAddress=::1'],
    ['zoo.cfg: clientPortAddress is set but clientPort is not set'],
  ],
  [
    'a dynamic file that is not there',
    [...common, 'dynamicConfigFile=gone'],
    ["zoo.cfg:3: dynamicConfigFile: cannot read 'gone'"],
  ],
];

for (const [what, lines, problems] of faults) {
  test(`wrong: ${what}`, () => {
    const parsed = parse(lines);
    assert.deepEqual(parsed.problems, problems);
    assert.equal(parsed.config, null);
  });
}

test('myid: missing, no number, and of no server', () => {
  const lines = [...common, ...limits, ...THREE];
  const problems = (myid: string | null) => parse(lines, myid).problems;
  assert.deepEqual(problems(null), ['/d/myid: myid file is missing']);
  assert.deepEqual(problems('two'), [
    "/d/myid: server id 'two' is not a whole number from 0 to 255",
  ]);
  assert.deepEqual(problems(''), ["/d/myid: server id '' is not a whole number from 0 to 255"]);
  assert.deepEqual(problems('9'), ['/d/myid: server id 9 is none of 1, 2, 3']);
});

test('isro is asked of servers that may be read-only, whatever the list of words', () => {
  const words = (...lines: readonly string[]) =>
    good(['dataDir=/d', 'clientPort=1', ...lines]).fourLetterWords;
  assert.deepEqual(words(), new Set(['srvr']));
  assert.deepEqual(words('readonlymode.enabled=true'), new Set(['srvr', 'isro']));
  assert.deepEqual(
    words('readonlymode.enabled=true', '4lw.commands.whitelist=ruok'),
    new Set(['ruok', 'srvr', 'isro']),
  );
  assert.equal(words('readonlymode.enabled=true', '4lw.commands.whitelist=*'), 'all');
});
