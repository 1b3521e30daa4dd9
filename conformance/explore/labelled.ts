/**
 * A module that says the same as a specification, with a name of its own for each action with its
 * parameters: TLC's graph then has them on its edges ("A17" for FollowerConnect(2, 1)).
 *
 * It is made from the text of the next-state relation that the configuration names: a disjunction of
 * `\E i, j \in Server : Action(i, j)`. A relation of another form is refused.
 */
import { UnusableInput } from '../unusable-input.js';
import type { Bounds } from './bounds.js';

export interface Labelled {
  /** Text of the module. */
  readonly module: string;
  /** Text of its configuration, without properties. */
  readonly config: string;
  /** Name in TLC's graph → "FollowerConnect(2, 1)". */
  readonly labels: ReadonlyMap<string, string>;
}

export const MODULE = 'LabelledSteps';
const SPECIFICATION = 'LabelledSpec';

function bare(text: string): string {
  return text.replace(/\(\*[\s\S]*?\*\)/g, ' ').replace(/\\\*.*$/gm, '');
}

/** The right side of a definition without parameters. */
function definitionOf(modules: readonly string[], name: string): string {
  const pattern = new RegExp(`^${name}\\s*==((?:.*\\n)(?:[ \\t].*\\n|\\s*\\n)*)`, 'm');
  for (const text of modules) {
    const body = pattern.exec(`${bare(text)}\n`)?.[1];
    if (body !== undefined) return body.trim();
  }
  throw new UnusableInput(`no definition of ${name}`);
}

type Value = number | readonly number[];

function subsets(sids: readonly number[]): number[][] {
  return sids.reduce<number[][]>((sets, s) => [...sets, ...sets.map((set) => [...set, s])], [[]]);
}

/** The constant sets that actions quantify over. */
function setOf(name: string, { servers, observers }: Bounds): readonly Value[] {
  const voters = servers.filter((sid) => !observers.includes(sid));
  switch (name) {
    case 'Server':
      return servers;
    case 'Voters':
      return voters;
    case 'Observers':
      return observers;
    case 'Quorums':
      return subsets(voters).filter((set) => set.length * 2 > voters.length);
    default:
      throw new UnusableInput(`actions over ${name}: not a set that the explorer knows`);
  }
}

interface Action {
  readonly name: string;
  readonly values: readonly Value[];
}

const DISJUNCT = /\\E\s+([^:]+?)\s*:\s*(\w+)\(([^()]*)\)/y;

/** "l \in Voters, Q \in Quorums", "i, j \in Server": every assignment of the variables. */
function assignments(text: string, bounds: Bounds): readonly ReadonlyMap<string, Value>[] {
  let all: readonly ReadonlyMap<string, Value>[] = [new Map()];
  const group = /((?:\w+\s*,\s*)*\w+)\s*\\in\s+(\w+)\s*(?:,|$)/y;
  let read = 0;
  while (read < text.length) {
    group.lastIndex = read;
    const found = group.exec(text);
    if (found === null) throw new UnusableInput(`cannot read the quantifier "${text}"`);
    read = group.lastIndex;
    while (text[read] === ' ') read++;
    const values = setOf(found[2] ?? '', bounds);
    for (const name of (found[1] ?? '').split(',').map((word) => word.trim())) {
      all = all.flatMap((one) => values.map((value) => new Map([...one, [name, value] as const])));
    }
  }
  return all;
}

function actionsOf(relation: string, bounds: Bounds): readonly Action[] {
  const actions: Action[] = [];
  const text = relation.replace(/\s+/g, ' ').trim();
  let read = 0;
  while (read < text.length) {
    const start = /\s*\\\/\s*/y;
    start.lastIndex = read;
    start.exec(text);
    if (start.lastIndex === 0) {
      throw new UnusableInput(`cannot read the relation at "${text.slice(read, read + 60)}"`);
    }
    DISJUNCT.lastIndex = start.lastIndex;
    const found = DISJUNCT.exec(text);
    if (found === null) {
      throw new UnusableInput(`cannot read the action at "${text.slice(read, read + 60)}"`);
    }
    read = DISJUNCT.lastIndex;
    const [, quantifier = '', name = '', args = ''] = found;
    for (const values of assignments(quantifier, bounds)) {
      const given = args.split(',').map((arg) => values.get(arg.trim()));
      if (given.some((value) => value === undefined)) {
        throw new UnusableInput(`${name}(${args}): a parameter that no quantifier binds`);
      }
      actions.push({ name, values: given as readonly Value[] });
    }
  }
  return actions;
}

function setText(value: Value, comma: string): string {
  return typeof value === 'number' ? String(value) : `{${value.join(comma)}}`;
}

/**
 * `modules`: the texts of all modules, that of the configuration's first; `base`: its name;
 * `config`: the configuration, `specification` the name under SPECIFICATION.
 */
export function labelled(
  modules: readonly string[],
  base: string,
  config: string,
  specification: string,
  bounds: Bounds,
): Labelled {
  const formula = definitionOf(modules, specification);
  const parts = /^(\w+)\s*\/\\\s*\[\]\[(\w+)\]_(\w+)$/.exec(formula);
  if (parts === null) throw new UnusableInput(`${specification} is not Init /\\ [][Next]_vars`);
  const [, init = '', next = '', vars = ''] = parts;
  const actions = actionsOf(definitionOf(modules, next), bounds);
  const names = actions.map((_, i) => `A${i}`);
  // A conjunction, so that TLC takes this name for the action's and not the one inside.
  const definitions = actions.map(({ name, values }, i) => {
    const args = values.map((value) => setText(value, ', ')).join(', ');
    return `${names[i]} == TRUE /\\ ${name}(${args})`;
  });
  const module = [
    `---- MODULE ${MODULE} ----`,
    `EXTENDS ${base}`,
    ...definitions,
    `LabelledNext ==`,
    ...names.map((name) => `  \\/ ${name}`),
    `${SPECIFICATION} == ${init} /\\ [][LabelledNext]_${vars}`,
    '====',
    '',
  ].join('\n');
  const labels = new Map(
    actions.map(({ name, values }, i) => {
      const params = values.map((value) => setText(value, ',')).join(', ');
      return [names[i]!, `${name}(${params})`] as const;
    }),
  );
  const kept = bare(config)
    .replace(/\b(INVARIANTS?|PROPERT(?:Y|IES))\b[\s\S]*?(?=^[A-Z_]+\b|$(?![\s\S]))/gm, '')
    .replace(/\bSPECIFICATION\s+\w+/, `SPECIFICATION ${SPECIFICATION}`);
  return { module, config: kept, labels };
}
