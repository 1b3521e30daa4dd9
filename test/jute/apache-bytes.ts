/** Records as Apache ZooKeeper itself writes them: `apache-bytes.txt`, printed by `ApacheBytes.java`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const path = join(import.meta.dirname, '..', '..', '..', 'test', 'jute', 'apache-bytes.txt');

function parse(text: string): ReadonlyMap<string, Buffer> {
  const hex = new Map<string, string>();
  let name = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith(' ')) hex.set(name, hex.get(name)! + line.trim());
    else hex.set((name = line), '');
  }
  return new Map([...hex].map(([key, digits]) => [key, Buffer.from(digits, 'hex')]));
}

const all = parse(readFileSync(path, 'utf8'));

/** The bytes of that name; throws for an unknown one. */
export function apacheBytes(name: string): Buffer {
  const bytes = all.get(name);
  if (bytes === undefined) throw new Error(`no bytes named ${name}`);
  return Buffer.from(bytes);
}
