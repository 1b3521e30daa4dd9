/**
 * Our server, called as a JVM is called for Apache's: `-Dzookeeper.KEY=VALUE… QuorumPeerMain ZOO.CFG`.
 * System properties become keys of the zoo.cfg (which is how Apache reads unknown keys: as `zookeeper.KEY`), in a
 * copy beside the one that the harness wrote; the rest of a JVM's options means nothing here.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const MAIN = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
const WITH_VALUE = ['-cp', '-classpath', '--class-path'];

export interface JavaCall {
  readonly properties: readonly (readonly [string, string])[];
  /** The arguments of the main class. */
  readonly args: readonly string[];
}

/** The properties and the arguments of a call of `main`; null if another class is called. */
export const readJavaCall = (argv: readonly string[], main: string): JavaCall | null => {
  const properties: [string, string][] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (WITH_VALUE.includes(word)) i += 1;
    else if (word.startsWith('-D')) {
      const [key = '', ...value] = word.slice(2).split('=');
      properties.push([key, value.join('=')]);
    } else if (!word.startsWith('-')) {
      return word === main ? { properties, args: argv.slice(i + 1) } : null;
    }
  }
  return null;
};

/** System properties that Apache's server reads under names without `zookeeper.`. */
const NOT_OF_ZOOKEEPER =
  /^(readonlymode\.enabled|jute\.maxbuffer|java\.security\.auth\.login\.config|znode\.container\..*)$/;

/** As the line of a zoo.cfg; null for what only a JVM knows. */
export const asCfgLine = ([key, value]: readonly [string, string]): string | null => {
  if (key.startsWith('zookeeper.')) return `${key.slice('zookeeper.'.length)}=${value}`;
  return NOT_OF_ZOOKEEPER.test(key) ? `${key}=${value}` : null;
};

/** For Apache's own logging and heap: no key of a zoo.cfg. */
const NOT_FOR_US = /^(log\.|root\.logger|jmx\.log4j)/;

const start = async (): Promise<void> => {
  const call = readJavaCall(process.argv.slice(2), MAIN);
  const file = call?.args[0];
  if (call === null || file === undefined) {
    process.stderr.write(`not a call of ${MAIN}: ${process.argv.slice(2).join(' ')}\n`);
    process.exitCode = 2;
    return;
  }
  const lines = call.properties
    .map(asCfgLine)
    .filter((line): line is string => line !== null && !NOT_FOR_US.test(line));
  const copy = `${file}.with-properties`;
  writeFileSync(copy, [readFileSync(file, 'utf8'), ...lines, ''].join('\n'));
  process.argv.splice(2, process.argv.length, 'server', copy, '--log', 'warn');
  await import('../../../src/cli/main.js');
};

await start();
