/** kazoo, the Python client, against standalone servers and ensembles: see kazoo/checks.py. */
import { join } from 'node:path';
import { clientTests } from '../support/client-program.js';
import { kazooPython } from '../support/kazoo.js';
import { projectRoot } from '../support/provision.js';

clientTests({
  name: 'kazoo',
  command: async () => ({
    tool: await kazooPython(),
    args: [join(projectRoot, 'test', 'interop', 'kazoo', 'checks.py')],
  }),
});
