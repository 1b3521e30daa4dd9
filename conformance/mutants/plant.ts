/** A mutant of the code: passages of compiled modules, replaced when these are loaded. */

/** What finds a mutant; each is run, and each must find what it names. */
export type Killer =
  /** Ensembles in memory (`runs.ts`): the property that is violated. */
  | { readonly by: 'simulator'; readonly run: string; readonly property: string }
  /** The trace of such a run, which the specification refuses. */
  | { readonly by: 'trace'; readonly run: string }
  /** The whole graph of the reducers (`zab explore MODEL`), which is not the specification's. */
  | { readonly by: 'explorer'; readonly model: string }
  /** A test of the suite, failed by an assertion. File below test/, without `.test.ts`. */
  | { readonly by: 'test'; readonly file: string; readonly test: string };

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
