/** Every action of the next-state relation gets a name with its parameters, and no other relation is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundsOf, readConfig } from '../../../conformance/explore/bounds.js';
import { labelled } from '../../../conformance/explore/labelled.js';

const CFG = `SPECIFICATION Spec
CHECK_DEADLOCK FALSE
CONSTANTS
  Server = {1, 2, 3}
  Observers = {3}
  ElectionMode = "oracle"
  Granularity = "fine"
  Mutant = "none"
INVARIANTS
  TypeOK Other
PROPERTIES Live
`;
const MODULE = (next: string, spec = 'Init /\\ [][Next]_vars') => `---- MODULE Z ----
(* Next == nothing *)
Next ==
  \\* Election
${next}

Spec == ${spec}
FairSpec == Spec /\\ WF_vars(Next)
====
`;
const bounds = boundsOf(readConfig(CFG), 'MCZab');

test('a name for each action and each of its parameters', () => {
  const next =
    '  \\/ \\E l \\in Voters, Q \\in Quorums : Elect(l, Q)\n  \\/ \\E f, l \\in Server : Connect(l, f)';
  const { module, config, labels } = labelled([MODULE(next)], 'Z', CFG, 'Spec', bounds);
  assert.deepEqual(
    [...labels.values()].filter((label) => label.startsWith('Elect')),
    ['Elect(1, {1,2})', 'Elect(2, {1,2})'],
  );
  assert.equal([...labels.values()].filter((label) => label.startsWith('Connect')).length, 9);
  assert.match(module, /^A0 == TRUE \/\\ Elect\(1, \{1, 2\}\)$/m);
  assert.match(module, /^LabelledSpec == Init \/\\ \[\]\[LabelledNext\]_vars$/m);
  assert.match(config, /^SPECIFICATION LabelledSpec$/m);
  assert.match(config, /^CHECK_DEADLOCK FALSE$/m);
  assert.doesNotMatch(config, /TypeOK|Other|Live/);
});

test('a relation of another form is refused', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [MODULE('  \\E i \\in Server : A(i)'), /cannot read the relation/],
    [MODULE('  \\/ \\E i \\in Server : A(i) /\\ B(i)'), /cannot read the relation at " \/\\ B/],
    [MODULE('  \\/ A(1)'), /cannot read the action/],
    [MODULE('  \\/ \\E i \\in Things : A(i)'), /actions over Things/],
    [MODULE('  \\/ \\E i \\in Server : A(j)'), /a parameter that no quantifier binds/],
    [MODULE('  \\/ \\E i \\in Server : A(i)', 'Init'), /Spec is not Init/],
    ['---- MODULE Z ----\n====\n', /no definition of Spec/],
  ];
  for (const [text, message] of cases) {
    assert.throws(() => labelled([text], 'Z', CFG, 'Spec', bounds), message);
  }
});
