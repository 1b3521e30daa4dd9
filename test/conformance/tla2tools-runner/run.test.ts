import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { test } from 'node:test';
import {
  judge,
  printValue,
  runTlc,
  verdictText,
} from '../../../conformance/tla2tools-runner/index.js';
import type { Progress } from '../../../conformance/tla2tools-runner/index.js';
import { sharedTools, tinySpec } from './helper.js';

const COUNTER = `VARIABLE x
Init == x = 0
Inc == x < 5 /\\ x' = x + 1
Reset == x = 5 /\\ x' = 0
Next == Inc \\/ Reset
Spec == Init /\\ [][Next]_x /\\ WF_x(Next)`;
const INIT_NEXT = 'INIT Init\nNEXT Next\n';

test('a model that holds: counts, depth, coverage; nothing left beside the module', async (t) => {
  const spec = await tinySpec(t, COUNTER, INIT_NEXT);
  const seen: Progress[] = [];
  const result = await runTlc(
    { mode: 'check', ...spec, coverage: true, short: true, onProgress: (p) => seen.push(p) },
    await sharedTools(),
  );
  assert.deepEqual(result.verdict, { kind: 'holds' });
  assert.deepEqual(result.progress, { generated: 7, distinct: 6, queue: 0, depth: 6 });
  assert.deepEqual(seen.at(-1), result.progress);
  assert.equal(result.exitCode, 0);
  assert.match(result.version, /^TLC2 Version 2\.1/);
  assert.deepEqual(
    result.coverage.filter((c) => c.action !== 'Init'),
    [
      { module: 'M', action: 'Inc', distinct: 5, generated: 5 },
      { module: 'M', action: 'Reset', distinct: 0, generated: 1 },
    ],
  );
  assert.deepEqual((await readdir(dirname(spec.module))).sort(), ['M.cfg', 'M.tla']);
  assert.deepEqual(judge(result, { kind: 'holds' }), { ok: true });
});

test('an invariant violated: name, kind and the states that lead there', async (t) => {
  const spec = await tinySpec(t, `${COUNTER}\nSmall == x < 2`, `${INIT_NEXT}INVARIANT Small`);
  const result = await runTlc({ mode: 'mutant', ...spec, short: true }, await sharedTools());
  assert.deepEqual(result.verdict, {
    kind: 'violated',
    violation: { kind: 'invariant', property: 'Small' },
  });
  const states = result.counterexample?.states ?? [];
  assert.deepEqual(
    states.map((s) => [s.index, s.action, printValue(s.state.get('x')!)]),
    [
      [1, null, '0'],
      [2, 'Inc', '1'],
      [3, 'Inc', '2'],
    ],
  );
  assert.match(states[1]!.location, /^line \d+, col \d+ .* of module M$/);
  const expected = { kind: 'violates', property: 'Small', propertyKind: 'invariant' } as const;
  assert.deepEqual(judge(result, expected), { ok: true });
  assert.deepEqual(judge(result, { ...expected, property: 'Other' }), {
    ok: false,
    why: 'expected violates Other (invariant), got violates Small (invariant)',
  });
  assert.deepEqual(judge(result, { kind: 'holds' }), {
    ok: false,
    why: 'expected holds, got violates Small (invariant)',
  });
});

test('an invariant that the initial state violates', async (t) => {
  const spec = await tinySpec(t, `${COUNTER}\nPos == x > 0`, `${INIT_NEXT}INVARIANT Pos`);
  const result = await runTlc({ mode: 'check', ...spec, short: true }, await sharedTools());
  assert.equal(verdictText(result.verdict), 'violates Pos (invariant)');
  assert.equal(printValue(result.counterexample!.states[0]!.state.get('x')!), '0');
});

test('an action property is told from an invariant and from liveness', async (t) => {
  const config = 'SPECIFICATION Spec\nPROPERTY Grows\n';
  const spec = await tinySpec(t, `${COUNTER}\nGrows == [][x' > x]_x`, config);
  const result = await runTlc({ mode: 'check', ...spec, short: true }, await sharedTools());
  assert.equal(verdictText(result.verdict), 'violates Grows (action)');
  assert.equal(result.counterexample?.states.length, 7);
});

test('liveness violated: the loop, and the name if there is one property only', async (t) => {
  const config = 'SPECIFICATION Spec\nPROPERTY Seven \\* a comment\n';
  const spec = await tinySpec(t, `${COUNTER}\nSeven == <>(x = 7)`, config);
  const result = await runTlc({ mode: 'check', ...spec, short: true }, await sharedTools());
  assert.equal(verdictText(result.verdict), 'violates Seven (liveness)');
  assert.notEqual(result.counterexample, null);
  const { backTo, stuttering } = result.counterexample!;
  assert.ok(backTo === 1 || stuttering, `${String(backTo)} ${String(stuttering)}`);
});

test('a deadlock counts only if it is looked for', async (t) => {
  const spec = await tinySpec(
    t,
    "VARIABLE x\nInit == x = 0\nNext == x < 2 /\\ x' = x + 1",
    INIT_NEXT,
  );
  const tools = await sharedTools();
  const strict = await runTlc({ mode: 'check', ...spec, deadlock: true, short: true }, tools);
  assert.equal(verdictText(strict.verdict), 'deadlock');
  assert.equal(strict.counterexample?.states.length, 3);
  const lax = await runTlc({ mode: 'check', ...spec, short: true }, tools);
  assert.equal(verdictText(lax.verdict), 'holds');
});

test('an evaluation error is no violation of anything', async (t) => {
  const body = 'VARIABLE x\nInit == x = 0\nNext == x\' = x + 1\nBad == x < 2 \\/ x = "a"';
  const spec = await tinySpec(t, body, `${INIT_NEXT}INVARIANT Bad`);
  const result = await runTlc({ mode: 'mutant', ...spec, short: true }, await sharedTools());
  assert.equal(result.verdict.kind, 'error');
  assert.equal(
    judge(result, { kind: 'violates', property: 'Bad', propertyKind: 'invariant' }).ok,
    false,
  );
});

test('a false assumption', async (t) => {
  const spec = await tinySpec(t, `${COUNTER}\nASSUME 1 = 2`, INIT_NEXT);
  const result = await runTlc({ mode: 'check', ...spec, short: true }, await sharedTools());
  assert.equal(verdictText(result.verdict), 'violates a property (assumption)');
});

test('simulation: a violation is found, and a clean run holds', async (t) => {
  const tools = await sharedTools();
  const walk = { mode: 'simulate', traces: 20, depth: 8, seed: 7, short: true } as const;
  const bad = await tinySpec(t, `${COUNTER}\nSmall == x < 4`, `${INIT_NEXT}INVARIANT Small`);
  const found = await runTlc({ ...walk, ...bad }, tools);
  assert.equal(verdictText(found.verdict), 'violates Small (invariant)');
  const good = await tinySpec(t, COUNTER, INIT_NEXT);
  const clean = await runTlc({ ...walk, ...good }, tools);
  assert.equal(verdictText(clean.verdict), 'holds');
  assert.equal(clean.progress.distinct, null);
  assert.ok(clean.progress.generated >= 20 * 8);
});

test('a module in a library folder, and what the specification prints', async (t) => {
  const library = await tinySpec(t, 'Three == 3', '');
  const body = 'VARIABLE x\nInit == x = Three /\\ PrintT(<<"init", x>>)\nNext == x\' = x';
  const spec = await tinySpec(t, body, INIT_NEXT);
  const { rename, readFile, writeFile } = await import('node:fs/promises');
  const text = await readFile(library.module, 'utf8');
  await writeFile(library.module, text.replace('MODULE M', 'MODULE Lib'));
  await rename(library.module, library.module.replace('M.tla', 'Lib.tla'));
  const main = await readFile(spec.module, 'utf8');
  await writeFile(spec.module, main.replace('EXTENDS ', 'EXTENDS Lib, '));
  const result = await runTlc(
    { mode: 'trace', ...spec, library: [dirname(library.module)], short: true },
    await sharedTools(),
  );
  assert.equal(result.verdict.kind, 'holds');
  assert.ok(result.output.includes('<<"init", 3>>'));
});

test('what TLC cannot use is a typed error of one line', async (t) => {
  const tools = await sharedTools();
  const refused = async (body: string, config: string, code: string, message: RegExp) => {
    const spec = await tinySpec(t, body, config);
    await assert.rejects(runTlc({ mode: 'check', ...spec, short: true }, tools), (e: Error) => {
      assert.equal((e as Error & { code: string }).code, code);
      assert.match(e.message, message);
      assert.doesNotMatch(e.message, /\n/);
      return true;
    });
  };
  await refused(
    'Init == << 1',
    INIT_NEXT,
    'bad-spec',
    /does not parse: M\.tla: Encountered .* at line 4/,
  );
  await refused('Init == y = 1', INIT_NEXT, 'bad-spec', /line 3.* of module M: Unknown operator/);
  await refused(
    COUNTER,
    `${INIT_NEXT}INVARIANT Nope`,
    'bad-config',
    /invariant Nope .* not defined/,
  );
  await refused(COUNTER, 'INITT Init', 'bad-config', /error in the configuration file at line 1/);
  const spec = await tinySpec(t, COUNTER, INIT_NEXT);
  await assert.rejects(
    runTlc({ mode: 'check', module: spec.module, config: `${spec.config}x` }, tools),
    { code: 'bad-config' },
  );
  await assert.rejects(
    runTlc({ mode: 'check', module: `${spec.module}x.tla`, config: spec.config }, tools),
    { code: 'bad-spec', message: /Cannot find source file/ },
  );
  await assert.rejects(runTlc({ mode: 'check', ...spec }, { ...tools, java: 'no-such-java' }), {
    code: 'tlc-failed',
  });
  await assert.rejects(runTlc({ mode: 'check', ...spec }, { ...tools, jar: spec.config }), {
    code: 'tlc-failed',
  });
});

test('without its counterexample a violation ends the run at once', async (t) => {
  const spec = await tinySpec(t, `${COUNTER}\nSmall == x < 4`, `${INIT_NEXT}INVARIANT Small`);
  const printed: string[] = [];
  const result = await runTlc(
    { mode: 'trace', ...spec, counterexample: false, onOutput: (l) => printed.push(l) },
    await sharedTools(),
  );
  assert.equal(verdictText(result.verdict), 'violates Small (invariant)');
  assert.equal(result.counterexample, null);
  assert.ok(printed.some((l) => l.startsWith('Semantic processing')));
});

test('a run without end stops at its timeout, or when asked to', async (t) => {
  const spec = await tinySpec(t, "VARIABLE x\nInit == x = 0\nNext == x' = x + 1", INIT_NEXT);
  const tools = await sharedTools();
  const late = await runTlc({ mode: 'check', ...spec, short: true, timeoutMs: 200 }, tools);
  assert.deepEqual(late.verdict, { kind: 'stopped', reason: 'timeout' });
  const abort = new AbortController();
  abort.abort();
  const ended = await runTlc({ mode: 'check', ...spec, short: true, signal: abort.signal }, tools);
  assert.deepEqual(ended.verdict, { kind: 'stopped', reason: 'aborted' });
});

test('two runs at once do not disturb each other', async (t) => {
  const spec = await tinySpec(t, COUNTER, INIT_NEXT);
  const tools = await sharedTools();
  const runs = [1, 2].map(() => runTlc({ mode: 'check', ...spec, short: true }, tools));
  for (const result of await Promise.all(runs)) assert.equal(result.verdict.kind, 'holds');
});
