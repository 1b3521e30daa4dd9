/** The few things that a run needs to know of a TLC configuration file. */

const SECTIONS: ReadonlySet<string> = new Set([
  'CONSTANT',
  'CONSTANTS',
  'INIT',
  'NEXT',
  'SPECIFICATION',
  'INVARIANT',
  'INVARIANTS',
  'PROPERTY',
  'PROPERTIES',
  'SYMMETRY',
  'VIEW',
  'CONSTRAINT',
  'CONSTRAINTS',
  'ACTION_CONSTRAINT',
  'ACTION_CONSTRAINTS',
  'CHECK_DEADLOCK',
  'ALIAS',
  'POSTCONDITION',
]);

/** The names under PROPERTY and PROPERTIES. */
export function temporalProperties(cfg: string): readonly string[] {
  return namesUnder(cfg, ['PROPERTY', 'PROPERTIES']);
}

/** The names under INVARIANT and INVARIANTS. */
export function invariants(cfg: string): readonly string[] {
  return namesUnder(cfg, ['INVARIANT', 'INVARIANTS']);
}

function namesUnder(cfg: string, sections: readonly string[]): readonly string[] {
  const words = cfg
    .replace(/\(\*[\s\S]*?\*\)/g, ' ')
    .replace(/\\\*.*$/gm, ' ')
    .split(/[\s,]+/)
    .filter((w) => w !== '');
  const names: string[] = [];
  let section = '';
  for (const word of words) {
    if (SECTIONS.has(word)) section = word;
    else if (sections.includes(section)) names.push(word);
  }
  return names;
}
