/** Reading TLA+ values of a state: functions by key, whatever TLC prints them as. */
import { printValue } from '../tla2tools-runner/index.js';
import type { TlaState, TlaValue } from '../tla2tools-runner/index.js';

/** Keys in printed form, with what they map to; a sequence's keys are 1, 2, … */
export function entriesOf(value: TlaValue | undefined): readonly (readonly [string, TlaValue])[] {
  switch (value?.kind) {
    case 'seq':
      return value.elements.map((element, i) => [String(i + 1), element]);
    case 'record':
      return value.fields;
    case 'function':
      return value.pairs.map(([key, element]) => [printValue(key), element]);
    default:
      return [];
  }
}

/** `value[key]…`; undefined where there is nothing. */
export function at(value: TlaValue | undefined, ...keys: readonly string[]): TlaValue | undefined {
  return keys.reduce<TlaValue | undefined>(
    (inner, key) => entriesOf(inner).find(([k]) => k === key)?.[1],
    value,
  );
}

export function elementsOf(value: TlaValue | undefined): readonly TlaValue[] {
  if (value?.kind === 'seq' || value?.kind === 'set') return value.elements;
  return [];
}

export function numberOf(value: TlaValue | undefined): number | null {
  return value?.kind === 'int' ? value.value : null;
}

/** A string without its quotes; everything else as TLC prints it; nothing: "". */
export function textOf(value: TlaValue | undefined): string {
  if (value === undefined) return '';
  return value.kind === 'string' ? value.value : printValue(value);
}

/** Printed with sets and functions in one order, so that equal values have equal texts. */
export function canonical(value: TlaValue | undefined): string {
  if (value === undefined) return '';
  switch (value.kind) {
    case 'set':
      return `{${[...value.elements.map(canonical)].sort().join(', ')}}`;
    case 'seq':
      return `<<${value.elements.map(canonical).join(', ')}>>`;
    case 'record':
      return `[${[...value.fields]
        .map(([name, v]) => `${name} |-> ${canonical(v)}`)
        .sort()
        .join(', ')}]`;
    case 'function':
      return `(${[...value.pairs]
        .map(([k, v]) => `${canonical(k)} :> ${canonical(v)}`)
        .sort()
        .join(' @@ ')})`;
    default:
      return printValue(value);
  }
}

export function same(a: TlaValue | undefined, b: TlaValue | undefined): boolean {
  return a === b || canonical(a) === canonical(b);
}

/** The members of the ensemble, as the states name them; none in a specification without servers. */
export function serversOf(state: TlaState): readonly string[] {
  return entriesOf(state.get('state')).map(([key]) => key);
}
