/**
 * Mutants of the code: each is planted while a compiled module is loaded (`loader.ts`), by its number
 * in the project's list with `c` before it; the specification's own have `m` (`spec/mutants/`).
 */
import { CORE_MUTANTS } from './code-core.js';
import { SERVER_MUTANTS } from './code-server.js';
import type { CodeMutant } from './plant.js';

export const CODE_MUTANTS: readonly CodeMutant[] = [...CORE_MUTANTS, ...SERVER_MUTANTS];
