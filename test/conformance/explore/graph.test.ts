/** Two graphs compared: each way in which they can differ is found, and where. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compare,
  Graph,
  labelOfStep,
  States,
  targetOfStep,
} from '../../../conformance/explore/graph.js';

const VIEW = {
  counters: { crash: 0, disconnect: 0, broadcasts: 0 },
  msgs: [],
  live: [],
  notes: [],
};

/** States are told apart by a counter; own states by their key: "5" or "5a", "5b" for the same state. */
function graphOf(states: States, edges: string): Graph {
  const graph = new Graph();
  const idOf = (key: string): number => {
    const id = graph.idOf(key);
    const issuedEpoch = Number.parseInt(key, 10);
    graph.states[id] = states.stateId(
      [],
      states.netId({ ...VIEW, counters: { ...VIEW.counters, issuedEpoch } }),
    );
    return id;
  };
  graph.initial.push(idOf('0'));
  for (const edge of edges.split(' ')) {
    const [from = '', label = '', to = ''] = edge.split('-');
    graph.addEdge(idOf(from), states.labels.idOf(label), idOf(to));
  }
  return graph;
}

function compared(first: string, second: string) {
  const states = new States();
  const [a, b] = [graphOf(states, first), graphOf(states, second)];
  const result = compare(a, a.size, b, states);
  const words = (steps: readonly number[]) =>
    steps.map((step) => {
      const { issuedEpoch } = states.modelOf(targetOfStep(step)).counters;
      return `${states.labels.textOf(labelOfStep(step))}-${issuedEpoch}`;
    });
  const { difference } = result;
  return {
    ...result,
    difference: difference && {
      at: states.modelOf(difference.graph.states[difference.at]!).counters.issuedEpoch,
      path: difference.graph.pathTo(difference.at).length - 1,
      onlyFirst: words(difference.onlyFirst),
      onlySecond: words(difference.onlySecond),
      hidden: difference.hidden,
    },
  };
}

test('equal graphs: counts, and a digest that order does not change', () => {
  const one = compared('0-a-1 1-b-2 2-c-0', '0-a-1 1-b-2 2-c-0');
  assert.equal(one.difference, null);
  assert.deepEqual([one.states, one.edges], [3, 3]);
  const other = compared('0-a-1 2-c-0 1-b-2', '0-a-1 2-c-0 1-b-2');
  assert.equal(one.digest, other.digest);
  assert.match(one.digest, /^[0-9a-f]{32}$/);
});

test('an edge twice is one edge; two own states of one state are one state', () => {
  const { difference, states, edges } = compared('0-a-1 0-a-1x 1-b-0 1x-b-0', '0-a-1 1-b-0');
  assert.equal(difference, null);
  assert.deepEqual([states, edges], [2, 2]);
});

const NONE = { onlyFirst: [], onlySecond: [], hidden: false };

test('an edge that only the first has', () => {
  const { difference } = compared('0-a-1 1-b-2 1-c-0', '0-a-1 1-b-2');
  assert.deepEqual(difference, { ...NONE, at: 1, path: 1, onlyFirst: ['c-0'] });
});

test('an edge that only the second has', () => {
  const { difference } = compared('0-a-1 1-b-2', '0-a-1 1-b-2 2-c-3');
  assert.deepEqual(difference, { ...NONE, at: 2, path: 2, onlySecond: ['c-3'] });
});

test('another label between the same states', () => {
  const { difference } = compared('0-a-1', '0-b-1');
  assert.deepEqual(difference, {
    ...NONE,
    at: 0,
    path: 0,
    onlyFirst: ['a-1'],
    onlySecond: ['b-1'],
  });
});

test('another state behind the same label', () => {
  const { difference } = compared('0-a-1', '0-a-2');
  assert.deepEqual(difference, {
    ...NONE,
    at: 0,
    path: 0,
    onlyFirst: ['a-1'],
    onlySecond: ['a-2'],
  });
});

test('an own state that does less than another of the same state', () => {
  const first = compared('0-a-1 0-a-1x 1-b-0', '0-a-1 1-b-0');
  assert.deepEqual(first.difference, { ...NONE, at: 1, path: 1, onlySecond: ['b-0'] });
  const second = compared('0-a-1 1-b-0', '0-a-1 0-a-1x 1-b-0');
  assert.deepEqual(second.difference, {
    at: 1,
    path: 1,
    onlyFirst: [],
    onlySecond: ['b-0'],
    hidden: true,
  });
});

test('a graph of which only a part was walked is compared as far as that', () => {
  const states = new States();
  const [a, b] = [graphOf(states, '0-a-1 1-b-2'), graphOf(states, '0-a-1 1-c-2')];
  assert.equal(compare(a, 1, b, states).difference?.at, b.idOf('1'));
  assert.equal(compare(a, 2, b, states).difference?.at, a.idOf('1'));
});
