/** Bounds are those of the .cfg, and one that the explorer does not know is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundsOf, readConfig } from '../../../conformance/explore/bounds.js';

const CFG = `\\* a comment with Server = {9}
SPECIFICATION Spec
CONSTANTS
  Server = {1, 2, 3}
  Observers = {3}
  NoServer = NoServer
  ElectionMode = "oracle" (* a comment *)
  Granularity = "fine"
  Mutant = "none"
  MaxCrashes = 1
  MaxDisconnects = 2
  MaxFaults = 2
  MaxTxns = 1
  MaxEpoch = 2
  MayCrash <- MCMayCrash
  MayDisconnect <- MCMayDisconnect
  MayChooseEpoch <- MCMayChooseEpoch
  MayPropose <- MCMayPropose
  CrashPrefixes <- MCCrashPrefixes
INVARIANTS TypeOK
`;
const NONE = { crash: 0, disconnect: 0, issuedEpoch: 0, broadcasts: 0 };

test('constants and replaced operators become predicates', () => {
  const bounds = boundsOf(readConfig(CFG), 'MCZab');
  assert.deepEqual(bounds.servers, [1, 2, 3]);
  assert.deepEqual(bounds.observers, [3]);
  assert.equal(bounds.election, 'oracle');
  assert.equal(bounds.crashLosesWrites, true);
  assert.equal(bounds.mayCrash(NONE), true);
  assert.equal(bounds.mayCrash({ ...NONE, crash: 1 }), false);
  assert.equal(bounds.mayCrash({ ...NONE, disconnect: 2 }), false, 'both count against MaxFaults');
  assert.equal(bounds.mayDisconnect({ ...NONE, disconnect: 1 }), true);
  assert.equal(bounds.mayDisconnect({ ...NONE, crash: 1, disconnect: 1 }), false);
  assert.equal(bounds.mayChooseEpoch(2), true);
  assert.equal(bounds.mayChooseEpoch(3), false);
  assert.equal(bounds.mayPropose({ ...NONE, broadcasts: 1 }), false);
  // Not replaced: as the specification has it.
  assert.equal(bounds.mayTakeSnapshot, true);
  assert.equal(bounds.mayElect({ ...NONE, issuedEpoch: 99 }), true);
});

test('what the explorer does not know is refused', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['MCMayCrash', 'MCOther', /MayCrash <- MCOther/],
    ['{1, 2, 3}', '{s1, s2, s3}', /Server must be a set of sids/],
    ['{1, 2, 3}', '{2, 3}', /Server must be 1..N/],
    ['"none"', '"m14_commit_without_quorum"', /Mutant must be "none"/],
    ['"fine"', '"finer"', /Granularity must be one of/],
    ['MaxCrashes = 1', '', /MaxCrashes must be a number/],
    ['SPECIFICATION Spec', '', /without SPECIFICATION/],
  ];
  for (const [from, to, message] of cases) {
    assert.throws(() => boundsOf(readConfig(CFG.replace(from, to)), 'MCZab'), message);
  }
});
