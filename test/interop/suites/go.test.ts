/** A share of go-zookeeper's own tests on our servers, as on Apache's; `npm run interop -- go` runs them all. */
import { suiteTests } from '../../support/suite-tests.js';
import { go } from './go.js';

const CLUSTERS = ['BasicCluster', 'ClientClusterFailover', 'BadSession', 'Create', 'CreateTTL'];
const OPERATIONS = ['CreateContainer', 'Multi', 'MultiFailures', 'GetSetACL', 'Auth', 'Children'];
const WATCHES = ['ChildWatch', 'SetWatchers', 'Lock'];
const all = [...CLUSTERS, ...OPERATIONS, ...WATCHES].join('|');

suiteTests(go, [`^TestIntegration_(${all})$`], 600_000);
