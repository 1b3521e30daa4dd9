/**
 * Our server, called as a JVM is called for Apache's: `-Dzookeeper.KEY=VALUE… QuorumPeerMain ZOO.CFG`. `zab server`
 * takes the properties as they are; the class path and the JVM's own options mean nothing to it.
 */
const MAIN = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
const WITH_VALUE: readonly string[] = ['-cp', '-classpath', '--class-path'];

/** The arguments of `zab server`; null if another class is called. */
export const asServer = (argv: readonly string[]): readonly string[] | null => {
  const definitions: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (WITH_VALUE.includes(word)) i += 1;
    else if (word.startsWith('-D')) definitions.push(word);
    else if (!word.startsWith('-')) {
      return word === MAIN ? [...definitions, ...argv.slice(i + 1)] : null;
    }
  }
  return null;
};

const words = process.argv.slice(2);
const args = asServer(words);
if (args === null) {
  process.stderr.write(`not a call of ${MAIN}: ${words.join(' ')}\n`);
  process.exitCode = 2;
} else {
  process.argv.splice(2, words.length, 'server', '--log', 'error', ...args);
  await import('../../../src/cli/main.js');
}
