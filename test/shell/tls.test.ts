/** Key material that changes while a server runs. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { DEFAULTS } from '../../src/config/server-config.js';
import type { Sid } from '../../src/core/ids.js';
import { createLogger } from '../../src/shell/logger.js';
import { startServer } from '../../src/shell/server.js';
import { makeKeyMaterial } from '../support/key-material.js';
import { dropFolder, makeFolder } from '../support/server-process.js';

test('client.certReload: new connections see the new certificate, and a bad file changes nothing', async () => {
  const folder = makeFolder('zab-reload-');
  const { pem, trust } = makeKeyMaterial(folder);
  const [store, dataDir] = [join(folder, 'own.pem'), join(folder, 'data')];
  copyFileSync(pem.server, store);
  mkdirSync(dataDir);
  const lines = new EventEmitter();
  const said = async (words: RegExp): Promise<void> => {
    for (;;) {
      const [line] = (await once(lines, 'line')) as [string];
      if (words.test(line)) return;
    }
  };
  const log = createLogger('info', (line) => void lines.emit('line', line));
  const any = { host: '127.0.0.1', port: 0 };
  const server = await startServer(
    {
      ...DEFAULTS,
      ...{ dataDir, dataLogDir: dataDir, client: any, plainClient: false, secureClient: any },
      ...{ sid: 0 as Sid, standalone: true, peers: [], forceSync: false, preAllocSizeKb: 64 },
      ...{ minSessionTimeout: 1000, maxSessionTimeout: 60_000 },
      admin: { ...DEFAULTS.admin, enabled: false },
      clientTls: {
        ...DEFAULTS.clientTls,
        ...{
          keyStoreLocation: store,
          trustStoreLocation: trust,
          clientAuth: 'none',
          certReload: true,
        },
      },
    },
    { log },
  );
  try {
    const subject = async (): Promise<string> => {
      const port = server.secureAddress?.port ?? 0;
      const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(trust) });
      await once(socket, 'secureConnect');
      const name = String(socket.getPeerX509Certificate()?.subject);
      socket.destroy();
      return name;
    };
    assert.equal(await subject(), 'CN=zookeeper server');
    writeFileSync(store, 'nothing');
    await said(/stays as it was reason=.*neither a private key/);
    assert.equal(await subject(), 'CN=zookeeper server');
    copyFileSync(pem.root, store);
    await said(/read again/);
    assert.equal(await subject(), 'CN=root');
  } finally {
    await server.stop();
    dropFolder(folder);
  }
});
