/** What every suite is to the command and to the tests: a name, and a run on Apache's servers or on ours. */
import type { Kind } from '../../support/cluster.js';
import { compare, type Difference, type Outcomes, type Recorded } from './outcomes.js';

export interface SuiteRun {
  readonly kind: Kind;
  /** Which parts of it, in the suite's own words (modules, classes, patterns); all without. */
  readonly only?: readonly string[];
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal;
}

/** A test whose outcome on our server is another one than on Apache's, known and explained. */
export interface Known {
  readonly test: RegExp;
  readonly why: string;
}

export interface Suite {
  /** One word: its file in `recorded/`, its argument of the command. */
  readonly name: string;
  /** Client and version, as the table says it. */
  readonly title: string;
  readonly run: (options: SuiteRun) => Promise<Outcomes>;
  readonly known: readonly Known[];
}

export interface Judgement {
  /** Other than on Apache's, and not known. */
  readonly unexplained: readonly Difference[];
  readonly explained: readonly (Difference & { readonly why: string })[];
}

export const judge = (suite: Suite, apache: Recorded, ours: Outcomes): Judgement => {
  const unexplained: Difference[] = [];
  const explained: (Difference & { readonly why: string })[] = [];
  for (const difference of compare(apache, ours)) {
    const known = suite.known.find(({ test }) => test.test(difference.name));
    if (known === undefined) unexplained.push(difference);
    else explained.push({ ...difference, why: known.why });
  }
  return { unexplained, explained };
};
