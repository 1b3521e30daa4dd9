/** A few of Curator's own tests, through curator-test's own servers; `npm run interop -- curator` runs them all. */
import { suiteTests } from '../../support/suite-tests.js';
import { curator } from './curator.js';

suiteTests(
  curator,
  ['.TestPersistentWatcher', '.TestTransactionsNew', '.TestGroupMember'],
  600_000,
);
