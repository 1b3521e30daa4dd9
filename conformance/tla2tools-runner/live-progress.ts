/**
 * TLC says how far it is once a minute, and its interval is compiled in. For a line every second a
 * module around the specification prints the counts from a constraint that is always true: it
 * changes no state, no count and no verdict (TLC warns of constraints in liveness checking, which
 * matters only for those that cut something off).
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MODULE = 'ZabLiveProgress';
/** A TLC register that no specification here uses. */
const REGISTER = 97;

function moduleText(around: string): string {
  return [
    `---- MODULE ${MODULE} ----`,
    `EXTENDS ${around}, Integers, TLC`,
    `ASSUME TLCSet(${REGISTER}, 0)`,
    'ZabLiveProgressShown ==',
    '  LET now == TLCGet("duration")',
    `  IN IF now <= TLCGet(${REGISTER}) THEN TRUE`,
    `     ELSE TLCSet(${REGISTER}, now)`,
    '       /\\ PrintT(<<"zab progress", TLCGet("distinct"), TLCGet("queue"), TLCGet("diameter")>>)',
    '====',
    '',
  ].join('\n');
}

export interface LiveRun {
  readonly module: string;
  readonly config: string;
}

/** Writes the module and its configuration into a folder; the library must have the other one. */
export async function liveProgress(
  folder: string,
  module: string,
  configText: string,
): Promise<LiveRun> {
  const run = { module: join(folder, `${MODULE}.tla`), config: join(folder, `${MODULE}.cfg`) };
  await writeFile(run.module, moduleText(module));
  await writeFile(run.config, `${configText}\nCONSTRAINT ZabLiveProgressShown\n`);
  return run;
}

const SHOWN = /^<<"zab progress", (\d+), (\d+), (\d+)>>$/;

/** Counts in a line that the module printed; null for any other line. */
export function liveCounts(
  line: string,
): { readonly distinct: number; readonly queue: number; readonly depth: number } | null {
  const found = SHOWN.exec(line);
  if (found === null) return null;
  return { distinct: Number(found[1]), queue: Number(found[2]), depth: Number(found[3]) };
}
