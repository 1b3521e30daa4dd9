/** Mutants of what serves clients, `src/server` and `src/tree`: see `code.ts`. */
import type { CodeMutant } from './plant.js';

export const SERVER_MUTANTS: readonly CodeMutant[] = [];
