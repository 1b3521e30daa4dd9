/**
 * Module hooks that plant a mutant: the one module that it changes is loaded with the passage
 * replaced. Nothing on the disk changes. `register.ts` names the mutant and installs this.
 */
import { Buffer } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import { join, relative, sep } from 'node:path';
import type { LoadHook } from 'node:module';
import { packageRoot } from '../package-root.js';
import type { CodeMutant } from './plant.js';
import { plant } from './plant.js';

/** Hooks run in a thread of their own; `initialize` is called once, before any module is loaded. */
const planted: { mutant: CodeMutant | null } = { mutant: null };

export function initialize(mutant: CodeMutant): void {
  planted.mutant = mutant;
}

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const { mutant } = planted;
  if (mutant === null || !url.startsWith('file:')) return loaded;
  const file = relative(join(packageRoot(), 'dist'), fileURLToPath(url)).split(sep).join('/');
  if (!mutant.edits.some((edit) => edit.file === file)) return loaded;
  const { source } = loaded;
  if (source === undefined || source === null) throw new Error(`${mutant.name}: no source`);
  const text = typeof source === 'string' ? source : Buffer.from(source as Uint8Array).toString();
  return { ...loaded, source: plant(text, file, mutant) };
};
