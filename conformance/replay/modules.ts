/** The texts of a module and of all that it extends: what it extends comes after it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UnusableInput } from '../unusable-input.js';

/** null: in none of the folders, as the standard modules are. */
async function textIn(folders: readonly string[], module: string): Promise<string | null> {
  for (const folder of folders) {
    try {
      return await readFile(join(folder, `${module}.tla`), 'utf8');
    } catch {
      // in the next one
    }
  }
  return null;
}

function extended(text: string): readonly string[] {
  const list = /^EXTENDS\s+([\w\s,]+?)(?:\n\s*\n|$(?![\s\S])|\n(?=\S))/m.exec(text)?.[1] ?? '';
  return list.split(/[\s,]+/).filter((name) => name !== '');
}

/** Throws UnusableInput if `module` itself is not there. */
export async function moduleTexts(
  folders: readonly string[],
  module: string,
): Promise<readonly string[]> {
  const texts = new Map<string, string>();
  const waiting = [module];
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (texts.has(name)) continue;
    const text = await textIn(folders, name);
    if (text === null) {
      if (name === module) throw new UnusableInput(`no module ${module}`);
      continue;
    }
    texts.set(name, text);
    waiting.push(...extended(text));
  }
  return [...texts.values()];
}
