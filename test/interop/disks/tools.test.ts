/** `zab inspect` beside Apache's TxnLogToolkit and SnapshotFormatter: the same facts of the same files. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runInspect } from '../../../src/cli/inspect/inspect.js';
import { apacheTool } from '../../support/apache-cli.js';
import { run } from '../../support/provision.js';
import { dropFolder, makeFolder } from '../../support/server-process.js';
import { COUNT, makeBase } from './base-folder.js';

async function apacheSays(tool: string, ...args: string[]): Promise<string> {
  const command = await apacheTool(tool);
  return run(command.tool, [...command.args, ...args], { purpose: `the comparison with ${tool}` });
}

async function weSay(file: string): Promise<readonly Record<string, unknown>[]> {
  const lines: string[] = [];
  const print = (line: string): Promise<void> => {
    lines.push(line);
    return Promise.resolve();
  };
  assert.equal(await runInspect(['--json', file], print), 0);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

const number = (text: unknown): bigint => BigInt(String(text));

test('the transactions of a log, and the nodes of a snapshot', { timeout: 120_000 }, async () => {
  const home = makeFolder('zab-tools-');
  try {
    await makeBase(home);
    const log = join(home, 'version-2', 'log.10000000b');
    const dump = await apacheSays('server.persistence.TxnLogToolkit', '-d', log);
    const theirs = [
      ...dump.matchAll(/session (0x\w+) cxid (0x\w+) zxid (0x\w+) (\w+) ([^,\s]+)/g),
    ].map(([, session, cxid, zxid, type, path]) => [session, cxid, zxid, type, path].join(' '));
    const ours = (await weSay(log))
      .filter(({ kind }) => kind === 'txn')
      .map(({ session, cxid, zxid, type, body }) =>
        [
          session,
          `0x${Number(cxid).toString(16)}`,
          zxid,
          type,
          (body as { path: string }).path,
        ].join(' '),
      );
    assert.equal(ours.length, COUNT - 10);
    assert.deepEqual(ours, theirs, dump);

    const snapshot = join(home, 'version-2', 'snapshot.10000000a');
    const text = await apacheSays('server.SnapshotFormatter', snapshot);
    const nodes = (await weSay(snapshot)).filter(({ kind }) => kind === 'node');
    assert.ok(nodes.length > 8);
    for (const { path, stat, dataLength } of nodes) {
      const block = text.split('----\n').find((one) => one.split('\n')[0] === path);
      assert.ok(block, `${String(path)} in ${text}`);
      const fact = (name: string): string => new RegExp(`  ${name} = (.*)`).exec(block)?.[1] ?? '';
      const known = stat as Record<string, string | number>;
      assert.equal(number(fact('cZxid')), number(known['czxid']));
      assert.equal(number(fact('mZxid')), number(known['mzxid']));
      assert.equal(number(fact('pZxid')), number(known['pzxid']));
      assert.equal(number(fact('cversion')), number(known['cversion']));
      assert.equal(number(fact('dataVersion')), number(known['version']));
      assert.equal(number(fact('aclVersion')), number(known['aversion']));
      assert.equal(
        number(fact('ephemeralOwner')),
        BigInt.asUintN(64, number(known['ephemeralOwner'])),
      );
      assert.equal(number(fact('dataLength')), number(dataLength ?? 0));
    }
  } finally {
    dropFolder(home);
  }
});
