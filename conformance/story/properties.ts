/** The sentence and the source of a property, from the comment above it in the specification. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PropertySource {
  /** The comment, on one line: "P8. Agreement (DSN): whatever two servers, …" */
  readonly sentence: string;
  /** "Properties.tla:74" */
  readonly place: string;
}

const RULE = /^-{4,}$/;

function commentText(line: string): string | null {
  const boxed = /^\(\*(.*)\*\)\s*$/.exec(line);
  if (boxed !== null) return (boxed[1] ?? '').trim();
  const plain = /^\\\*(.*)$/.exec(line);
  return plain === null ? null : (plain[1] ?? '').trim();
}

/** Reads a module: each definition with the comment that is nearest above it. */
function readModule(name: string, text: string, into: Map<string, PropertySource>): void {
  let comment: string[] = [];
  let open = false;
  text.split('\n').forEach((line, index) => {
    const said = commentText(line);
    if (said !== null) {
      comment = open ? [...comment, said] : [said];
      open = true;
      return;
    }
    open = false;
    if (RULE.test(line)) comment = [];
    const definition = /^([A-Za-z]\w*)(?:\([^)]*\))?\s*==/.exec(line)?.[1];
    if (definition === undefined || comment.length === 0 || into.has(definition)) return;
    into.set(definition, { sentence: comment.join(' '), place: `${name}:${index + 1}` });
  });
}

/** By the name of the definition, over all modules of these folders. */
export function propertySources(folders: readonly string[]): ReadonlyMap<string, PropertySource> {
  const found = new Map<string, PropertySource>();
  for (const folder of folders) {
    for (const file of listed(folder)) {
      readModule(file, readFileSync(join(folder, file), 'utf8'), found);
    }
  }
  return found;
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.tla'))
      .sort();
  } catch {
    return [];
  }
}
