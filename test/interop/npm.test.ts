/** npm's `zookeeper`, the C client in Node, against standalone servers and ensembles: see npm/checks.ts. */
import { clientTests } from '../support/client-program.js';
import { npmClientCommand } from '../support/npm-client.js';

clientTests({
  name: "npm's zookeeper",
  command: npmClientCommand,
  without: ['multi', 'multi-rollback', 'failover'],
});
