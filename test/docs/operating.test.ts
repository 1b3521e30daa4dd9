/** docs/operating.md: its zoo.cfg runs, its commands answer what stands behind them, its keys are read. About 5 s. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseZooCfg } from '../../src/config/zoo-cfg.js';
import { packageRoot } from '../../conformance/package-root.js';
import { startServer, type Server } from '../../src/shell/server.js';
import { fourLetterWord } from '../support/four-letter-word.js';
import { dropFolder, makeFolder } from '../support/server-process.js';
import { MAIN } from '../cli/process.js';
import { http } from '../shell/operator/pair.js';

const text = readFileSync(join(packageRoot(), 'docs', 'operating.md'), 'utf8');
const cfg = /^```properties zoo\.cfg\n([\s\S]*?)^```/m.exec(text)?.[1] ?? '';
const lines = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, body = '']) => body.split('\n'))
  .filter((line) => line !== '');

const folder = makeFolder('zab-docs-');
let server: Server;
before(async () => {
  const around = { myid: () => null, dynamicConfig: () => null };
  const { config, problems, warnings } = parseZooCfg(cfg, 'zoo.cfg', around, {
    'zookeeper.auditlog.file': join(folder, 'audit.log'),
  });
  assert.deepEqual([problems, warnings], [[], []]);
  assert.ok(config);
  const data = join(folder, 'data');
  server = await startServer({ ...config, dataDir: data, dataLogDir: data });
  await server.serving;
});
after(async () => {
  await server.stop();
  dropFolder(folder);
});

/** `zab …` as a shell would run it in the folder of the example. */
const zab = (command: string): Promise<string> => {
  const args = [...command.matchAll(/'([^']*)'|(\S+)/g)]
    .map(([, quoted, word = '']) => quoted ?? word)
    .map((word) => word.replace('http://ADMIN', `http://127.0.0.1:${server.adminPort}`));
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, ...args.slice(1)], { cwd: folder }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
};

/** What a shell with `nc` and `curl` would print. */
const answerTo = async (command: string): Promise<string> => {
  const word = /^echo (\w{4}) \| nc HOST PORT$/.exec(command)?.[1];
  if (word !== undefined) return fourLetterWord(`127.0.0.1:${server.address.port}`, word);
  if (command.startsWith('zab ')) return zab(command);
  assert.match(command, /^curl -s /);
  const [, port = '', path = ''] = /http:\/\/(ADMIN|METRICS)(\S+)/.exec(command) ?? [];
  const auth = /-H 'Authorization: ([^']+)'/.exec(command)?.[1];
  const input = /--data-binary @(\S+)/.exec(command)?.[1];
  const output = / -o (\S+)/.exec(command)?.[1];
  const number = port === 'ADMIN' ? server.adminPort : server.metricsPort;
  const { status, body } = await http(number ?? 0, path, {
    ...(auth === undefined ? {} : { auth }),
    ...(input === undefined ? {} : { method: 'POST', body: readFileSync(join(folder, input)) }),
  });
  assert.equal(status, 200, command);
  if (output !== undefined) writeFileSync(join(folder, output), body);
  return body.toString();
};

test('every example answers what stands behind it', async () => {
  assert.ok(lines.length >= 9, `${lines.length} examples`);
  for (const line of lines) {
    const [command = '', expected] = line.split(/\s+# /);
    const answer = await answerTo(command.trim());
    if (expected !== undefined) assert.ok(answer.includes(expected), `${line}\n${answer}`);
  }
});

test('the audit log is where the properties say', () => {
  assert.match(
    readFileSync(join(folder, 'audit.log'), 'utf8'),
    /^\S+ \S+ INFO audit\.Slf4jAuditLogger: user=\S+\toperation=serverStart\tresult=success\n/,
  );
});
