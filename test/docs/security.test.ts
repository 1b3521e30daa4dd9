/** docs/security.md: its configurations are read without a word, and run. About 4 s. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { packageRoot } from '../../conformance/package-root.js';
import { loadConfig } from '../../src/config/load.js';
import { startServer } from '../../src/shell/server.js';
import { SILENT } from '../../src/shell/logger.js';
import { NO_QUORUM_AUTH, quorumAuth } from '../../src/shell/sasl/quorum-auth.js';
import { parseJaas } from '../../src/shell/sasl/jaas.js';
import { makeKeyMaterial } from '../support/key-material.js';
import { dropFolder, makeFolder } from '../support/server-process.js';

const text = readFileSync(join(packageRoot(), 'docs', 'security.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, body = '']) => body,
  );

test('the configurations are read without a warning, and a server runs by them', async () => {
  const folder = makeFolder('zab-docs-');
  try {
    const { pem, trust } = makeKeyMaterial(folder);
    const found = blocks('properties');
    assert.equal(found.length, 4);
    const cfg = found
      .join('\n')
      .replaceAll('/etc/zookeeper/server.p12', pem.server)
      .replaceAll('/etc/zookeeper/authorities.pem', trust)
      .replaceAll(/^.*passwordPath=.*\n/gm, '')
      .replaceAll('/var/lib/zookeeper', join(folder, 'data'))
      .replace(/^(clientPort|secureClientPort)=.*$/gm, '$1=0\n$1Address=127.0.0.1');
    mkdirSync(join(folder, 'data'));
    const file = join(folder, 'zoo.cfg');
    writeFileSync(file, `${cfg}admin.enableServer=false\n4lw.commands.whitelist=ruok\n`);
    const { config, warnings } = loadConfig(file);
    assert.deepEqual(warnings, []);
    const server = await startServer(config);
    try {
      await server.serving;
      const identity = readFileSync(pem.client);
      const socket = connect({
        ...{ host: '127.0.0.1', port: server.secureAddress?.port ?? 0, servername: 'localhost' },
        ...{ key: identity, cert: identity, ca: readFileSync(trust) },
      });
      await once(socket, 'secureConnect');
      socket.write('ruok');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      assert.equal(answer.toString(), 'imok');
      socket.destroy();
    } finally {
      await server.stop();
    }
  } finally {
    dropFolder(folder);
  }
});

test('the JAAS file of servers has what they prove to each other', () => {
  const folder = makeFolder('zab-docs-');
  try {
    const jaasFile = join(folder, 'jaas.conf');
    writeFileSync(jaasFile, blocks('jaas').join(''));
    const found = blocks('properties').find((block) => block.includes('quorum.auth.')) ?? '';
    const file = join(folder, 'zoo.cfg');
    writeFileSync(file, `dataDir=${folder}\nclientPort=0\n${found}`);
    const system = { 'java.security.auth.login.config': jaasFile };
    const { config, warnings } = loadConfig(file, system);
    assert.deepEqual(warnings, []);
    const auth = quorumAuth({ ...config, standalone: false }, SILENT);
    assert.notEqual(auth, NO_QUORUM_AUTH);
  } finally {
    dropFolder(folder);
  }
});

test('the JAAS file is one', () => {
  const [jaas = ''] = blocks('text');
  const sections = parseJaas(jaas);
  assert.ok(typeof sections !== 'string');
  assert.equal(sections.get('Server')?.[0]?.options['user_bob'], 'secret');
});
