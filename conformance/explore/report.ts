/** What a comparison came to, in words: figures, and the first difference as a path. */
import type { Difference, States } from './graph.js';
import { labelOfStep, targetOfStep } from './graph.js';
import type { Pinned } from './manifest.js';
import { changes } from './model-state.js';
import type { Explored } from './run.js';

/** The state behind a step, as what the step changes. */
function stepLines(states: States, from: number, step: number): readonly string[] {
  const what = changes(states.modelOf(from), states.modelOf(targetOfStep(step)));
  return [states.labels.textOf(labelOfStep(step)), ...what.map((line) => `      ${line}`)];
}

function alternatives(
  states: States,
  from: number,
  steps: readonly number[],
  who: string,
): readonly string[] {
  if (steps.length === 0) return [];
  const lines = steps.slice(0, LISTED).flatMap((step) => {
    const [label = '', ...what] = stepLines(states, from, step);
    return [`    ${label}`, ...what];
  });
  const more = steps.length > LISTED ? [`    … and ${steps.length - LISTED} more`] : [];
  return [`  only ${who} can take here:`, ...lines, ...more];
}

/** So many steps of each side are shown. */
const LISTED = 6;

/** From the start to the first difference: each step with what it changes, and what differs there. */
export function differenceLines(states: States, difference: Difference): readonly string[] {
  const { graph, at, onlyFirst, onlySecond, hidden } = difference;
  const path = graph.pathTo(at);
  const lines = [`difference after ${path.length - 1} steps:`];
  path.forEach((id, i) => {
    const state = graph.states[id]!;
    const before = path[i - 1];
    if (before === undefined) return;
    const label = states.labels.textOf(graph.parentLabels[id]!);
    lines.push(`  ${i}. ${label}`);
    const what = changes(states.modelOf(graph.states[before]!), states.modelOf(state));
    lines.push(...what.map((line) => `      ${line}`));
  });
  const here = graph.states[at]!;
  const [first, second] = hidden
    ? ['this state', 'another one that is the same to the specification']
    : ['the reducers', 'the specification'];
  if (onlyFirst.length + onlySecond.length === 0) lines.push('  another initial state');
  lines.push(...alternatives(states, here, onlyFirst, first));
  lines.push(...alternatives(states, here, onlySecond, second));
  return lines;
}

/** What is not as pinned, in words. */
export function mismatches(explored: Explored): readonly string[] {
  const { exploration, comparison, worlds } = explored;
  const { pinned } = exploration;
  if (pinned === null || comparison.difference !== null) return [];
  const found = pinnedOf(explored);
  const of = (name: keyof Pinned, what: string) =>
    found[name] === pinned[name] ? [] : [`expected ${what} ${pinned[name]}, got ${found[name]}`];
  return [
    ...of('states', 'states'),
    ...of('edges', 'edges'),
    ...(worlds === pinned.worlds ? [] : of('worlds', 'worlds')),
    ...of('digest', 'digest'),
  ];
}

export function pinnedOf({ comparison, worlds }: Explored): Pinned {
  const { states, edges, digest } = comparison;
  return { states, edges, worlds, digest };
}
