/** Servers with several addresses (`multiAddress.enabled`), of which some are nobody's. About 5 s. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { startServer, type Server } from '../../src/shell/server.js';
import { dropFolder, freePorts, makeFolder } from '../support/server-process.js';
import { Client } from './client.js';

interface Line {
  readonly quorum: number;
  readonly election: number;
}

const text = ({ quorum, election }: Line): string => `127.0.0.1:${quorum}:${election}`;

/** Each server listens at two addresses, and the others know a third one first. */
const configure = async (folder: string): Promise<readonly string[]> => {
  const ports = await freePorts(18);
  const lines = (i: number): readonly Line[] =>
    [0, 1, 2].map((j) => ({ quorum: ports[6 * i + 2 * j]!, election: ports[6 * i + 2 * j + 1]! }));
  return [0, 1, 2].map((own) => {
    const dataDir = join(folder, String(own + 1));
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'myid'), String(own + 1));
    const servers = [0, 1, 2].map((i) => {
      const [dead, ...alive] = lines(i).map(text);
      return `server.${i + 1}=${[...(i === own ? [] : [dead]), ...alive].join('|')}`;
    });
    const file = join(dataDir, 'zoo.cfg');
    const common = [`dataDir=${dataDir}`, 'clientPort=0', 'clientPortAddress=127.0.0.1'];
    const times = ['tickTime=500', 'initLimit=20', 'syncLimit=10', 'admin.enableServer=false'];
    const rest = ['multiAddress.enabled=true', 'forceSync=no'];
    writeFileSync(file, [...common, ...times, ...rest, ...servers].join('\n'));
    return file;
  });
};

test('an ensemble whose members are known by addresses that are nobody’s, too', async () => {
  const folder = makeFolder('zab-addresses-');
  const running = new Map<number, Server>();
  try {
    const files = await configure(folder);
    const start = async (i: number): Promise<void> => {
      running.set(i, await startServer(loadConfig(files[i]!).config));
    };
    await Promise.all([0, 1, 2].map(start));
    await Promise.all([...running.values()].map((server) => server.serving));
    const client = await Client.connect(`127.0.0.1:${running.get(0)!.address.port}`);
    await client.create('/a', 'b');
    const own = /^server\.1=(.*):participant$/m.exec((await client.get('/zookeeper/config')) ?? '');
    assert.equal(own?.[1]?.split('|').length, 2, 'its own addresses');
    await client.close();
    const leader = [...running].find(([, { mode }]) => mode === 'leading')?.[0] ?? -1;
    await running.get(leader)!.kill();
    await start(leader);
    await running.get(leader)!.serving;
    const back = await Client.connect(`127.0.0.1:${running.get(leader)!.address.port}`);
    await back.sync();
    assert.equal(await back.get('/a'), 'b');
    await back.close();
  } finally {
    await Promise.all([...running.values()].map((server) => server.kill()));
    dropFolder(folder);
  }
});
