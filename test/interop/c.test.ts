/** The C client itself against standalone servers and ensembles: see c/checks.c; npm.test.ts does the rest. */
import { clientTests } from '../support/client-program.js';
import { cClientCommand } from '../support/npm-client.js';

clientTests({
  name: 'the C client',
  command: cClientCommand,
  without: [
    'watch-one-shot',
    'watch-other-client',
    'acl-world',
    'acl-digest',
    'expiry-removes-ephemerals',
    'session-handover',
    'chroot',
  ],
});
