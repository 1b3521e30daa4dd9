/**
 * JUnit XML, as CI systems read it: one `testsuites`, a `testsuite` for each suite, a `testcase`
 * for each case, with a `failure`, an `error` or a `skipped` in it. Every command of `zab` that has
 * `--junit FILE` writes its results by this.
 *
 * Source: the schema that Jenkins publishes (junit-10.xsd), and what GitLab and GitHub's readers
 * take of it. Characters that XML 1.0 has no place for are replaced by U+FFFD.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { UnusableInput } from './unusable-input.js';

export type JUnitOutcome =
  | { readonly kind: 'passed' }
  /** `message`: one line; `details`: as many as there are. */
  | { readonly kind: 'failed' | 'error'; readonly message: string; readonly details?: string }
  | { readonly kind: 'skipped'; readonly message?: string };

export interface JUnitCase {
  readonly name: string;
  /** What groups cases in reports: "zab.check.quick". */
  readonly classname: string;
  readonly elapsedMs: number;
  readonly outcome: JUnitOutcome;
  /** Figures of a case that passed, for those who read on. */
  readonly output?: string;
}

export interface JUnitSuite {
  readonly name: string;
  readonly cases: readonly JUnitCase[];
  /** Seed, version and the like. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Wall clock; the sum of the cases' if not given. */
  readonly elapsedMs?: number;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\n': '&#10;',
  '\t': '&#9;',
};
/** What is no character of XML 1.0. */

const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

function legal(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(FORBIDDEN, '\ufffd');
}

function attribute(text: string): string {
  return legal(text).replace(/[&<>"\n\t]/g, (c) => ESCAPES[c] ?? c);
}

function content(text: string): string {
  return legal(text).replace(/[&<>]/g, (c) => ESCAPES[c] ?? c);
}

function seconds(ms: number): string {
  return (Math.max(0, ms) / 1000).toFixed(3);
}

function outcomeXml(outcome: JUnitOutcome): readonly string[] {
  switch (outcome.kind) {
    case 'passed':
      return [];
    case 'skipped':
      return [`      <skipped message="${attribute(outcome.message ?? '')}"/>`];
    case 'failed':
    case 'error': {
      const tag = outcome.kind === 'failed' ? 'failure' : 'error';
      const head = `<${tag} message="${attribute(outcome.message)}" type="${outcome.kind}">`;
      return [`      ${head}${content(outcome.details ?? outcome.message)}</${tag}>`];
    }
  }
}

function caseXml({ name, classname, elapsedMs, outcome, output }: JUnitCase): readonly string[] {
  const names = `name="${attribute(name)}" classname="${attribute(classname)}"`;
  const head = `    <testcase ${names} time="${seconds(elapsedMs)}"`;
  const inner = [
    ...outcomeXml(outcome),
    ...(output === undefined ? [] : [`      <system-out>${content(output)}</system-out>`]),
  ];
  return inner.length === 0 ? [`${head}/>`] : [`${head}>`, ...inner, '    </testcase>'];
}

function counts(cases: readonly JUnitCase[]): string {
  const of = (kind: JUnitOutcome['kind']) => cases.filter((c) => c.outcome.kind === kind).length;
  const parts = [
    `tests="${cases.length}"`,
    `failures="${of('failed')}"`,
    `errors="${of('error')}"`,
  ];
  return `${parts.join(' ')} skipped="${of('skipped')}"`;
}

function elapsedOf({ cases, elapsedMs }: JUnitSuite): number {
  return elapsedMs ?? cases.reduce((sum, each) => sum + each.elapsedMs, 0);
}

function suiteXml(suite: JUnitSuite): readonly string[] {
  const { name, cases, properties } = suite;
  const figures = `${counts(cases)} time="${seconds(elapsedOf(suite))}"`;
  const own = Object.entries(properties ?? {}).map(
    ([key, value]) => `      <property name="${attribute(key)}" value="${attribute(value)}"/>`,
  );
  return [
    `  <testsuite name="${attribute(name)}" ${figures}>`,
    ...(own.length === 0 ? [] : ['    <properties>', ...own, '    </properties>']),
    ...cases.flatMap(caseXml),
    '  </testsuite>',
  ];
}

/** The whole document. */
export function junitXml(suites: readonly JUnitSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  const time = seconds(suites.reduce((sum, suite) => sum + elapsedOf(suite), 0));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="zab" ${counts(all)} time="${time}">`,
    ...suites.flatMap(suiteXml),
    '</testsuites>',
    '',
  ].join('\n');
}

/** Writes it; makes the folder if there is none. Throws UnusableInput if it cannot. */
export function writeJunit(path: string, suites: readonly JUnitSuite[]): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, junitXml(suites));
  } catch (e) {
    throw new UnusableInput(`cannot write ${path}: ${(e as NodeJS.ErrnoException).code ?? ''}`);
  }
}
