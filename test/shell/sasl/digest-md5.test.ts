import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DigestClient, DigestServer, SaslError } from '../../../src/shell/sasl/digest-md5.js';
import { parseJaas } from '../../../src/shell/sasl/jaas.js';

const SERVER = { serverName: 'zk-sasl-md5', nonce: 'bm9uY2U=' };
const users = (user: string): string | null => (user === 'bob' ? 'secret "ä"' : null);

/** What the server says to the response that `change` makes of a good one. */
function answerTo(change: (response: string) => string): string {
  const server = new DigestServer({ ...SERVER, passwordOf: users });
  const client = new DigestClient({ ...SERVER, username: 'bob', password: 'secret "ä"' });
  const challenge = server.evaluate(Buffer.alloc(0));
  const response = client.evaluate(challenge)?.toString() ?? '';
  try {
    const last = server.evaluate(Buffer.from(change(response)));
    assert.equal(client.evaluate(last), null);
    assert.ok(client.complete);
    return server.user ?? 'nobody';
  } catch (error) {
    assert.ok(error instanceof SaslError);
    assert.equal(server.user, null);
    return error.message;
  }
}

test('the RFC’s own example, whose server is another', () => {
  const client = new DigestClient({
    ...{ serverName: 'x', username: 'chris', password: 'secret', cnonce: 'OA6MHXh6VqTrRk' },
  });
  const challenge =
    'realm="elwood.innosoft.com",nonce="OA6MG9tEQGm2hh",qop="auth",algorithm=md5-sess,charset=utf-8';
  const response = client.evaluate(Buffer.from(challenge))?.toString() ?? '';
  assert.match(response, /realm="elwood\.innosoft\.com",nonce="OA6MG9tEQGm2hh"/);
  assert.match(response, /digest-uri="zookeeper\/x",nc=00000001,qop=auth,response=[0-9a-f]{32}$/);
});

test('who knows the password is who he says; whoever changes a word is not', () => {
  assert.equal(
    answerTo((response) => response),
    'bob',
  );
  assert.match(
    answerTo((r) => r.replace('"bob"', '"eve"')),
    /no such user: eve/,
  );
  assert.match(
    answerTo((r) => r.replace(/response=./, 'response=x')),
    /wrong password/,
  );
  assert.match(
    answerTo((r) => r.replace('nc=00000001', 'nc=00000002')),
    /nonce used before/,
  );
  assert.match(
    answerTo((r) => r.replace('zookeeper/', 'imap/')),
    /another digest-uri/,
  );
  assert.match(
    answerTo((r) => r.replace('bm9uY2U=', 'other')),
    /another nonce/,
  );
  assert.match(
    answerTo((r) => r.replace('qop=auth', 'qop=auth-int')),
    /another qop/,
  );
  assert.match(
    answerTo((r) => r.replace('realm="zk-sasl-md5"', 'realm="r"')),
    /another realm/,
  );
  assert.match(
    answerTo((r) => `${r},nc=00000001`),
    /comes twice/,
  );
  assert.match(
    answerTo(() => 'nonsense'),
    /no list/,
  );
  assert.match(
    answerTo(() => ''),
    /has no username/,
  );
});

test('a token before the challenge, or after the end', () => {
  const server = new DigestServer({ ...SERVER, passwordOf: users });
  assert.throws(() => server.evaluate(Buffer.from('x')), SaslError);
  server.evaluate(Buffer.alloc(0));
  assert.throws(() => server.evaluate(Buffer.alloc(0)), SaslError);
  assert.throws(() => server.evaluate(Buffer.alloc(0)), /over/);
});

test('JAAS files: sections, options, comments; what is wrong is told with its line', () => {
  const sections = parseJaas(`
    // for clients
    Server { /* of
      ours */ a.b.Digest required user_bob="it's \\"x\\"" debug=true; # more
    };
    "Quorum Server" { one.A optional; two.B Sufficient k=v; };`);
  assert.ok(typeof sections !== 'string');
  assert.deepEqual(sections.get('Server'), [
    { name: 'a.b.Digest', options: { user_bob: 'it\'s "x"', debug: 'true' } },
  ]);
  assert.equal(sections.get('Quorum Server')?.length, 2);
  assert.equal(
    parseJaas('A {\n b c x=y; };'),
    "line 2: required, requisite, sufficient or optional should be where 'c' is",
  );
  assert.equal(parseJaas('A { b required x y; };'), "line 1: '=' should be where 'y' is");
  assert.match(String(parseJaas('A { b required')), /ends where/);
});
