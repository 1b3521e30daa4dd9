/** vitest and jest, from npm, for the examples of docs/testing.md. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provision, run } from './provision.js';

const MANIFEST = { private: true, dependencies: { vitest: '3.2.4', jest: '30.2.0' } };
const purpose = 'vitest and jest for the examples of docs/testing.md';

/** A node_modules folder with both. */
export const javascriptRunners = async (): Promise<string> => {
  const folder = await provision('javascript-runners', JSON.stringify(MANIFEST), async (into) => {
    writeFileSync(join(into, 'package.json'), JSON.stringify(MANIFEST));
    const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
    await run('npm', args, { cwd: into, purpose });
    for (const tool of ['vitest', 'jest']) {
      const path = join(into, 'node_modules', '.bin', tool);
      if (!existsSync(path)) throw new Error(`${purpose}: npm did not install ${path}`);
    }
  });
  return join(folder, 'node_modules');
};
