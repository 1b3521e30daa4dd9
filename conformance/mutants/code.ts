/**
 * Mutants of the code: each is planted while a compiled module is loaded (`loader.ts`), by its number
 * in the project's list with `c` before it; the specification's own have `m` (`spec/mutants/`).
 */
import { BROADCAST_MUTANTS } from './code-broadcast.js';
import { EPOCH_MUTANTS } from './code-epochs.js';
import { SERVER_MUTANTS } from './code-server.js';
import { SYNC_MUTANTS } from './code-synchronization.js';
import type { CodeMutant } from './plant.js';

export const CODE_MUTANTS: readonly CodeMutant[] = [
  ...EPOCH_MUTANTS,
  ...SYNC_MUTANTS,
  ...BROADCAST_MUTANTS,
  ...SERVER_MUTANTS,
].sort((a, b) => (a.name < b.name ? -1 : 1));
