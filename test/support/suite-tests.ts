/** A share of a client's suite on our server, each of its tests a subtest: as it was recorded on Apache's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRecorded } from '../interop/suites/outcomes.js';
import type { Suite } from '../interop/suites/suite.js';

/** `only`: which parts, in the suite's own words; none: all of it. */
export const suiteTests = (suite: Suite, only: readonly string[], timeout: number): void => {
  test(`${suite.title}: a share of them, as on Apache`, { timeout }, async (t) => {
    const recorded = readRecorded(suite.name);
    const share = only.length === 0 ? {} : { only };
    const outcomes = await suite.run({ kind: 'zab', signal: t.signal, ...share });
    assert.ok(outcomes.size > 0, 'no test ran');
    for (const [name, { verdict, reason, attempts }] of outcomes) {
      const known = suite.known.find((k) => k.test.test(name));
      await t.test(name, (s) => {
        if (attempts > 1) s.diagnostic(`${verdict} at the second attempt`);
        if (known !== undefined) s.diagnostic(known.why);
        else assert.equal(verdict, recorded.get(name), reason);
      });
    }
  });
};
