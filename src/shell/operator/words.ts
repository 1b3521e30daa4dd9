/**
 * Four-letter words: plain-text questions of operators, in place of a connection's first length
 * word (Apache: `FourLetterCommands`). The answers are in `word-answers.ts`.
 */

/** All that Apache knows: a connection that begins with one of them is no client's. */
const WORDS: ReadonlySet<string> = new Set([
  ...['conf', 'cons', 'crst', 'dirs', 'dump', 'envi', 'gtmk', 'hash', 'isro', 'mntr', 'ruok'],
  ...['srst', 'srvr', 'stat', 'stmk', 'wchc', 'wchp', 'wchs'],
]);

/** The word that `bytes` (four at least) begin with, or null. */
export function fourLetterWord(bytes: Buffer): string | null {
  const word = bytes.toString('latin1', 0, 4);
  return WORDS.has(word) ? word : null;
}

/** Do eight more bytes follow the word? */
export function isLong(word: string): boolean {
  return word === 'stmk';
}

export function notWhitelisted(word: string): string {
  return `${word} is not executed because it is not in the whitelist.\n`;
}
