/** kazoo, the Python client, in a virtual environment of its own. */
import { join } from 'node:path';
import { provision, run } from './provision.js';

const PINNED = ['kazoo==2.10.0'];

/** The interpreter of an environment that has kazoo. */
export const kazooPython = async (): Promise<string> => {
  const folder = await provision('kazoo', PINNED.join(' '), async (into) => {
    const purpose = 'kazoo for the interop tests';
    await run('python3', ['-m', 'venv', into], { purpose });
    await run(join(into, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...PINNED], {
      purpose,
    });
  });
  return join(folder, 'bin', 'python');
};
