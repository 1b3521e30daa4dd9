/**
 * A Kafka 3.9.1 broker in ZooKeeper mode on an ensemble of three, and a Kafka client (kafka/KafkaChecks.java): topics
 * are created, configured, extended and deleted, records produced and consumed, while the ensemble loses its leader,
 * gets it back, and the broker restarts.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { startCluster, type Cluster } from '../../support/cluster.js';
import { modeOf } from '../../support/four-letter-word.js';
import { kafkaClassPath } from '../../support/kafka.js';
import { missingTool } from '../../support/provision.js';
import { dropFolder, freePorts, makeFolder, ServerProcess } from '../../support/server-process.js';
import type { Outcome, Outcomes } from './outcomes.js';
import type { Suite, SuiteRun } from './suite.js';

const CHECKS = [
  'broker-serves',
  'topic-created',
  'topic-configured',
  'produced-and-consumed',
  'broker-survives-the-leader',
  'topic-created-under-the-new-leader',
  'produced-and-consumed-after',
  'partitions-added',
  'topic-deleted',
  'all-there-after-restart',
  'configuration-there-after-restart',
  'produced-after-restart',
];

const JVM = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Patient about ZooKeeper, quick about everything that would only wait. */
const writeBroker = (folder: string, port: number, zooKeeper: string): string => {
  const logs = join(folder, 'logs');
  mkdirSync(logs);
  const file = join(folder, 'server.properties');
  const lines = [
    'broker.id=7',
    `listeners=PLAINTEXT://127.0.0.1:${port}`,
    `zookeeper.connect=${zooKeeper}/kafka`,
    `log.dirs=${logs}`,
    'zookeeper.connection.timeout.ms=60000',
    'zookeeper.session.timeout.ms=20000',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
  ];
  writeFileSync(file, [...lines, ''].join('\n'));
  return file;
};

const leaderOf = async (cluster: Cluster): Promise<string> => {
  for (;;) {
    for (const address of cluster.addresses) {
      if ((await modeOf(address).catch(() => null)) === 'leader') return address;
    }
  }
};

/** What the program asks for, done; `state` remembers which server was killed. */
const obey = async (
  what: string,
  { cluster, broker, state }: { cluster: Cluster; broker: ServerProcess; state: { dead: string } },
): Promise<void> => {
  if (what === 'kill the leader') {
    state.dead = await leaderOf(cluster);
    await cluster.kill(state.dead);
  } else if (what === 'start the leader again') await cluster.restart(state.dead);
  else if (what === 'restart the broker') {
    await broker.stop();
    broker.spawn();
  } else throw new Error(`nobody knows how to ${what}`);
};

const runChecks = (
  classPath: string,
  port: number,
  world: { readonly cluster: Cluster; readonly broker: ServerProcess },
  { onLine, signal }: SuiteRun,
): Promise<Map<string, Outcome>> =>
  new Promise((resolve, reject) => {
    const args = [...JVM, '-cp', classPath, 'KafkaChecks', `127.0.0.1:${port}`];
    const child = spawn('java', ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', ...args], {
      stdio: 'pipe',
      signal,
      killSignal: 'SIGKILL',
    });
    const outcomes = new Map<string, Outcome>();
    const state = { dead: '' };
    let noise = '';
    child.stderr.on('data', (chunk: Buffer) => (noise = (noise + chunk.toString()).slice(-8_000)));
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => {
      onLine?.(line);
      const [, not, name, reason = ''] = /^(not )?ok (\S+) ?(.*)$/.exec(line) ?? [];
      const [, what] = /^ask (.*)$/.exec(line) ?? [];
      if (name !== undefined) {
        const verdict = not === undefined ? 'passed' : 'failed';
        outcomes.set(name, { verdict, reason, attempts: 1 });
      } else if (what !== undefined) {
        obey(what, { ...world, state }).then(
          () => child.stdin.write('done\n'),
          (error: unknown) => child.stdin.write(`${String(error).replaceAll('\n', ' | ')}\n`),
        );
      }
    });
    child.on('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'ENOENT' ? missingTool('java', 'Kafka') : error);
    });
    child.on('close', () => {
      for (const name of CHECKS.filter((check) => !outcomes.has(check))) {
        const reason = `no verdict: the program ended\n${noise}\n${world.broker.tail}`;
        outcomes.set(name, { verdict: 'failed', reason, attempts: 1 });
      }
      resolve(outcomes);
    });
  });

const runKafka = async (options: SuiteRun): Promise<Outcomes> => {
  const classPath = await kafkaClassPath();
  const folder = makeFolder(`zab-kafka-${options.kind}-`);
  await using cluster = await startCluster({ kind: options.kind, shape: 'ensemble' });
  const [port = 0] = await freePorts(1);
  const file = writeBroker(folder, port, cluster.connectString);
  const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const args = [log, ...JVM, '-cp', classPath, 'kafka.Kafka', file];
  const broker = new ServerProcess('the Kafka broker', port, { tool: 'java', args });
  broker.spawn();
  try {
    return await runChecks(classPath, port, { cluster, broker }, options);
  } finally {
    await broker.stop();
    dropFolder(folder);
  }
};

export const kafka: Suite = {
  name: 'kafka',
  title: 'Kafka 3.9.1, a broker in ZooKeeper mode on three servers',
  run: runKafka,
  known: [],
};
