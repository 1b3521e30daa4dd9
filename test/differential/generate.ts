/** Programs, by fast-check: few paths, few clients, so that what they do meets. */
import fc from 'fast-check';
import type {
  Acl,
  Create,
  CreateTtl,
  Data,
  Handshake,
  Part,
  Password,
  Program,
  Request,
  SetWatches,
  Step,
  WatchingRead,
} from './program.js';

type Weighted<T> = readonly (readonly [number, fc.Arbitrary<T>])[];

const oneOf = <T>(choices: Weighted<T>): fc.Arbitrary<T> =>
  fc.oneof(...choices.map(([weight, arbitrary]) => ({ weight, arbitrary })));
const some = <T>(...choices: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...choices);

/** Nodes that programs make and use. */
const known = some('~', '~/a', '~/b', '~/a/x', '~/a/y', '~/a/x/k', '~/e', '~/c');
/** What sequential creates make. */
const numbered = some(
  '~/a/0000000000',
  '~/s0000000000',
  '~/s0000000001',
  '~/s0000000002',
  '~/a/s0000000000',
);
/** What begins like another one and is none below it. */
const alike = some('~/ab', '~/a/xy', '~/a/x/', '~/a/');
/** What exists on every server. */
const system = some('/', '/zookeeper', '/zookeeper/quota', '/zookeeper/none');
/** One of each class that a path may be refused for. */
const odd = some(
  '',
  'a',
  '~/',
  '~//a',
  '/',
  '//',
  '~/.',
  '~/..',
  '~/./a',
  '~/../a',
  '~/.a',
  '~/a.',
  '~/...',
  '~/a/.',
  '~/a/..',
  '~/\u0000',
  '~/a\u0000b',
  '~/\u0001',
  '~/\u001f',
  '~/ ',
  '~/\u007f',
  '~/\u0080',
  '~/\u009f',
  '~/\u00a0',
  '~/\u00e9',
  '~/\u2028',
  '~/\ud7ff',
  '~/\ue000',
  '~/\uf8ff',
  '~/\uf900',
  '~/\uffef',
  '~/\ufff0',
  '~/\ufffd',
  '~/\uffff',
  '~/%d',
  '~/a b',
  '~/\u4e2d\u6587',
  '~/\\',
);
const path: fc.Arbitrary<string> = oneOf([
  [40, known],
  [6, numbered],
  [1, alike],
  [2, odd],
  [1, system],
]);
/** For what must not touch what programs share. */
const ownPath: fc.Arbitrary<string> = oneOf([
  [40, known],
  [6, numbered],
  [1, alike],
  [2, odd],
]);

const data: fc.Arbitrary<Data> = oneOf<Data>([
  [6, some('', 'x', 'hello', '\u00e9')],
  [2, fc.constant(null)],
  [1, some(1, 100, 5000)],
]);
const version = some(-1, -1, -1, 0, 1, 2, 3, -2, 2147483647, -2147483648, 2147483646);
const perms = some(31, 31, 31, 1, 2, 4, 8, 16, 30, 15, 3, 17, 0, -1, 32, 63);
const aclEntry = oneOf<readonly [number, string, string]>([
  [6, fc.tuple(perms, some('world'), some('anyone'))],
  [3, fc.tuple(perms, some('auth'), some('', 'ignored'))],
  // The first is ann:secret.
  [
    4,
    fc.tuple(
      perms,
      some('digest'),
      some(
        'ann:7RJfAeIvrl4zdj6sS2fXrQHDvHM=',
        'bob:x',
        'a:b',
        'a:b:c',
        'nocolon',
        ':',
        'a:',
        ':b',
        '',
      ),
    ),
  ],
  [
    4,
    fc.tuple(
      perms,
      some('ip'),
      some(
        '127.0.0.1',
        '127.0.0.0/8',
        '10.0.0.0/8',
        '0.0.0.0/0',
        '127.0.0.1/32',
        '127.0.0.1/33',
        '127.0.0.1/-1',
        '127.0.0',
        '256.0.0.1',
        '::1',
        '127.0.0.1/x',
        '',
      ),
    ),
  ],
  [1, fc.tuple(perms, some('world'), some('someone', ''))],
  [1, fc.tuple(perms, some('super', 'sasl', 'x509', 'none', ''), some('', 'x'))],
]);
const acl: fc.Arbitrary<Acl> = oneOf<Acl>([
  [16, fc.constant([[31, 'world', 'anyone']] as const)],
  [4, fc.array(aclEntry, { minLength: 1, maxLength: 3 })],
  [1, some(null, [])],
]);

const flags = oneOf([
  [12, fc.constant(0)],
  [4, fc.constant(1)],
  [5, fc.constant(2)],
  [3, fc.constant(3)],
  [2, some(4, 5, 6)],
  [1, some(7, -1, 100, 2147483647)],
]);
const create: fc.Arbitrary<Create> = fc.record({
  op: oneOf<Create['op']>([
    [6, fc.constant('create')],
    [4, fc.constant('create2')],
    [1, fc.constant('createContainer')],
  ]),
  path: ownPath,
  data,
  acl,
  flags,
});
const sequential: fc.Arbitrary<Create> = fc.record({
  op: some<Create['op']>('create', 'create2'),
  path: some('~/s', '~/a/s', '~/a/', '~/', '~/e/s'),
  data,
  acl: fc.constant([[31, 'world', 'anyone']] as const),
  flags: some(2, 3),
});
/** A negative TTL with a mode that has none ends Apache's server. */
const createTtl: fc.Arbitrary<CreateTtl> = fc
  .record({
    op: fc.constant('createTTL' as const),
    path: ownPath,
    data,
    acl: acl.filter((list) => list !== null),
    flags: some(5, 5, 6, 0, 4, 7),
    ttl: some(1_000_000, 3_600_000, 1, 0, -1, 2 ** 40 - 1, 2 ** 40),
  })
  .filter(({ flags: mode, ttl }) => ttl >= 0 || mode === 5 || mode === 6);
const checked: fc.Arbitrary<Part> = fc.record({
  op: some('delete' as const, 'check' as const),
  path: ownPath,
  version,
});
const remove: fc.Arbitrary<Part> = fc.record({
  op: fc.constant('delete' as const),
  path,
  version,
});
const setData: fc.Arbitrary<Part> = fc.record({
  op: fc.constant('setData' as const),
  path: ownPath,
  data,
  version,
});
/** Of a create without an ACL a multi cannot be read: see `deliberate.ts`. */
const part = oneOf<Part>([
  [6, create.filter((one) => one.acl !== null)],
  [2, sequential],
  [1, createTtl],
  [5, checked],
  [4, setData],
]);

const read: fc.Arbitrary<WatchingRead> = fc.record({
  op: some('exists', 'getData', 'getChildren', 'getChildren2'),
  path,
  watch: fc.boolean(),
});
const readPart: fc.Arbitrary<WatchingRead> = fc.record({
  op: some('getData', 'getChildren'),
  path,
  watch: some(false, false, true),
});
const paths = fc.array(path, { maxLength: 3 });
const setWatches: fc.Arbitrary<SetWatches> = fc.record({
  op: some('setWatches', 'setWatches2'),
  since: some(0, 1, 2, 4, 8, -1, 1000),
  data: paths,
  exist: paths,
  child: paths,
  persistent: paths,
  recursive: paths,
});
const auth: fc.Arbitrary<Request> = fc.record({
  op: fc.constant('auth' as const),
  scheme: some('digest', 'digest', 'digest', 'digest', 'ip', 'world', 'none', '', 'sasl', 'x509'),
  id: some<Data>('ann:secret', 'ann:secret', 'bob:word', 'nocolon', '', ':', 'a:b:c', null),
});
const bare = (op: 'ping' | 'whoAmI' | 'closeSession'): fc.Arbitrary<Request> => fc.constant({ op });

const addWatch: fc.Arbitrary<Request> = fc.record({
  op: fc.constant('addWatch' as const),
  path,
  mode: some(0, 1, 0, 1, 0, 1, 2, -1),
});
/** Requests that leave the session as it is. */
const lasting = oneOf<Request>([
  [24, create],
  [10, sequential],
  [2, createTtl],
  [10, remove],
  [10, setData],
  [24, read],
  [
    8,
    fc.record({
      op: some('getACL', 'sync', 'getEphemerals', 'getAllChildrenNumber'),
      path,
    }),
  ],
  [5, fc.record({ op: fc.constant('setACL' as const), path: ownPath, acl, version })],
  [
    9,
    fc.record({
      op: fc.constant('multi' as const),
      ops: fc.array(part, { maxLength: 5 }),
    }),
  ],
  [
    3,
    fc.record({
      op: fc.constant('multiRead' as const),
      ops: fc.array(readPart, { maxLength: 4 }),
    }),
  ],
  [
    6,
    fc.record({
      op: some('removeWatches' as const, 'checkWatches' as const),
      path,
      mode: some(1, 2, 3, 4, 5, 0, 6, -1),
    }),
  ],
  [3, setWatches],
  [6, addWatch],
  [1, bare('ping')],
  [2, bare('whoAmI')],
]);
const refused: fc.Arbitrary<Request> = oneOf<Request>([
  [2, fc.record({ op: fc.constant('check' as const), path, version })],
  [
    1,
    fc.record({
      op: fc.constant('raw' as const),
      opcode: some(99, 1000, -5, 2_000_000_000, 10, -1, 16),
      body: some('', '00000000', 'ffffffff'),
    }),
  ],
]);
/** Reads that cannot be read; of writes see `deliberate.ts`. */
const mangled: fc.Arbitrary<Request> = fc.record({
  op: fc.constant('mangled' as const),
  request: oneOf<Request>([
    [3, read],
    [1, setWatches],
    [1, fc.record({ op: some('getACL' as const, 'getAllChildrenNumber' as const), path })],
  ]),
  keep: some(0, 1, 3, 4, 5, 8, -1, -2, -4),
  tail: some('', '', '00', 'ff', 'ffffffff', '7fffffff'),
});
/** Bytes behind a record that is whole. */
const longer: fc.Arbitrary<Request> = fc.record({
  op: fc.constant('mangled' as const),
  request: oneOf<Request>([
    [1, read],
    [1, create],
    [1, setData],
    [1, remove],
  ]),
  keep: fc.constant(1_000_000),
  tail: some('00', 'ffffffff', '0000000100'),
});

const request = oneOf<Request>([
  [60, lasting],
  [3, auth],
  [1, bare('closeSession')],
  [1, refused],
  [1, mangled],
  [1, longer],
]);

/** No short timeout: a session must not end when the machine is slow. */
const handshake: fc.Arbitrary<Handshake> = oneOf<Handshake>([
  [4, fc.constant({})],
  [1, fc.record({ timeout: some(30_000, 59_999, 60_001, 2_000_000_000) })],
  [1, fc.record({ zxid: some('seen', 'negative', 'future') })],
  [1, fc.record({ readOnly: fc.boolean() })],
  [1, fc.record({ protocolVersion: some(1, -1, 99) })],
  [1, fc.constant({ old: true })],
]);
const password = some<Password>('right', 'right', 'right', 'wrong', 'null', 'empty', 'longer');

/** What it takes to have a client with everything else that a program asks of it. */
export interface Features {
  readonly clients: number;
  readonly length: number;
  /** Sessions that time out: seconds each. */
  readonly expiry: boolean;
  /** Operations to leave out. */
  readonly without: readonly string[];
}

const operationsIn = (asked: Request): readonly string[] => {
  if (asked.op === 'mangled') return operationsIn(asked.request);
  return 'ops' in asked ? [asked.op, ...asked.ops.map(({ op }) => op)] : [asked.op];
};
const allowed = (
  requests: fc.Arbitrary<Request>,
  without: readonly string[],
): fc.Arbitrary<Request> =>
  without.length === 0
    ? requests
    : requests.filter((asked) => !operationsIn(asked).some((op) => without.includes(op)));

const stepOf = ({ clients, expiry, without }: Features): fc.Arbitrary<Step> => {
  const c = fc.nat({ max: clients - 1 });
  const asked = allowed(request, without);
  return oneOf<Step>([
    [60, fc.record({ do: fc.constant('ask' as const), c, request: asked })],
    [
      5,
      fc.record({
        do: fc.constant('burst' as const),
        c,
        requests: fc.array(allowed(lasting, without), { minLength: 2, maxLength: 6 }),
      }),
    ],
    [1, fc.record({ do: fc.constant('connect' as const), c, how: handshake })],
    [1, fc.record({ do: fc.constant('drop' as const), c })],
    [2, fc.record({ do: fc.constant('resume' as const), c, password, how: handshake })],
    [1, fc.record({ do: fc.constant('take' as const), c, of: c })],
    ...(expiry
      ? ([[2, fc.record({ do: fc.constant('expire' as const), c })]] as Weighted<Step>)
      : []),
  ]);
};

/**
 * Over the end of a parent's counter what Apache's server answers in a pipeline depends on what has been applied when: there, one
 * request at a time.
 */
const oneByOne = (step: Step): readonly Step[] =>
  step.do === 'burst'
    ? step.requests.map((asked) => ({ do: 'ask', c: step.c, request: asked }))
    : [step];

export const programs = (features: Features): fc.Arbitrary<Program> =>
  fc
    .record({
      clients: fc.integer({ min: 1, max: features.clients }),
      root: oneOf<Program['root']>([
        [7, fc.constant('fresh')],
        [1, fc.constant('extreme')],
      ]),
      steps: fc.array(stepOf(features), { minLength: 1, maxLength: features.length, size: 'max' }),
    })
    .map((program) =>
      program.root === 'fresh'
        ? program
        : { ...program, steps: program.steps.flatMap((step) => oneByOne(step)) },
    );
