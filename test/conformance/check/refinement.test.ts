/**
 * Refinement (R1 to R3), liveness (L1 to L5) and Apache's three holes are in the manifest from both
 * sides: a quick model in which each holds, and one in which it must be violated.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadManifest } from '../../../conformance/check/manifest.js';
import type { Model } from '../../../conformance/check/manifest.js';
import { invariants, temporalProperties } from '../../../conformance/tla2tools-runner/cfg.js';
import { packageRoot } from '../../../conformance/package-root.js';

const { folder, models } = loadManifest(join(packageRoot(), 'spec', 'models', 'manifest.json'));

const configOf = (model: Model): string => readFileSync(join(folder, model.config), 'utf8');
const names = (model: Model, name: string): boolean =>
  [...invariants(configOf(model)), ...temporalProperties(configOf(model))].includes(name);
const holdsIn = (name: string): readonly Model[] =>
  models.filter((m) => m.class === 'quick' && m.expect === 'holds' && names(m, name));
const violatedIn = (name: string): readonly Model[] =>
  models.filter((m) => m.expect !== 'holds' && m.expect.violates === name);

const CHECKED = [
  ['R1', 'RefinesCommittedLog'],
  ['R2', 'RefinesAtomic'],
  ['R3', 'RefinesOracle'],
  ['L1', 'EventuallyEstablished'],
  ['L2', 'EventuallyBroadcast'],
  ['L3', 'EventuallyDelivered'],
  ['L4', 'RecoveryEnds'],
  ['L5', 'EventuallyElected'],
] as const;

for (const [number, name] of CHECKED) {
  test(`${number} ${name} holds in a quick model and is violated by a fault`, () => {
    assert.notDeepEqual(holdsIn(name), [], 'no quick model checks it');
    const violated = violatedIn(name);
    assert.notDeepEqual(violated, [], 'nothing shows that it can be violated');
    for (const model of violated) assert.ok(names(model, name), `${model.name} checks it`);
  });
}

test('all of L1 to L4 hold in one model of two servers and in one of three', () => {
  for (const servers of ['{1, 2}', '{1, 2, 3}']) {
    const all = models.filter(
      (m) =>
        m.class === 'quick' &&
        configOf(m).includes(`Server = ${servers}\n`) &&
        CHECKED.filter(([number]) => /L[1-4]/.test(number)).every(([, name]) => names(m, name)),
    );
    assert.notDeepEqual(all, [], servers);
  }
});

const HOLES = [
  ['ExistentialLocalPrimaryOrder', 'LocalPrimaryOrder'],
  ['TotalOrderOfLongLogs', 'TotalOrder'],
  ['PrimaryIntegrityOfConnectedPairs', 'PrimaryIntegrity'],
] as const;

for (const [theirs, ours] of HOLES) {
  test(`a fault passes ${theirs} and violates ${ours}`, () => {
    const [passes] = holdsIn(theirs);
    assert.ok(passes !== undefined);
    const fault = (model: Model): string =>
      configOf(model)
        .split('\n')
        .filter((line) => !line.startsWith('\\*') && !/^(INVARIANTS| {2}\w+$)/.test(line))
        .join('\n');
    const same = violatedIn(ours).filter((model) => fault(model) === fault(passes));
    assert.equal(same.length, 1, 'one model of the same fault and bounds');
  });
}
