/** Key stores that keytool writes. About 6 s on a quiet machine. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StoreConfig, StoreType } from '../../../src/config/tls-config.js';
import { subjectName } from '../../../src/shell/key-store/distinguished-name.js';
import { loadKeyStore, loadTrustStore } from '../../../src/shell/key-store/load.js';
import { OperatorError } from '../../../src/shell/operator-error.js';
import { Authority } from '../../support/certificates.js';
import { CLIENT_DN, keytool, makeKeyMaterial, PASSWORD } from '../../support/key-material.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';

const store = (location: string, type: StoreType, password = PASSWORD): StoreConfig => ({
  ...{ location, type, password },
  passwordPath: null,
});

const saying = (words: RegExp) => (error: unknown) =>
  error instanceof OperatorError && words.test(error.message);

test('keytool: the same key and trust in PKCS12 and JKS, whatever their names', async () => {
  const folder = makeFolder('zab-keys-');
  try {
    const file = (name: string): string => join(folder, name);
    const opened = (name: string): readonly string[] => [
      ...['-keystore', file(name), '-storepass', PASSWORD],
    ];
    await keytool(
      ...['-genkeypair', '-alias', 'own', '-keyalg', 'RSA', '-keysize', '2048'],
      ...['-dname', 'CN=a b, O="x,y"', '-storetype', 'PKCS12', ...opened('own.p12')],
    );
    await keytool(
      '-exportcert',
      '-rfc',
      '-alias',
      'own',
      '-file',
      file('own.crt'),
      ...opened('own.p12'),
    );
    const trusted = ['-importcert', '-noprompt', '-alias', 'own', '-file', file('own.crt')];
    await Promise.all([
      keytool(
        ...[
          '-importkeystore',
          '-noprompt',
          '-srckeystore',
          file('own.p12'),
          '-srcstorepass',
          PASSWORD,
        ],
        ...['-destkeystore', file('own.jks'), '-deststoretype', 'JKS', '-deststorepass', PASSWORD],
      ),
      keytool(...trusted, '-storetype', 'PKCS12', ...opened('trust.p12')),
      keytool(...trusted, '-storetype', 'JKS', ...opened('trust.jks')),
    ]);
    const p12 = loadKeyStore(store(file('own.p12'), 'PKCS12'));
    const jks = loadKeyStore(store(file('own.jks'), 'JKS'));
    assert.ok(p12.key.equals(jks.key));
    assert.ok(p12.chain[0]?.checkPrivateKey(jks.key));
    assert.equal(subjectName(p12.chain[0]!.raw), 'CN=a b,O=x\\,y');
    // Either type reads the other's file, as in Java.
    assert.ok(loadKeyStore(store(file('own.p12'), 'JKS')).key.equals(jks.key));
    assert.ok(loadKeyStore(store(file('own.jks'), 'PKCS12')).key.equals(jks.key));
    for (const [name, type] of [
      ['trust.p12', 'PKCS12'],
      ['trust.jks', 'JKS'],
    ] as const) {
      const [only, ...others] = loadTrustStore(store(file(name), type));
      assert.equal(only?.fingerprint256, p12.chain[0]!.fingerprint256);
      assert.equal(others.length, 0);
      assert.throws(
        () => loadTrustStore(store(file(name), type, 'wrong')),
        saying(/password is wrong/),
      );
      assert.throws(() => loadKeyStore(store(file(name), type)), saying(/has no private key/));
    }
    for (const [name, type] of [
      ['own.p12', 'PKCS12'],
      ['own.jks', 'JKS'],
    ] as const) {
      assert.throws(
        () => loadKeyStore(store(file(name), type, 'wrong')),
        saying(/password is wrong/),
      );
      // What is in a chain is not trusted for that.
      assert.throws(
        () => loadTrustStore(store(file(name), type)),
        saying(/no trusted certificate/),
      );
      const bytes = readFileSync(file(name));
      for (const cut of [0, 3, 40, bytes.length - 1]) {
        writeFileSync(file('cut'), bytes.subarray(0, cut));
        assert.throws(() => loadKeyStore(store(file('cut'), type)), OperatorError);
      }
    }
    writeFileSync(file('password'), `${PASSWORD}\n`);
    const byFile = { ...store(file('own.p12'), 'PKCS12', 'wrong'), passwordPath: file('password') };
    assert.ok(loadKeyStore(byFile).key.equals(jks.key));
  } finally {
    dropFolder(folder);
  }
});

test('PEM: key and chain, an encrypted key, and what is missing', () => {
  const folder = makeFolder('zab-keys-');
  try {
    const file = (name: string): string => join(folder, name);
    const { pem, trust } = makeKeyMaterial(folder);
    const { key, chain } = loadKeyStore(store(pem.client, 'PEM', ''));
    assert.equal(chain.length, 2);
    assert.equal(subjectName(chain[0]!.raw), CLIENT_DN);
    const sealed = key.export({
      ...{ type: 'pkcs8', format: 'pem' },
      ...{ cipher: 'aes-256-cbc', passphrase: PASSWORD },
    } as const);
    writeFileSync(file('sealed.pem'), `${chain.join('\n')}\n${String(sealed)}`);
    assert.ok(loadKeyStore(store(file('sealed.pem'), 'PEM')).key.equals(key));
    const wrong = (): unknown => loadKeyStore(store(file('sealed.pem'), 'PEM', 'wrong'));
    assert.throws(wrong, saying(/sealed\.pem: .*password is wrong/));
    assert.equal(loadTrustStore(store(trust, 'PEM', '')).length, 1);
    assert.throws(
      () => loadKeyStore(store(file('none.pem'), 'PEM')),
      saying(/none\.pem: no such file/),
    );
    writeFileSync(file('empty.pem'), 'nothing');
    assert.throws(() => loadTrustStore(store(file('empty.pem'), 'PEM')), saying(/neither/));
    const other = new Authority('other');
    writeFileSync(
      file('mixed.pem'),
      `${String(key.export({ type: 'pkcs8', format: 'pem' }))}${other.pem}`,
    );
    assert.throws(
      () => loadKeyStore(store(file('mixed.pem'), 'PEM', '')),
      saying(/no certificate/),
    );
  } finally {
    dropFolder(folder);
  }
});
