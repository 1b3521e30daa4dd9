/**
 * The text of a TLA+ module with many values that have much in common: whatever occurs several
 * times is written once, as a definition, and called by its name after that. TLC evaluates such a
 * definition once, and parsing, which is most of the cost of a long trace, has far less to read.
 */

/** The place of a value in the pool, as text: `#n`. It may be part of other values. */
export type Ref = string;

interface Entry {
  readonly text: string;
  /** Roughly how long it takes to parse. */
  readonly size: number;
  uses: number;
}

/** A definition costs about as much as this many further tokens. */
const DEFINITION = 8;
const REF = /#(\d+);/g;

function tokens(text: string): number {
  return text.match(/[A-Za-z0-9_]+|"[^"]*"|<<|>>|\|->|:>|@@|[^\sA-Za-z0-9_"]/g)?.length ?? 0;
}

export class Pool {
  private readonly entries: Entry[] = [];
  private readonly places = new Map<string, number>();

  /** `text` may have references in it, but no other `#`. */
  put(text: string): Ref {
    let place = this.places.get(text);
    if (place === undefined) {
      place = this.entries.length;
      this.places.set(text, place);
      this.entries.push({ text, size: tokens(text), uses: 0 });
      for (const [, used] of text.matchAll(REF)) this.entries[Number(used)]!.uses++;
    }
    return `#${place};`;
  }

  /** The definitions, and what turns text with references into TLA+. Counts uses in `texts` too. */
  definitions(texts: readonly string[]): {
    readonly lines: readonly string[];
    readonly resolve: (text: string) => string;
  } {
    for (const text of texts) {
      for (const [, used] of text.matchAll(REF)) this.entries[Number(used)]!.uses++;
    }
    const written: string[] = [];
    const resolve = (text: string) => text.replace(REF, (_, n: string) => written[Number(n)]!);
    const lines: string[] = [];
    this.entries.forEach(({ text, uses, size }, place) => {
      const full = resolve(text);
      const pays = (uses - 1) * (size - 1) > DEFINITION;
      if (pays) lines.push(`V${place} == ${full}`);
      written.push(pays ? `V${place}` : full);
    });
    return { lines, resolve };
  }
}
