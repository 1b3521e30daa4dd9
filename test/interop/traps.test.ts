/**
 * What a server that is written anew gets wrong, trap by trap, and where this one is held to it. `script` is a scenario of
 * `differential.test.ts`: the same frames to Apache's server and ours. This test only holds the list to the tests that it names.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/provision.js';
import * as connections from './differential/connections.js';
import * as features from './differential/features.js';
import * as operations from './differential/operations.js';
import * as watches from './differential/watches.js';

const scripts: ReadonlySet<string> = new Set(
  [connections, features, operations, watches].flatMap((module) => Object.keys(module)),
);

type Place = { readonly script: string } | { readonly file: string; readonly title: string };
const script = (name: string): Place => ({ script: name });
const unit = (file: string, title: string): Place => ({ file: `${file}.test.ts`, title });
const kept = (title: string): Place => ({ file: 'differential/cases.json', title });

const TRAPS: readonly (readonly [trap: string, ...places: Place[]])[] = [
  [
    'replies come in the order of their requests; xids of clients’ own count',
    unit('server/requests', 'writes are proposed at once, and what follows a write waits for it'),
    kept('a sync in a pipeline is answered before what was proposed after it'),
    script('unknownOperations'),
  ],
  [
    'a ConnectRequest without the readOnly byte; nothing is read behind it before there is a session',
    script('handshakes'),
    unit(
      'shell/client-port',
      'nothing after the ConnectRequest is read before the session is set up',
    ),
  ],
  [
    'a session that is gone or not one’s own is refused, and replaced by no other',
    script('resumption'),
    unit('server/session-lifecycle', 'a session that is unknown, closing or −1 is refused'),
  ],
  [
    'a client that is ahead, or that a server cannot serve, is closed without an answer',
    script('handshakes'),
    unit(
      'server/session-lifecycle',
      'a client that has seen a newer state is closed without an answer',
    ),
    kept('a session that a read-only server refuses'),
  ],
  [
    'passwords of sessions are java.util.Random’s',
    unit('server/session-password', 'java.util.Random’s'),
  ],
  [
    'an error is a header alone, a failed multi is no error',
    script('multi'),
    script('authentication'),
  ],
  [
    'results of a multi, their types and its end',
    script('multi'),
    script('ttlNodes'),
    kept('TTL modes outside createTTL, and createTTL with other modes'),
  ],
  ['the body of addWatch, and what has none', script('persistentWatches'), script('watcherTypes')],
  [
    'an unknown operation is answered, and nothing hangs on a bad one',
    script('unknownOperations'),
    script('lonelyCheck'),
    script('cutTtl'),
    kept('a reconfiguration that cannot be read'),
  ],
  ['auth that fails, and the zxid of one that does not', script('authentication')],
  [
    'zxids of replies and of events',
    unit('server/requests', 'a reply says the last zxid processed here, reads and pings included'),
    script('catchUp'),
  ],
  [
    'an event comes before the reply to its write and before a read that sees it',
    script('watches'),
    script('otherConnections'),
  ],
  [
    'who hears of a delete, in which order, and once',
    script('watches'),
    unit(
      'server/watches',
      'a delete tells data watchers first, then child watchers that were not told',
    ),
  ],
  [
    'exists leaves a watch where there is no node, getData does not',
    script('watches'),
    unit(
      'server/watches-and-auth',
      'exists watches for a node that is missing; getData and getChildren do not',
    ),
  ],
  [
    'sequence numbers follow the stored cversion, over its end too',
    script('sequence'),
    kept('sequential creates over the end of a parent’s counter, and versions over theirs'),
  ],
  [
    'the cversion that clients see, and versions that wrap',
    script('stats'),
    unit('tree/apply', 'client-visible cversion wraps as an int32'),
    unit('server/prep', 'versions wrap as 32-bit integers'),
  ],
  [
    'what pzxid and aversion follow',
    script('stats'),
    unit(
      'tree/apply',
      'setData and setACL leave pzxid alone; setACL changes aversion and nothing else',
    ),
  ],
  [
    'clients see no owner of containers and TTL nodes',
    script('containers'),
    script('ttlNodes'),
    unit('tree/apply', 'who owns a node is stored raw and shown only for a session'),
  ],
  [
    'ephemerals have no children; flag 4 alone makes no container',
    script('createModes'),
    script('containers'),
  ],
  [
    'null and empty data are different',
    script('nullAndEmpty'),
    unit('jute/client', 'null vectors: setWatches has none, an ACL stays null'),
  ],
  ['paths that cannot be, by operation', script('oddPaths'), script('versions')],
  [
    'each operation’s order of checks',
    unit(
      'server/prep',
      'a create is checked in the order mode, session, path, ACL, parent, permission, path, node',
    ),
    unit(
      'server/prep',
      'a delete is checked in the order session, path, parent, permission, node, version, children',
    ),
  ],
  [
    'ACLs: none, of nobody, twice',
    script('createModes'),
    script('authentication'),
    unit('server/acl', 'duplicates go, before auth is expanded'),
  ],
  [
    'the end of a session is a transaction that names its ephemerals, and what is under way counts',
    script('closing'),
    kept('an ephemeral’s watcher, and its end with its session'),
    unit(
      'server/prep',
      'closeSession names the ephemerals of the session, sorted, and asks for no owner',
    ),
    unit('jute/txn', 'a closeSession of old servers has no record, with or without a digest'),
  ],
  [
    'expiry at ticks; learners report; a new leader winds all clocks up',
    unit('server/sessions', 'a session ends at the first tick after its timeout'),
    unit(
      'server/learner-role',
      'a learner answers a PING with the sessions that it has heard of since the last',
    ),
    unit(
      'server/session-lifecycle',
      'a new leader gives every session its full timeout, and an owner at its first write',
    ),
  ],
  [
    'what is under way counts for what comes behind it, and a failed multi undoes all of it',
    unit(
      'server/requests',
      'a pipeline is checked against what is under way, not against what is delivered',
    ),
    script('sequence'),
  ],
  [
    'what fails takes a zxid too',
    unit('server/requests', 'a request that fails consumes a zxid'),
    script('versions'),
  ],
  [
    'the end of an epoch’s zxids; a peer whose zxid begins an epoch is not cut',
    unit(
      'core/reduce',
      'a proposal: wrong zxid throws, exhausted counter ends the epoch, no leader drops it',
    ),
    unit(
      'server/session-lifecycle',
      'a new epoch begins with a zxid that clients may have seen though nothing has it',
    ),
  ],
  [
    'a sync waits for what the leader has proposed, and for no quorum',
    unit('core/reduce', 'a sync waits for what was proposed before it, and only for that'),
  ],
  [
    'DIFF, TRUNC or SNAP; what is durable before NEWLEADER is acknowledged',
    unit(
      'core/reduce',
      'NEWLEADER: history reaches the disk before currentEpoch, and ACK follows both',
    ),
    unit('core/scenarios', 'TRUNC: what a leader alone had logged is cut when it comes back'),
    unit('shell/storage/recovery', 'missing transactions stop the start'),
  ],
  [
    'creates that are replayed over a fuzzy snapshot',
    unit(
      'tree/apply',
      'a replayed create over an existing node takes its ACL and raises the parent’s counters',
    ),
    unit('tree/apply', 'a multi is one zxid, all or nothing, and its failure names the part'),
  ],
  [
    'four-letter words stand where a first length would; lengths that cannot be',
    script('garbage'),
    unit(
      'shell/client-port',
      'a four-letter word in two pieces; the service hears that the connection is gone',
    ),
  ],
  [
    'a session moves when it is validated; who writes for it elsewhere is closed',
    unit(
      'server/ensemble',
      'a session moves between members, and the one that it left may not write for it',
    ),
    unit(
      'server/learner-role',
      'an error transaction answers with its code, SESSIONMOVED with the end of the connection',
    ),
  ],
  [
    'watches go with their connection',
    unit('server/watches', 'a connection takes its watches along'),
    unit('server/watches-and-auth', 'persistent watches end with their connection'),
  ],
  [
    'children are in one order here',
    unit('tree/image', 'an image is depth first, siblings in order'),
  ],
  [
    'reconfig that is switched off',
    unit('server/requests', 'reconfig is switched off, which is answered in turn'),
  ],
  [
    'numbers beyond those of JavaScript',
    unit('jute/primitives', 'longs beyond 2^53 are refused, but for -2^63'),
    unit('jute/files', 'Adler-32 is that of zlib, in one go and in pieces'),
  ],
];

for (const [trap, ...places] of TRAPS) {
  test(trap, () => {
    assert.ok(places.length > 0);
    for (const place of places) {
      if ('script' in place) assert.ok(scripts.has(place.script), place.script);
      else {
        const text = readFileSync(join(projectRoot, 'test', place.file), 'utf8');
        const there = text.includes(place.title) || text.replaceAll("'", '’').includes(place.title);
        assert.ok(there, `${place.file}: ${place.title}`);
      }
    }
  });
}
