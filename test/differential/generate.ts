/** Programs, by fast-check: few paths, few clients, so that what they do meets. */
import fc from 'fast-check';
import type {
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
import type { SettingName } from './settings.js';
import { acl, data, flags, oneOf, ownPath, path, some, version, type Weighted } from './values.js';

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
  [2, fc.record({ op: fc.constant('deleteContainer' as const), path: ownPath })],
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

const any = oneOf<Request>([
  [60, lasting],
  [3, auth],
  [1, bare('closeSession')],
  [1, refused],
  [1, mangled],
  [1, longer],
]);

/** Where a quota is, and what is in its limits and counts. */
const quotaPath = some('', '', '/a', '/b', '/a/x').chain((at) =>
  some('', '/zookeeper_limits', '/zookeeper_limits', '/zookeeper_stats').map(
    (name) => `/zookeeper/quota~${at}${name}`,
  ),
);
const limits = oneOf<Data>([
  [3, some('count=3,bytes=10', 'count=1,bytes=-1', 'count=-1,bytes=5')],
  [
    6,
    some(
      'count=2,bytes=20=;byteHardLimit=16;countHardLimit=4',
      'count=-1,bytes=-1=;byteHardLimit=12',
      'count=-1,bytes=-1=;countHardLimit=3',
      'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=1',
      'count=0,bytes=0=;byteHardLimit=0;countHardLimit=0',
      'count=9,bytes=9=;byteHardLimit=3000;countHardLimit=99',
    ),
  ],
  [1, some('', 'nonsense', 'count=,bytes=1', 'count=0,bytes=0', null)],
]);
const openAcl = fc.constant([[31, 'world', 'anyone']] as const);
const aboutQuotas = oneOf<Request>([
  [
    4,
    fc.record({
      op: some<Create['op']>('create', 'create', 'create2'),
      path: quotaPath,
      data: limits,
      acl: openAcl,
      flags: fc.constant(0),
    }),
  ],
  [
    3,
    fc.record({
      op: fc.constant('setData' as const),
      path: quotaPath,
      data: limits,
      version: fc.constant(-1),
    }),
  ],
  [1, fc.record({ op: fc.constant('delete' as const), path: quotaPath, version: fc.constant(-1) })],
  [
    6,
    fc.record({
      op: some<WatchingRead['op']>('getData', 'getData', 'exists', 'getChildren2'),
      path: quotaPath,
      watch: fc.boolean(),
    }),
  ],
]);
const withQuotas = oneOf<Request>([
  [3, any],
  [1, aboutQuotas],
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
  readonly setting: SettingName;
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
/** Of create and create2, of createTTL. */
const LAST_MODE = { plain: 4, ttl: 6 };
const RECONFIG = 16;
/**
 * A multi that a mode makes unreadable. Apache's leader, which looks for ephemerals in what a local session asks for, carries out the
 * parts in front of such a one; ours refuses the whole, as Apache does everywhere else.
 */
const isUnreadable = (asked: Request): boolean =>
  asked.op === 'multi' &&
  asked.ops.some((one) => {
    const last = one.op === 'createTTL' ? LAST_MODE.ttl : LAST_MODE.plain;
    return 'flags' in one && (one.flags < 0 || one.flags > last);
  });

/** A reconfiguration that cannot be read stops Apache's follower: it never answers anyone again. */
const stopsFollower = (asked: Request): boolean => asked.op === 'raw' && asked.opcode === RECONFIG;

const allowed = (
  requests: fc.Arbitrary<Request>,
  { without, setting }: Features,
): fc.Arbitrary<Request> => {
  const local = setting === 'local-sessions' || setting === 'local-only';
  const spares = (asked: Request): boolean => !isUnreadable(asked) && !stopsFollower(asked);
  return requests.filter(
    (asked) => !operationsIn(asked).some((op) => without.includes(op)) && (!local || spares(asked)),
  );
};

/** What no server goes on after; of a frame that is whole but cannot be read see `mangled`. */
const bytes = some(
  'ffffffff',
  '80000000',
  '7fffffff',
  '00200000',
  '00000000',
  '00000003010203',
  '0000000700000001000000',
);
const user = some(
  ['ann', 'secret'] as const,
  ['bob', 'word'] as const,
  ['ann', 'wrong'] as const,
  ['nobody', 'secret'] as const,
);
const login = (c: fc.Arbitrary<number>): fc.Arbitrary<Step> =>
  fc.record({ c, user }).map(({ c: client, user: [name, word] }) => ({
    do: 'login',
    c: client,
    user: name,
    password: word,
  }));

const stepOf = (features: Features): fc.Arbitrary<Step> => {
  const { clients, expiry, setting } = features;
  const c = fc.nat({ max: clients - 1 });
  const asked = allowed(setting === 'quotas' ? withQuotas : any, features);
  return oneOf<Step>([
    [60, fc.record({ do: fc.constant('ask' as const), c, request: asked })],
    [
      5,
      fc.record({
        do: fc.constant('burst' as const),
        c,
        requests: fc.array(allowed(lasting, features), { minLength: 2, maxLength: 6 }),
      }),
    ],
    [1, fc.record({ do: fc.constant('connect' as const), c, how: handshake })],
    [1, fc.record({ do: fc.constant('drop' as const), c })],
    [2, fc.record({ do: fc.constant('resume' as const), c, password, how: handshake })],
    [1, fc.record({ do: fc.constant('take' as const), c, of: c })],
    [1, fc.record({ do: fc.constant('bytes' as const), c, bytes })],
    ...(setting === 'auth' ? ([[3, login(c)]] as Weighted<Step>) : []),
    ...(expiry
      ? ([[2, fc.record({ do: fc.constant('expire' as const), c })]] as Weighted<Step>)
      : []),
  ]);
};

/** How a client says who it is; null: it does not. */
type Way = ((c: number) => Step) | null;
const byDigest = (id: string) => (c: number) =>
  ({ do: 'ask', c, request: { op: 'auth', scheme: 'digest', id } }) as const;
const bySasl = (name: string, word: string) => (c: number) =>
  ({ do: 'login', c, user: name, password: word }) as const;
const way = oneOf<Way>([
  [1, fc.constant(null)],
  [2, some(byDigest('ann:secret'), byDigest('bob:word'))],
  [3, some(bySasl('ann', 'secret'), bySasl('bob', 'word'))],
]);
/** Most clients say who they are before they ask for anything, also when they come back. */
const identified = (program: Program, ways: readonly Way[]): Program => {
  const nth = (i: number, c: number): readonly Step[] => {
    const one = ways[i % ways.length];
    return one === null || one === undefined ? [] : [one(c)];
  };
  const first = Array.from({ length: program.clients }, (_, c) => nth(c, c)).flat();
  const steps = program.steps.flatMap((step, i) =>
    ['connect', 'resume', 'take'].includes(step.do) ? [step, ...nth(i, step.c)] : [step],
  );
  return { ...program, steps: [...first, ...steps] };
};

/** A quota of the root, to begin with. */
const limited = (program: Program, text: Data): Program => {
  const make = (name: string, content: Data): Step => ({
    do: 'ask',
    c: 0,
    request: {
      op: 'create',
      path: `/zookeeper/quota~/${name}`,
      data: content,
      acl: [[31, 'world', 'anyone']],
      flags: 0,
    },
  });
  const first = [make('zookeeper_limits', text), make('zookeeper_stats', 'count=0,bytes=0')];
  return { ...program, quotas: true, steps: [...first, ...program.steps] };
};

/**
 * What Apache's server answers in a pipeline depends on what has been applied when, over the end of a parent's counter and where
 * there are quotas; one that is read-only refuses a write before it has answered the reads in front of it. There, one request at a time.
 */
const oneByOne = (program: Program): Program => ({
  ...program,
  steps: program.steps.flatMap((step): readonly Step[] =>
    step.do === 'burst'
      ? step.requests.map((asked) => ({ do: 'ask', c: step.c, request: asked }))
      : [step],
  ),
});

const plain = (features: Features): fc.Arbitrary<Program> =>
  fc
    .record({
      clients: fc.integer({ min: 1, max: features.clients }),
      root: oneOf<Program['root']>([
        [7, fc.constant('fresh')],
        [1, fc.constant('extreme')],
      ]),
      steps: fc.array(stepOf(features), { minLength: 1, maxLength: features.length, size: 'max' }),
    })
    .map((program) => (program.root === 'fresh' ? program : oneByOne(program)));

export const programs = (features: Features): fc.Arbitrary<Program> => {
  const all = plain(features);
  switch (features.setting) {
    case 'auth':
      return fc
        .tuple(all, fc.array(way, { minLength: 1, maxLength: 6 }))
        .map(([program, ways]) => identified(program, ways));
    case 'quotas':
      return fc.tuple(all, limits).map(([program, text]) => oneByOne(limited(program, text)));
    case 'read-only':
      return all.map(oneByOne);
    default:
      return all;
  }
};
