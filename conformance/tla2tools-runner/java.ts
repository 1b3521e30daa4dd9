/** Finds a Java runtime: `JAVA_HOME` first, then `PATH`. TLC needs Java 11 or newer. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { ToolsError } from './errors.js';

export const JAVA_MIN = 11;

export interface Java {
  /** The command to run. */
  readonly command: string;
  readonly major: number;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** The major version in `java -version`'s text: 17 of "17.0.15", 8 of "1.8.0_392"; null if none. */
export function javaMajor(versionText: string): number | null {
  const found = /version "(\d+)(?:\.(\d+))?/.exec(versionText);
  if (found === null) return null;
  const first = Number(found[1]);
  return first === 1 ? Number(found[2] ?? 1) : first;
}

function versionOf(command: string, env: Env): Promise<number | null> {
  return new Promise((resolve) => {
    execFile(
      command,
      ['-version'],
      { timeout: 20_000, env: { ...env } },
      (error, stdout, stderr) => {
        resolve(error === null ? javaMajor(stderr + stdout) : null);
      },
    );
  });
}

/** Throws ToolsError `no-java` if there is no Java, or only one below {@link JAVA_MIN}. */
export async function findJava(env: Env = process.env): Promise<Java> {
  const home = env['JAVA_HOME'];
  const commands =
    home === undefined || home === '' ? ['java'] : [join(home, 'bin', 'java'), 'java'];
  let old: number | null = null;
  for (const command of commands) {
    const major = await versionOf(command, env);
    if (major !== null && major >= JAVA_MIN) return { command, major };
    old ??= major;
  }
  throw new ToolsError(
    'no-java',
    old === null
      ? `no Java found: install Java ${JAVA_MIN} or newer, or set JAVA_HOME`
      : `Java ${old} is too old: TLC needs Java ${JAVA_MIN} or newer (set JAVA_HOME)`,
  );
}
