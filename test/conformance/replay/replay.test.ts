/** `zab replay`: what agrees, what does not, and what is no behaviour. About 15 s. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { runReplay } from '../../../conformance/replay/command.js';
import { Replayer } from '../../../conformance/replay/replay.js';
import type { Successors } from '../../../conformance/replay/replay.js';
import { disagreementLines, replayTrace } from '../../../conformance/replay/report.js';
import { traceOf } from '../../../conformance/replay/trace.js';
import type { Trace } from '../../../conformance/replay/trace.js';
import { packageRoot } from '../../../conformance/package-root.js';
import { successors } from '../../../conformance/explore/successors.js';
import { parametersOf, TOLD_ACTIONS } from '../../../conformance/story/actions.js';
import { savedText } from '../../../conformance/story/saved.js';
import { parseValue, printValue } from '../../../conformance/tla2tools-runner/index.js';
import type { TlaValue } from '../../../conformance/tla2tools-runner/index.js';
import { temporaryFolder } from '../tla2tools-runner/helper.js';
import { parseXml } from '../xml.js';
import { asPrinted, asSimulated, asTool, behaviours } from './helper.js';

const OBSERVER_CFG = join(packageRoot(), 'spec', 'replay', 'ReplayObserver.cfg');
let traces: readonly Trace[] = [];
before(async () => {
  traces = await behaviours('ReplayObserver', 12, 7);
});

function replayed(trace: Trace, next?: Successors) {
  return replayTrace(trace, 0, (setting) => new Replayer(setting, next)).replay;
}

async function run(...args: readonly string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (l: string) => out.push(l), err: (l: string) => err.push(l), status: null };
  return { code: await runReplay(args, io), out, err };
}

/** A trace that is long enough, and takes this action. */
function withAction(action: string): Trace {
  const found = traces.find(({ states }) => states.some(({ step }) => step?.startsWith(action)));
  assert.ok(found, `no behaviour has ${action}`);
  return found;
}

function saved(trace: Trace, model = 'ReplayObserver'): string {
  return savedText({
    ...{ model, module: 'MCZab', config: readFileSync(OBSERVER_CFG, 'utf8') },
    violated: { kind: 'invariant', properties: ['None'] },
    counterexample: {
      states: trace.states.map(({ step, text }, i) => ({
        index: i + 1,
        action: step?.replace(/\(.*/, '') ?? null,
        location: '',
        state: new Map([...text].map(([name, value]) => [name, parseValue(value)])),
      })),
      backTo: null,
      backAction: null,
      stuttering: false,
    },
  });
}

test('the reducers agree with simulated behaviours, in every form that TLC prints them', async (t) => {
  const folder = await temporaryFolder(t);
  for (const trace of traces) assert.equal(replayed(trace).disagreement, null, trace.name);
  const trace = withAction('ObserverProcessINFORM');
  const steps = trace.states.length - 1;
  const forms = { simulated: asSimulated(trace), printed: asPrinted(trace), tool: asTool(trace) };
  for (const [form, text] of Object.entries({ ...forms, saved: saved(trace) })) {
    const path = join(folder, form);
    await writeFile(path, text);
    const { code, out, err } = await run(path);
    assert.equal(code, 0, [...out, ...err].join('\n'));
    assert.equal(out[0], `agrees ${path} (${steps} steps)`);
    assert.match(out.at(-1) ?? '', /^1 behaviours, \d+ steps of \d+ actions: all agree; /);
  }
});

/** A value in which servers are model values instead of sids. */
function withNames(trace: Trace, names: readonly string[]): Trace {
  const { known } = trace;
  assert.ok(known !== null);
  const name = (sid: TlaValue): TlaValue =>
    sid.kind === 'int' ? { kind: 'model', name: names[sid.value - 1] ?? 'none' } : sid;
  const keyed = (value: TlaValue, inner: (v: TlaValue) => TlaValue): TlaValue =>
    value.kind === 'seq' && value.elements.length === names.length
      ? {
          kind: 'function',
          pairs: value.elements.map((element, i) => [
            { kind: 'model', name: names[i] ?? '' },
            inner(element),
          ]),
        }
      : value;
  const same = (value: TlaValue) => value;
  const sets = (value: TlaValue): TlaValue =>
    value.kind === 'set' ? { kind: 'set', elements: value.elements.map(name) } : value;
  const field =
    (key: string) =>
    (value: TlaValue): TlaValue =>
      mapFields(value, key, name);
  const spelled: Readonly<Record<string, (value: TlaValue) => TlaValue>> = {
    leaderOf: name,
    link: name,
    learners: (value) => keyed(value, same),
    acked: (value) => keyed(value, same),
    msgs: (value) => keyed(value, field('value')),
    ackEpochs: sets,
    ackNewLeader: sets,
    epochInfos: field('sid'),
    history: field('value'),
    disk: field('value'),
    diskQueue: field('value'),
  };
  const states = trace.states.map(({ text }) => ({
    step: null,
    text: new Map(
      [...text].map(([variable, printed]) => {
        const value = parseValue(printed);
        if (variable === 'live') {
          const pairs = value.kind === 'set' ? value.elements : [];
          const ends = (pair: TlaValue): TlaValue =>
            pair.kind === 'seq' ? { kind: 'seq', elements: pair.elements.map(name) } : pair;
          return [variable, printValue({ kind: 'set', elements: pairs.map(ends) })];
        }
        return [variable, printValue(keyed(value, spelled[variable] ?? same))];
      }),
    ),
  }));
  const servers = [...names].sort();
  const observers = known.observers.map((sid) => names[Number(sid) - 1] ?? '');
  return { ...trace, states, known: { ...known, servers, observers } };
}

function mapFields(value: TlaValue, key: string, to: (v: TlaValue) => TlaValue): TlaValue {
  const again = (inner: TlaValue) => mapFields(inner, key, to);
  switch (value.kind) {
    case 'record':
      return {
        kind: 'record',
        fields: value.fields.map(([k, v]) => [k, k === key ? to(v) : again(v)] as const),
      };
    case 'seq':
      return { kind: 'seq', elements: value.elements.map(again) };
    case 'set':
      return { kind: 'set', elements: value.elements.map(again) };
    default:
      return value;
  }
}

test('where servers are model values, the order of sids that the behaviour is of is found', () => {
  const trace = withAction('ObserverProcessINFORM');
  const named = withNames(trace, ['gamma', 'alpha', 'beta']);
  assert.match(named.states[1]?.text.get('state') ?? '', /^\(gamma :> "/);
  assert.equal(replayed(named).disagreement, null);
  assert.ok(named.known !== null);
  const bare = {
    ...trace,
    known: { ...named.known, ...trace.known, granularity: null, drops: null },
  };
  assert.equal(replayed(bare).disagreement, null, 'what the states do not say is found by trying');
});

/** The reducers, but what `mutate` does to each of their steps. */
function mutated(mutate: (step: ReturnType<Successors>[number]) => ReturnType<Successors>[number]) {
  const next: Successors = (world, model, bounds, worlds, wanted) =>
    successors(world, model, bounds, worlds, wanted).map(mutate);
  return next;
}

test('reducers that forget a write disagree at the step that asks for it', () => {
  const trace = withAction('FollowerProcessPROPOSAL(');
  const first = trace.states.findIndex(({ step }) => step?.startsWith('FollowerProcessPROPOSAL('));
  const forgets = mutated((step) => {
    if (step.action !== 'FollowerProcessPROPOSAL') return step;
    const [sid] = step.params;
    const nodes = step.world.nodes.map((node, i) =>
      i + 1 === sid ? { ...node, writes: node.writes.slice(0, -1) } : node,
    );
    return { ...step, world: { ...step.world, nodes } };
  });
  const { disagreement, steps } = replayed(trace, forgets);
  assert.ok(disagreement !== null);
  assert.equal(steps, first - 1);
  assert.equal(disagreement.step, trace.states[first]?.step);
  const [difference] = disagreement.differences;
  assert.match(difference?.variable ?? '', /^server \d diskQueue$/);
  assert.match(difference?.expected ?? '', /append \d\.\d:\d!$/);
  const said = disagreementLines(trace.name, disagreement).join('\n');
  assert.match(
    said,
    /^disagrees ReplayObserver#\d+ at step \d+, FollowerProcessPROPOSAL\(\d, \d\)/,
  );
  assert.match(said, /diskQueue: expected .*append .*, the reducers have /);
});

test('reducers that never take a step disagree where the specification takes it', () => {
  const trace = withAction('LeaderProcessACKNEWLEADER');
  const lacks: Successors = (world, model, bounds, worlds, wanted) =>
    successors(world, model, bounds, worlds, wanted).filter(
      ({ action }) => action !== 'LeaderProcessACKNEWLEADER',
    );
  const { disagreement } = replayed(trace, lacks);
  assert.match(disagreement?.step ?? '', /^LeaderProcessACKNEWLEADER\(/);
  assert.equal(disagreement?.nearest, null);
  assert.ok((disagreement?.possible.length ?? 0) > 0);
});

test('a behaviour that is none: the first state that the reducers do not come to', async (t) => {
  const folder = await temporaryFolder(t);
  const trace = withAction('LeaderPropose');
  const at = trace.states.findIndex(({ step }) => step?.startsWith('LeaderPropose'));
  const text = asPrinted({
    ...trace,
    states: trace.states.map((state, i) =>
      i < at ? state : { ...state, text: new Map([...state.text, ['newEpoch', '<<7, 7, 7>>']]) },
    ),
  });
  const path = join(folder, 'changed');
  const junit = join(folder, 'junit.xml');
  await writeFile(path, text);
  const { code, out } = await run(path, '--config', OBSERVER_CFG, '--junit', junit);
  assert.equal(code, 1);
  assert.match(out[0] ?? '', new RegExp(`^disagrees .*changed at step ${at}, LeaderPropose`));
  assert.match(out.join('\n'), /server \d newEpoch: expected 7, the reducers have \d/);
  const [suite] = parseXml(readFileSync(junit, 'utf8')).children;
  assert.equal(suite?.attributes['failures'], '1');
  const json = await run(path, '--config', OBSERVER_CFG, '--json');
  const parsed = JSON.parse(json.out.join('')) as { agrees: boolean; traces: { steps: number }[] };
  assert.deepEqual([parsed.agrees, parsed.traces[0]?.steps], [false, at - 1]);
});

test('a lasso: the step that closes the loop must lead back', () => {
  const trace = withAction('TakeSnapshot');
  const shut = { ...trace, loop: { to: 0, step: null } };
  const { disagreement, steps } = replayed(shut);
  assert.equal(steps, trace.states.length - 1);
  assert.ok(disagreement !== null, 'no last state leads back to the first');
});

test('stories tell the parameters that the steps had', () => {
  for (const { states } of traces) {
    for (const [i, { step, text }] of states.entries()) {
      const earlier = states[i - 1];
      if (step === null || earlier === undefined) continue;
      const state = (of: typeof text) =>
        new Map([...of].map(([name, value]) => [name, parseValue(value)]));
      const [, action = '', list = ''] = /^(\w+)\((.*)\)$/.exec(step) ?? [];
      assert.ok(TOLD_ACTIONS.includes(action), action);
      const parameters = parametersOf(action, state(earlier.text), state(text));
      assert.equal(
        parameters?.join(', ').replace(/\{.*\}/, (s) => s.replaceAll(' ', '')),
        list,
      );
    }
  }
});

test('what is no behaviour, or no option: one line that names it, exit 2', async (t) => {
  const folder = await temporaryFolder(t);
  const trace = withAction('LeaderPropose');
  const whole = asSimulated(trace);
  const refused = async (text: string, expected: RegExp) => {
    const path = join(folder, 'input');
    await writeFile(path, text);
    const { code, out, err } = await run(path);
    assert.deepEqual([code, out, err.length], [2, [], 1], err.join('\n'));
    assert.match(err[0] ?? '', expected);
  };
  await refused('', /input: no states as TLC prints them/);
  await refused('{"a": 1}', /input: JSON, but no counterexample/);
  await refused(saved(trace).replace('"v": 1', '"v": 2'), /input: v: expected 1, got 2/);
  await refused(saved(trace).slice(0, -40), /input: no JSON/);
  await refused(whole.slice(0, -60), /input: cut off/);
  await refused('STATE_1 ==\n/\\ x = 1\n\n=====\n', /no variable state: no behaviour of this/);
  await refused(whole.replaceAll('/\\ link = ', '/\\ lonk = '), /without the variable link/);
  await refused(whole.replace('/\\ live = {}', '/\\ live = {'), /input: not a TLA\+ value/);
  await refused(whole.replace('/\\ live = {}', '/\\ live = 3'), /a state of another specification/);
  const later = asSimulated({ ...trace, states: trace.states.slice(5) });
  await refused(later, /its first state is none in which every server has just started/);

  const wrong = async (expected: RegExp, ...args: readonly string[]) => {
    const { code, err } = await run(...args);
    assert.deepEqual([code, err.length], [2, 1]);
    assert.match(err[0] ?? '', expected);
  };
  await wrong(/^zab replay: no file given/);
  await wrong(/^cannot read .*none: ENOENT$/, join(folder, 'none'));
  await wrong(/^cannot read .*: EISDIR$/, folder);
  await wrong(/^cannot read none\.cfg$/, join(folder, 'input'), '--config', 'none.cfg');
  await wrong(/Unknown option '--fast'/, '--fast');
  await wrong(/--traces, --seed and --shard go with --simulate/, 'x', '--seed', '1');
  await wrong(/--traces 0: expected a number from 1/, '--simulate', '--traces', '0');
  await wrong(/--shard 3\/2: expected I\/N/, '--simulate', '--shard', '3/2');
  await wrong(/^no simulation 'Nope'/, '--simulate', 'Nope');
  await wrong(/--config goes with files/, '--simulate', '--config', 'x');
});

test('--list and --help run nothing', async () => {
  const { code, out } = await run('--list');
  assert.equal(code, 0);
  assert.ok(out.some((line) => line.startsWith('ReplayElection')));
  assert.match((await run('--help')).out[0] ?? '', /^Usage: zab replay/);
});

test('a text without any state of TLC is none', () => {
  assert.throws(() => traceOf('x', 'State of affairs: good'), /no states as TLC prints them/);
});
