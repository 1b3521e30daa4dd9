/** What servers prove to each other before they talk. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DEFAULTS, type ServerConfig } from '../../../src/config/server-config.js';
import { SILENT } from '../../../src/shell/logger.js';
import { OperatorError } from '../../../src/shell/operator-error.js';
import {
  NO_QUORUM_AUTH,
  quorumAuth,
  type QuorumAuth,
} from '../../../src/shell/sasl/quorum-auth.js';
import { Inbox } from '../../support/inbox.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';

const folder = makeFolder('zab-quorum-auth-');
const jaas = join(folder, 'jaas.conf');
const MODULE = 'org.apache.zookeeper.server.auth.DigestLoginModule';
const accepted = new Inbox<Socket>();
let server: Server;

before(async () => {
  server = createServer(accepted.push);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server.close();
  dropFolder(folder);
});

interface Choice {
  readonly username?: string;
  readonly password?: string;
  readonly learner?: boolean;
  readonly server?: boolean;
}

const auth = ({ username = 'bob', password = 'pw', ...required }: Choice = {}): QuorumAuth => {
  writeFileSync(
    jaas,
    `QuorumServer { ${MODULE} required user_bob="pw"; };\n` +
      `QuorumLearner { ${MODULE} required username="${username}" password="${password}"; };\n`,
  );
  return quorumAuth(config(required), SILENT);
};

const config = ({ learner = true, server: of = true }: Choice, file = jaas): ServerConfig =>
  ({
    ...DEFAULTS,
    standalone: false,
    security: { ...DEFAULTS.security, jaasFile: file },
    quorumAuth: {
      ...DEFAULTS.quorumAuth,
      ...{ enableSasl: true, learnerRequireSasl: learner, serverRequireSasl: of },
    },
  }) as unknown as ServerConfig;

interface Pair {
  readonly learner: Socket;
  readonly leader: Socket;
}

const pair = async (): Promise<Pair> => {
  const { port } = server.address() as AddressInfo;
  const learner = connect({ host: '127.0.0.1', port });
  const leader = await accepted.take();
  for (const socket of [learner, leader]) socket.on('error', () => undefined);
  return { learner, leader };
};

const closed = async (socket: Socket): Promise<void> => {
  if (!socket.closed) await once(socket.resume(), 'close');
};

/** `count` bytes, from a socket that has been handed over. */
const read = (socket: Socket, count: number): Promise<string> =>
  new Promise((resolve) => {
    let all = '';
    if (count <= 0) resolve(all);
    socket.on('data', (chunk: Buffer) => {
      all += chunk.toString('latin1');
      if (all.length >= count) resolve(all);
    });
  });

/** Both sides at once; what each says after is read by the other. */
const talk = async (one: QuorumAuth, other: QuorumAuth, { learner, leader }: Pair) => {
  const heard = new Promise<string>((resolve) => {
    other.verify(leader, Buffer.alloc(0), (rest) => {
      leader.write('from the leader');
      void read(leader, 16 - rest.length).then((text) => resolve(rest.toString() + text));
    });
  });
  const said = new Promise<string>((resolve) => {
    one.prove(learner, () => {
      learner.write('from the learner');
      void read(learner, 15).then(resolve);
    });
  });
  return [await heard, await said];
};

const end = ({ learner, leader }: Pair): void => {
  learner.destroy();
  leader.destroy();
};

test('whoever knows the password is handed over, with all that was said', async () => {
  for (const one of [{}, { server: false }, { learner: false, server: false }]) {
    const both = await pair();
    const said = await talk(auth(one), auth({ server: one.learner !== false }), both);
    assert.deepEqual(said, ['from the learner', 'from the leader']);
    end(both);
  }
  const plain = await pair();
  const said = await talk(NO_QUORUM_AUTH, auth({ server: false }), plain);
  assert.deepEqual(said, ['from the learner', 'from the leader']);
  end(plain);
});

test('a wrong password, an unknown user, or no proof at all ends the connection', async () => {
  for (const wrong of [{ password: 'no' }, { username: 'eve' }]) {
    const both = await pair();
    const proof = auth(wrong);
    proof.prove(both.learner, () => assert.fail('accepted'));
    auth().verify(both.leader, Buffer.alloc(0), () => assert.fail('handed over'));
    await Promise.all([closed(both.learner), closed(both.leader)]);
  }
  const silent = await pair();
  auth().verify(silent.leader, Buffer.alloc(0), () => assert.fail('handed over'));
  silent.learner.write('x');
  await closed(silent.learner);
});

test('the learner asks for proof, too: a server that does not know the password is left', async () => {
  const both = await pair();
  auth().prove(both.learner, () => assert.fail('accepted'));
  const success = Buffer.concat([
    Buffer.from('5f2435013501edcc', 'hex'),
    Buffer.from([0, 0, 0, 1, 0, 0, 0, 0]),
  ]);
  both.leader.resume().write(success);
  await closed(both.learner);
  end(both);
});

test('the packets, a byte at a time, and what was read before', async () => {
  const both = await pair();
  const [one, other] = [auth(), auth()];
  let tokens = 0;
  const heard = new Promise<string>((resolve) => {
    // A relay between the two that breaks everything up.
    void pair().then((relay) => {
      other.verify(relay.leader, Buffer.alloc(0), (rest) => {
        assert.equal(rest.length, 0);
        void read(relay.leader, 4).then((text) => {
          end(relay);
          resolve(text);
        });
      });
      both.leader.on('data', (chunk: Buffer) => {
        tokens += 1;
        for (const byte of chunk) relay.learner.write(Buffer.of(byte));
      });
      relay.learner.on('data', (chunk: Buffer) => {
        for (const byte of chunk) both.leader.write(Buffer.of(byte));
      });
    });
  });
  one.prove(both.learner, () => both.learner.write('done'));
  assert.equal(await heard, 'done');
  assert.ok(tokens >= 2);
  end(both);
  const begun = await pair();
  // What came with the first message of an election connection.
  const first = Buffer.from('5f2435013501edcc0000000000000000', 'hex');
  auth().verify(begun.leader, first, () => assert.fail('handed over'));
  const challenge = await read(begun.learner, 60);
  assert.match(challenge, /realm="zk-quorum-sasl-md5",nonce="/);
  end(begun);
});

test('a JAAS file that has not what it takes ends the start with one line', () => {
  const refused = (text: string, words: RegExp): void => {
    writeFileSync(jaas, text);
    assert.throws(
      () => quorumAuth(config({}), SILENT),
      (error: unknown) => error instanceof OperatorError && words.test(error.message),
    );
  };
  const own = `QuorumLearner { ${MODULE} required username="a" password="b"; };`;
  refused(own, /no section 'QuorumServer'/);
  refused(`QuorumServer { ${MODULE} required user_a="b"; };`, /no section 'QuorumLearner'/);
  refused(`QuorumLearner { ${MODULE} required username="a"; };`, /no username and password/);
  refused(`${own} QuorumServer { com.sun.Krb5LoginModule required; };`, /Kerberos/);
  rmSync(jaas);
  assert.throws(() => quorumAuth(config({}), SILENT), /no such file/);
});
