/**
 * Four-letter words and AdminServer's commands: what Apache's server answers, ours does, on standalone servers, on a
 * leader, a follower and an observer, and while there is no leader. Normalised: times, ids, ports, folders and what is in
 * them, versions, ticks without sessions. About 40 s.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fourLetterWord, modeOf } from '../../support/four-letter-word.js';
import { KINDS, launch, http, Session, spawnAll, type Member, type Servers } from './pair.js';

const WORDS =
  'conf cons crst dirs dump envi gtmk hash isro mntr ruok srst srvr stat wchc wchp wchs'.split(' ');
const COMMANDS = [
  ...['configuration', 'connections', 'dirs', 'dump', 'environment', 'hash', 'get_trace_mask'],
  ...['is_read_only', 'last_snapshot', 'leader', 'monitor', 'observer_connection_stat_reset'],
  ...['observers', 'ruok', 'set_trace_mask', 'set_trace_mask?traceMask=x', 'snapshot'],
  ...['set_trace_mask?traceMask=306', 'server_stats', 'stats', 'voting_view', 'watches'],
  ...[
    'watches_by_path',
    'watch_summary',
    'zabstate',
    'nosuch',
    'ruok/x',
    'restore',
    'crst',
    'stmk',
  ],
  ...['conf', 'obsr', 'stat_reset', 'connection_stat_reset'],
];

const running: Servers[] = [];
after(async () => {
  for (const servers of running) await servers[Symbol.asyncDispose]();
});

const start = async (size: number, observers = 0): Promise<readonly Servers[]> => {
  const both = await Promise.all(KINDS.map((kind) => launch(kind, size, observers)));
  running.push(...both);
  return both;
};

/** What differs from run to run, by name instead. */
const normal = (text: string, { folder, members }: Servers, session: Session | null): string => {
  let out = text.replaceAll(folder, 'FOLDER');
  if (session !== null) {
    out = out
      .replaceAll(`0x${BigInt.asUintN(64, session.id).toString(16)}`, 'SESSION')
      .replaceAll(session.id.toString(), 'SESSION');
  }
  for (const { ports } of members) {
    const { sid, client, quorum, election } = ports;
    for (const [name, port] of Object.entries({ client, quorum, election })) {
      out = out.replaceAll(new RegExp(`(?<=[:= ])${port}\\b`, 'g'), `${name.toUpperCase()}-${sid}`);
    }
  }
  return (
    out
      .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
      .replace(/3\.9\.5-[^,"]*, built on [^"\n]*/g, 'VERSION')
      .replace(/expire at .*:$/gm, 'expire at TIME:')
      .replace(/^\d+ expire at TIME:\n/gm, '')
      .replace(/(Session|Connections) Sets \(\d+\)/g, '$1 Sets (N)')
      // Apache counts a word's answer as sent when its connection has ended.
      .replace(/^Sent: \d+$/gm, 'Sent: N')
      .replace(/((?:est|lresp|llat|minlat|avglat|maxlat)=)\d+/g, '$1N')
      .replace(/^(Latency min\/avg\/max: ).*/gm, '$1N')
      .replace(/((?:Size=|dir_size: ))\d+/g, '$1N')
      .replace(/(0x[0-9a-f]+)([0-9a-f]{8})\b/g, '$1COUNTER')
  );
};

const environmentKeys = (text: string): string =>
  text.replace(/^(os|java|user|host)(.*?)=.*/gm, '$1$2=');

/** Keys, and whether the values are whole; values that a state decides. */
const EXACT = new Set(
  [
    ...['server_state', 'peer_state', 'znode_count', 'watch_count', 'ephemerals_count'],
    ...['approximate_data_size', 'global_sessions', 'local_sessions', 'num_alive_connections'],
    ...['quorum_size', 'learners', 'synced_followers', 'synced_observers', 'pending_syncs'],
    ...['synced_non_voting_followers', 'packets_received', 'outstanding_requests'],
    ...['connection_request_count', 'sum_node_changed_watch_count', 'sum_s_read_per_namespace'],
    ...['cnt_readlatency', 'cnt_updatelatency', 'watch_bytes', 'sum_s_write_per_namespace'],
    'cnt_node_created_watch_count',
  ].map((key) => `zk_${key}`),
);
const monitored = (text: string): readonly string[] =>
  text
    .split('\n')
    .sort()
    .map((line) => {
      const [key = '', value = ''] = line.split('\t');
      if (EXACT.has(key)) return line;
      return `${key} ${/^-?\d+$/.test(value) ? 'whole' : /^-?\d+\.\d+$/.test(value) ? 'double' : 'text'}`;
    })
    // Which of them came to lead.
    .filter((line) => !line.startsWith('zk_observer_master_id'));

const sorted = (text: string): string => text.split('\n').sort().join('\n');

type Answers = Record<string, string | readonly string[]>;

const askWords = async (
  servers: Servers,
  member: Member,
  session: Session | null,
): Promise<Answers> => {
  const answers: Answers = {};
  const ask = async (word: string): Promise<string> =>
    normal(await fourLetterWord(member.process.address, word), servers, session);
  for (const word of WORDS) {
    const text = await ask(word);
    if (word === 'mntr') answers[word] = monitored(text);
    else if (word === 'envi') answers[word] = environmentKeys(text);
    else answers[word] = ['cons', 'stat', 'dump'].includes(word) ? sorted(text) : text;
  }
  const mask = Buffer.alloc(8);
  mask.writeBigInt64BE(-306n);
  const address = member.process.address;
  answers['stmk'] = await fourLetterWord(address, `stmk${mask.toString('latin1')}`);
  return answers;
};

/** Of numbers that time decides only that they are numbers. */
const TIMES =
  /^(established|last_response_time|uptime|timestamp|.*latency|.*_dir_size|.*dir_size|last_zxid|last_processed_zxid|zab_counter|packets_(sent|received)|queued_packets(_size)?|leader_id|myid|zxid|interest_ops)$/;

const shape = (value: unknown, key = ''): unknown => {
  if (typeof value === 'number' && TIMES.test(key)) return 'N';
  if (typeof value === 'string' && /^(last_zxid|zxid)$/.test(key)) return 'ZXID';
  if (Array.isArray(value)) return value.map((item) => shape(item, key)).sort();
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, item]) => [k, shape(item, k)]));
  }
  return value;
};

/** Jackson writes ids of 64 bits as numbers, which JSON.parse would round. */
const parse = (text: string): Record<string, unknown> =>
  JSON.parse(
    text.replace(/(?<=[[ ,])((?:CLIENT|QUORUM|ELECTION)-\d|SESSION)(?=[ ,\]\n])/g, '"$1"'),
  ) as Record<string, unknown>;

const askAdmin = async (
  servers: Servers,
  member: Member,
  session: Session | null,
): Promise<Record<string, unknown>> => {
  const answers: Record<string, unknown> = {};
  for (const name of COMMANDS) {
    const { status, headers, body } = await http(member.admin, `/commands/${name}`);
    const fields = parse(normal(body.toString(), servers, session));
    if (name === 'monitor' || name === 'environment') {
      answers[name] = Object.keys(fields).sort();
    } else {
      if (name === 'dump') {
        const ends = fields['expiry_time_to_session_ids'] as Record<string, readonly unknown[]>;
        fields['expiry_time_to_session_ids'] = Object.values(ends ?? {}).filter(
          (ids) => ids.length > 0,
        );
      }
      if (name === 'last_snapshot') delete fields['zxid'];
      answers[name] = [status, headers['content-type'], shape(fields)];
    }
  }
  return answers;
};

const compare = async <A>(
  both: readonly Servers[],
  ask: (servers: Servers) => Promise<A>,
): Promise<A> => {
  const [apache, zab] = await Promise.all(both.map(ask));
  assert.deepEqual(zab, apache);
  return zab!;
};

test('a standalone server answers every word and command as Apache does', async () => {
  const both = await start(1);
  await Promise.all(both.map(spawnAll));
  const words = await compare(both, async (servers) => {
    const [member] = servers.members as [Member];
    await fourLetterWord(member.process.address, 'srst');
    const session = await Session.open(member.ports.client);
    await session.scene('/s');
    const answers = await askWords(servers, member, session);
    const admin = await askAdmin(servers, member, session);
    await session.client.close();
    return { answers, admin };
  });
  assert.match(String(words.answers['cons']), /lop=GETD.*lcxid=0x8,lzxid=0x/);
  assert.match(String(words.answers['wchc']), /^SESSION\n\t\/s\n/);
});

test('leader, follower and observer answer every word and command as Apache does', async () => {
  const both = await start(4, 1);
  await Promise.all(both.map(spawnAll));
  for (const mode of ['leader', 'follower', 'observer']) {
    await compare(both, async (servers) => {
      const member = await find(servers, mode);
      await fourLetterWord(member.process.address, 'srst');
      const session = await Session.open(member.ports.client);
      await session.scene(`/s`);
      const words = await askWords(servers, member, session);
      const admin = await askAdmin(servers, member, session);
      await session.delete('/s/e');
      await session.delete('/s/f');
      await session.delete('/s');
      await session.client.close();
      return roleless(servers, member, { words, admin });
    });
  }
});

const find = async ({ members }: Servers, mode: string): Promise<Member> => {
  for (const member of members) {
    if ((await modeOf(member.process.address)) === mode) return member;
  }
  throw new Error(`no ${mode}`);
};

/** The one that is asked has another number in the other ensemble. */
const roleless = (_: Servers, { ports: { sid } }: Member, value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll(new RegExp(`(CLIENT|QUORUM|ELECTION)-${sid}\\b`, 'g'), '$1-OWN')
      .replaceAll(new RegExp(`serverId=${sid}\\b`, 'g'), 'serverId=OWN')
      .replaceAll(`"server_id":${sid},`, '"server_id":"OWN",')
      .replaceAll(`FOLDER/${sid}/`, 'FOLDER/OWN/')
      // A queue of packets for each learner, which is not here.
      .replaceAll(/"(zk_)?[a-z0-9]+_\d_learner_handler_qp_\w+( \w+)?",?/g, '')
      .replaceAll(/zk_approximate_data_size\\t\d+/g, 'zk_approximate_data_size')
      // Apache's leader writes its configuration into the tree as it starts.
      .replaceAll(/"(zk_)?[a-z0-9]+_zookeeper_write_per_namespace( \w+|\t\d+)?",?/g, '')
      .replaceAll(/"current_config":\{.*?\}\}/g, '"current_config":{}')
      .replaceAll(/server\.\d=127[^\\]*\\n/g, ''),
  ) as unknown;

test('a server without a leader answers every word and command as Apache does', async () => {
  const both = await start(3);
  await compare(both, async (servers) => {
    const [member] = servers.members as [Member];
    member.process.spawn();
    await member.process.until('imok', async () => {
      try {
        await http(member.admin, '/commands/ruok');
        return (await fourLetterWord(member.process.address, 'ruok')) === 'imok';
      } catch {
        return false;
      }
    });
    const words = await askWords(servers, member, null);
    const admin: Record<string, unknown> = {};
    for (const name of COMMANDS) {
      // Apache fails with a null pointer.
      if (name === 'monitor' || name === 'environment') continue;
      const { status, body } = await http(member.admin, `/commands/${name}`);
      admin[name] = [status, parse(body.toString())];
    }
    return { words, admin };
  });
});
