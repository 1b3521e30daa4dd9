/**
 * A model whose steps TLC cannot name (spec/models/MCDeep.tla asks for a server's state before it chooses
 * an action) is run again, when it finds a counterexample, by a specification of the same steps whose
 * actions have their names.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TlcResult, TlcRun } from '../tla2tools-runner/index.js';

const SPECIFICATION = /^SPECIFICATION\s+\w+$/m;

/** `found`, or what `run` finds with `specification` instead of its configuration's own. */
export async function withNamedSteps(
  found: TlcResult,
  run: TlcRun,
  specification: string | undefined,
  execute: (run: TlcRun) => Promise<TlcResult>,
): Promise<TlcResult> {
  if (specification === undefined || found.counterexample === null) return found;
  const text = await readFile(run.config, 'utf8');
  const folder = await mkdtemp(join(tmpdir(), 'zab-named-'));
  try {
    const config = join(folder, basename(run.config));
    await writeFile(config, text.replace(SPECIFICATION, `SPECIFICATION ${specification}`));
    const named = await execute({ ...run, config });
    // The same steps, so the same verdict; should it be another, the first is what was asked for.
    return named.counterexample === null
      ? found
      : { ...found, counterexample: named.counterexample };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
