/** A property that does not hold: its name, and what was seen. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly property: string,
    readonly detail: string,
  ) {
    super(`${property}: ${detail}`);
  }
}

/** Throws unless `holds`. */
export function must(holds: boolean, property: string, detail: () => string): void {
  if (!holds) throw new Violation(property, detail());
}
