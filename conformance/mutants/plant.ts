/** A mutant of the code: passages of compiled modules, replaced when these are loaded. */

/** What is checked before a mutant counts as killed. */
export type Killer =
  /** Random schedules of whole ensembles (`src/sim`): a property of `core/invariants.ts`. */
  | { readonly by: 'simulator'; readonly ensemble: EnsembleName; readonly property: string }
  /** A trace of a run of the mutated reducers, which the specification must refuse. */
  | { readonly by: 'trace'; readonly scenario: string }
  /** A test of the suite that must fail by an assertion. File below test/, without `.test.ts`. */
  | { readonly by: 'test'; readonly file: string; readonly test: string };

/** The ensembles that `simulate.ts` runs. */
export type EnsembleName = 'three' | 'little history' | 'observer' | 'five';

export interface CodeMutant {
  /** `c`, the number of the project's list, and what is wrong: `c14_commit_without_quorum`. */
  readonly name: string;
  readonly what: string;
  readonly edits: readonly Edit[];
  readonly killers: readonly Killer[];
}

export interface Edit {
  /** Compiled module below dist/. */
  readonly file: string;
  /** Stands exactly once in the module. */
  readonly find: string;
  readonly replace: string;
}

/** The text of a module with the mutant in it. Throws if a passage is not there exactly once. */
export function plant(source: string, file: string, { name, edits }: CodeMutant): string {
  let text = source;
  for (const edit of edits) {
    if (edit.file !== file) continue;
    const places = text.split(edit.find).length - 1;
    if (places !== 1) throw new Error(`${name}: found ${places} times in ${file}: ${edit.find}`);
    text = text.replace(edit.find, () => edit.replace);
  }
  return text;
}
