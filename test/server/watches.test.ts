import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ClientConn, SessionId } from '../../src/core/ids.js';
import type { SetWatchesRequest } from '../../src/core/request.js';
import type { TxnBody } from '../../src/core/txn.js';
import type { Zxid } from '../../src/core/zxid.js';
import {
  type WatchEvent,
  type WatchKind,
  type WatchTable,
  WATCH_KINDS,
  addWatch,
  catchUp,
  countWatches,
  emptyWatches,
  hasWatch,
  removeConn,
  removeWatch,
  trigger,
  watchersByPath,
} from '../../src/server/watches.js';
import { OPEN_ACL_UNSAFE } from '../../src/tree/acl.js';
import { applyTxn } from '../../src/tree/apply.js';
import type { Change } from '../../src/tree/change.js';
import { sortedNames } from '../../src/tree/name-set.js';
import { entriesOf } from '../../src/tree/string-map.js';
import { emptyTree, type Tree } from '../../src/tree/tree.js';

const conn = (n: number): ClientConn => n as ClientConn;
const A = conn(1);
const B = conn(2);
const C = conn(3);

function watching(...watches: readonly (readonly [WatchKind, string, ClientConn])[]): WatchTable {
  return watches.reduce((t, [kind, path, who]) => addWatch(t, kind, path, who), emptyWatches());
}

function change(type: Change['type'], path: string): Change {
  return { type, path, acl: OPEN_ACL_UNSAFE };
}

function told(events: readonly WatchEvent[]): string[] {
  return events.map((event) => `${event.conn} ${event.event} ${event.path}`);
}

test('each change speaks to its table, with its event number', () => {
  const table = watching(['data', '/a', A], ['child', '/a', B]);
  const cases: readonly (readonly [Change['type'], string[], number])[] = [
    ['created', ['1 1 /a'], 1],
    ['deleted', ['1 2 /a', '2 2 /a'], 0],
    ['data', ['1 3 /a'], 1],
    ['children', ['2 4 /a'], 1],
  ];
  for (const [type, expected, left] of cases) {
    const [after, events] = trigger(table, change(type, '/a'));
    assert.deepEqual(told(events), expected, type);
    assert.equal(countWatches(after), left, type);
  }
});

test('a delete tells data watchers first, then child watchers that were not told', () => {
  const table = watching(
    ['child', '/a', B],
    ['child', '/a', A],
    ['data', '/a', C],
    ['data', '/a', B],
  );
  const [after, events] = trigger(table, change('deleted', '/a'));
  assert.deepEqual(told(events), ['2 2 /a', '3 2 /a', '1 2 /a']);
  assert.deepEqual(after, emptyWatches());
});

test('a watch fires once', () => {
  const [once, first] = trigger(watching(['data', '/a', A]), change('data', '/a'));
  assert.equal(first.length, 1);
  const [twice, second] = trigger(once, change('data', '/a'));
  assert.deepEqual(second, []);
  assert.equal(twice, once);
});

test('watches on other paths, above or below, hear nothing', () => {
  const table = watching(['data', '/a/b', A], ['child', '/', B], ['data', '/ab', C]);
  for (const type of ['created', 'deleted', 'data', 'children'] as const) {
    const [after, events] = trigger(table, change(type, '/a'));
    assert.deepEqual([after, events], [table, []]);
  }
});

test('watching twice is watching once', () => {
  const once = watching(['data', '/a', A]);
  assert.equal(addWatch(once, 'data', '/a', A), once);
  assert.equal(countWatches(addWatch(once, 'child', '/a', A)), 2);
});

test('a persistent watch hears of data and of children, and stays', () => {
  const table = watching(['persistent', '/a', A]);
  for (const [type, event] of Object.entries({ created: 1, deleted: 2, data: 3, children: 4 })) {
    const [after, events] = trigger(table, change(type as Change['type'], '/a'));
    assert.deepEqual(told(events), [`1 ${event} /a`]);
    assert.equal(after, table);
    assert.deepEqual(trigger(table, change(type as Change['type'], '/a/b')), [table, []]);
  }
});

test('a recursive watch hears of all below it but never of children, and stays', () => {
  const table = watching(['recursive', '/', A], ['recursive', '/a', B], ['recursive', '/ab', C]);
  for (const path of ['/a', '/a/b', '/a/b/c']) {
    for (const [type, event] of Object.entries({ created: 1, deleted: 2, data: 3 })) {
      const [after, events] = trigger(table, change(type as Change['type'], path));
      assert.deepEqual(told(events), [`1 ${event} ${path}`, `2 ${event} ${path}`]);
      assert.equal(after, table);
    }
    assert.deepEqual(trigger(table, change('children', path)), [table, []]);
  }
});

test('whoever watches in several ways is told once, and only the standard watches go', () => {
  const kinds = ['recursive', 'child', 'persistent', 'data'] as const;
  const table = watching(...kinds.map((kind) => [kind, '/a', A] as const), ['recursive', '/', A]);
  const [after, events] = trigger(table, change('deleted', '/a'));
  assert.deepEqual(told(events), ['1 2 /a']);
  assert.deepEqual(laidOut(after, 'byConn'), [
    'persistent /a 1',
    'recursive / 1',
    'recursive /a 1',
  ]);
});

test('counts are those of Apache’s two tables', () => {
  const table = watching(
    ['data', '/a', A],
    ['recursive', '/a', A],
    ['persistent', '/a', B],
    ['child', '/a', B],
    ['child', '/b', B],
  );
  assert.deepEqual([...watchersByPath(table, 'data')], [['/a', [A, B]]]);
  assert.deepEqual(
    new Map(watchersByPath(table, 'child')),
    new Map([
      ['/a', [B]],
      ['/b', [B]],
    ]),
  );
  assert.equal(countWatches(table), 4);
});

test('a connection takes its watches along', () => {
  const table = watching(
    ['data', '/a', A],
    ['child', '/a', A],
    ['data', '/a', B],
    ['data', '/b', A],
  );
  const after = removeConn(table, A);
  assert.deepEqual(laidOut(after, 'byPath'), ['data /a 2']);
  assert.deepEqual(laidOut(after, 'byConn'), ['data /a 2']);
  assert.equal(removeConn(after, A), after);
});

interface One {
  readonly kind: WatchKind;
  readonly path: string;
  readonly who: number;
}

type Step =
  | (One & { readonly do: 'add' })
  | (One & { readonly do: 'remove' })
  | { readonly do: 'drop'; readonly who: number }
  | { readonly do: 'fire'; readonly type: Change['type']; readonly path: string };

const paths = fc.constantFrom('/', '/a', '/a/b', '/c');
const who = fc.integer({ min: 1, max: 12 });
const kind = fc.constantFrom(...WATCH_KINDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('add' as const), kind, path: paths, who }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('remove' as const), kind, path: paths, who }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('fire' as const),
      type: fc.constantFrom(
        'created' as const,
        'deleted' as const,
        'data' as const,
        'children' as const,
      ),
      path: paths,
    }),
  },
);

/** The watches as a list of texts `kind path who`. */
function fire(model: Set<string>, type: Change['type'], path: string): string[] {
  const ofData = (n: number): boolean =>
    model.delete(`data ${path} ${n}`) ||
    model.has(`persistent ${path} ${n}`) ||
    isAbove(model, path, n);
  const ofChildren = (n: number): boolean =>
    model.delete(`child ${path} ${n}`) || model.has(`persistent ${path} ${n}`);
  const tables = {
    created: [ofData],
    data: [ofData],
    deleted: [ofData, ofChildren],
    children: [ofChildren],
  }[type];
  const heard = new Set<number>();
  for (const hears of tables) {
    for (let n = 1; n <= 12; n++) if (hears(n)) heard.add(n);
  }
  const number = { created: 1, deleted: 2, data: 3, children: 4 }[type];
  return [...heard].map((n) => `${n} ${number} ${path}`);
}

/** Does a recursive watch of `n` stand at `path` or above it? */
function isAbove(model: Set<string>, path: string, n: number): boolean {
  return [...model].some((text) => {
    const [kind, at = '', who] = text.split(' ');
    const covers = at === '/' || at === path || path.startsWith(`${at}/`);
    return kind === 'recursive' && who === String(n) && covers;
  });
}

/** One for each path and connection in the table of data, and one in that of children. */
function countedByApache(model: Set<string>): number {
  const texts = [...model];
  const without = (kind: string): Set<string> =>
    new Set(texts.filter((t) => !t.startsWith(kind)).map((t) => t.slice(t.indexOf(' '))));
  const child = new Set(
    texts.filter((t) => /^(child|persistent)/.test(t)).map((t) => t.slice(t.indexOf(' '))),
  );
  return without('child').size + child.size;
}

test('agrees with a list of watches, and keeps nothing of what is gone', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const model = new Set<string>();
      let table = emptyWatches();
      for (const s of steps) {
        if (s.do === 'add') {
          table = addWatch(table, s.kind, s.path, conn(s.who));
          model.add(`${s.kind} ${s.path} ${s.who}`);
        } else if (s.do === 'remove') {
          const before = table;
          const text = `${s.kind} ${s.path} ${s.who}`;
          assert.equal(hasWatch(table, s.kind, s.path, conn(s.who)), model.has(text));
          table = removeWatch(table, s.kind, s.path, conn(s.who));
          if (!model.delete(text)) assert.equal(table, before, 'nothing to remove: same table');
        } else if (s.do === 'drop') {
          table = removeConn(table, conn(s.who));
          for (const text of [...model]) if (text.endsWith(` ${s.who}`)) model.delete(text);
        } else {
          const [after, events] = trigger(table, change(s.type, s.path));
          assert.deepEqual(told(events), fire(model, s.type, s.path));
          table = after;
        }
        assert.deepEqual(laidOut(table, 'byPath'), [...model].sort());
        assert.deepEqual(laidOut(table, 'byConn'), [...model].sort());
        assert.equal(countWatches(table), countedByApache(model));
      }
    }),
    { numRuns: 300 },
  );
});

/** Every watch that one of the two indexes knows; no entry of an index may be empty. */
function laidOut(table: WatchTable, index: 'byPath' | 'byConn'): string[] {
  const texts: string[] = [];
  for (const kind of WATCH_KINDS) {
    const entries =
      index === 'byPath'
        ? [...entriesOf(table[kind].byPath)].map(([path, conns]) =>
            [...conns].map((c) => `${path} ${c}`),
          )
        : [...table[kind].byConn].map(([c, those]) =>
            sortedNames(those).map((path) => `${path} ${c}`),
          );
    for (const entry of entries) {
      assert.ok(entry.length > 0, 'an empty entry');
      texts.push(...entry.map((text) => `${kind} ${text}`));
    }
  }
  return texts.sort();
}

function treeAfter(...bodies: readonly TxnBody[]): Tree {
  return bodies.reduce((tree, body) => {
    const zxid = (tree.lastZxid + 1) as Zxid;
    return applyTxn(tree, { zxid, sessionId: 1n as SessionId, cxid: 0, time: 0, body }).tree;
  }, emptyTree());
}

function create(path: string): TxnBody {
  const acl = OPEN_ACL_UNSAFE;
  return { type: 'create', path, data: null, acl, ephemeral: false, parentCVersion: -1 };
}

function setWatches(relativeZxid: number, lists: Partial<SetWatchesRequest>): SetWatchesRequest {
  return {
    op: 'setWatches',
    relativeZxid: relativeZxid as Zxid,
    data: [],
    exist: [],
    child: [],
    persistent: [],
    persistentRecursive: [],
    ...lists,
  };
}

test('setWatches tells what was missed and arms the rest', () => {
  // zxids: /a 1, /a/x 2, /b 3, data of /b 4.
  const tree = treeAfter(create('/a'), create('/a/x'), create('/b'), {
    type: 'setData',
    path: '/b',
    data: null,
    version: 1,
  });
  const settle = (zxid: number, lists: Partial<SetWatchesRequest>) => {
    const [table, events] = catchUp(emptyWatches(), tree, A, setWatches(zxid, lists));
    return [told(events), laidOut(table, 'byPath')];
  };
  assert.deepEqual(settle(3, { data: ['/a', '/b', '/gone'] }), [
    ['1 3 /b', '1 2 /gone'],
    ['data /a 1'],
  ]);
  assert.deepEqual(settle(4, { data: ['/b'] }), [[], ['data /b 1']]);
  assert.deepEqual(settle(4, { exist: ['/a', '/gone'] }), [['1 1 /a'], ['data /gone 1']]);
  assert.deepEqual(settle(1, { child: ['/a', '/b', '/gone'] }), [
    ['1 4 /a', '1 4 /b', '1 2 /gone'],
    [],
  ]);
  assert.deepEqual(settle(2, { child: ['/a'] }), [[], ['child /a 1']]);
  assert.deepEqual(settle(0, { data: ['/a'], exist: ['/a'], child: ['/a'] }), [
    ['1 3 /a', '1 1 /a', '1 4 /a'],
    [],
  ]);
  assert.deepEqual(settle(0, { persistent: ['/a', '/gone'], persistentRecursive: ['/a'] }), [
    [],
    ['persistent /a 1', 'persistent /gone 1', 'recursive /a 1'],
  ]);
});

test('setWatches leaves other connections’ watches alone', () => {
  const tree = treeAfter(create('/a'));
  const before = watching(['data', '/a', B], ['child', '/a', B]);
  const [after, events] = catchUp(before, tree, A, setWatches(0, { data: ['/a'], child: ['/a'] }));
  assert.deepEqual(told(events), ['1 3 /a', '1 4 /a']);
  assert.equal(after, before);
});
