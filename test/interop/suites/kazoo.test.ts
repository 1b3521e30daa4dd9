/** A share of kazoo's own tests on our servers, as on Apache's; `npm run interop -- kazoo` runs them all. */
import { suiteTests } from '../../support/suite-tests.js';
import { kazoo } from './kazoo.js';

suiteTests(kazoo, ['test_barrier.py', 'test_counter.py', 'test_party.py'], 300_000);
