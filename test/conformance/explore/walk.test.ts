/**
 * Random walks through the reducers' worlds: canonical worlds are equal exactly if their keys are, the
 * abstraction has a value for each, and a world's steps depend on nothing but the world.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { boundsOf, readConfig } from '../../../conformance/explore/bounds.js';
import { keyOf, Worlds } from '../../../conformance/explore/canonical.js';
import { modelOf } from '../../../conformance/explore/from-world.js';
import { netText, serverText } from '../../../conformance/explore/model-state.js';
import { initialWorld, labelOf, successors } from '../../../conformance/explore/successors.js';
import type { World } from '../../../conformance/explore/world.js';
import { STEP_NAMES } from '../../../src/core/classify.js';
import { packageRoot } from '../../../conformance/package-root.js';

const NAMES: ReadonlySet<string> = new Set([
  ...STEP_NAMES,
  'ElectLeader',
  'JoinLeader',
  'Crash',
  'TakeSnapshot',
]);

function boundsOfFile(name: string) {
  const path = join(packageRoot(), 'spec', 'explore', `${name}.cfg`);
  return boundsOf(readConfig(readFileSync(path, 'utf8')), 'MCZab');
}

function textOf(world: World, fle: boolean): string {
  const model = modelOf(world, fle);
  return [...model.servers.map(serverText), netText(model)].join('\n');
}

for (const name of ['TwoServers', 'ThreeServers', 'TwoServersElection']) {
  test(`random walks through ${name}`, () => {
    const bounds = boundsOfFile(name);
    const fle = bounds.election === 'fle';
    const choices = fc.array(fc.nat(), { minLength: 40, maxLength: 80 });
    fc.assert(
      fc.property(choices, (picks) => {
        const worlds = new Worlds(!fle);
        let world = initialWorld(bounds, [], worlds);
        for (const pick of picks) {
          const again = worlds.canonical(world);
          assert.equal(worlds.key(again), worlds.key(world));
          assert.equal(keyOf(again), keyOf(world), 'canonical worlds stay as they are');
          const steps = successors(world, modelOf(world, fle), bounds, worlds);
          const fresh = new Worlds(!fle);
          const copy = fresh.canonical(world);
          const labels = successors(copy, modelOf(copy, fle), bounds, fresh).map(labelOf);
          assert.deepEqual(steps.map(labelOf), labels);
          for (const step of steps) {
            assert.ok(NAMES.has(step.action), labelOf(step));
            assert.doesNotMatch(textOf(step.world, fle), /undefined|NaN|\[object/);
          }
          const next = steps[pick % steps.length];
          if (next === undefined) break;
          world = next.world;
        }
      }),
      { numRuns: 15 },
    );
  });
}
