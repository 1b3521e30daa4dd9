/** What the tests fetch themselves: a missing tool fails with one clear line, and a dead owner's lock holds nobody up. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { missingTool, provision, run } from '../support/provision.js';

const withCache = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'zab-cache-'));
  const before = process.env['ZAB_CACHE_DIR'];
  process.env['ZAB_CACHE_DIR'] = folder;
  try {
    await body(folder);
  } finally {
    if (before === undefined) delete process.env['ZAB_CACHE_DIR'];
    else process.env['ZAB_CACHE_DIR'] = before;
    rmSync(folder, { recursive: true, force: true });
  }
};

test('a tool that is not there is named, with what it is for', async () => {
  const attempt = run('zab-no-such-tool', [], { purpose: 'this test' });
  await assert.rejects(attempt, { message: 'this test needs `zab-no-such-tool` on PATH' });
  assert.equal(
    missingTool('mvn', 'Apache ZooKeeper').message,
    'Apache ZooKeeper needs `mvn` on PATH (Debian: apt-get install maven)',
  );
});

test('a tool that fails shows its last words', async () => {
  const attempt = run(process.execPath, ['-e', 'console.error("why"); process.exit(3)'], {
    purpose: 'this test',
  });
  await assert.rejects(attempt, /this test: .* ended with 3\nwhy$/);
});

test('a folder is filled once, and again after a filling that failed', async () => {
  await withCache(async (cache) => {
    let filled = 0;
    const fill = (folder: string): Promise<void> => {
      filled++;
      assert.deepEqual(readdirSync(folder), []);
      writeFileSync(join(folder, 'half'), '');
      return filled === 1 ? Promise.reject(new Error('interrupted')) : Promise.resolve();
    };
    await assert.rejects(provision('thing', 'recipe', fill), /interrupted/);
    const folder = await provision('thing', 'recipe', fill);
    assert.equal(await provision('thing', 'recipe', fill), folder);
    assert.equal(filled, 2);
    assert.notEqual(await provision('thing', 'another recipe', () => Promise.resolve()), folder);
    assert.equal(
      readdirSync(cache).some((name) => name.endsWith('.lock')),
      false,
    );
  });
});

test('a lock whose owner has died is taken over', async () => {
  await withCache(async () => {
    const folder = await provision('thing', 'r', () => Promise.resolve());
    rmSync(join(folder, '.complete'));
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(`${folder}.lock`, String(dead));
    // A second instance of the module, as another process would have.
    const name = '../support/provision.js?again';
    const other: unknown = await import(name);
    const again = (other as { provision: typeof provision }).provision;
    assert.equal(await again('thing', 'r', () => Promise.resolve()), folder);
    assert.ok(existsSync(join(folder, '.complete')));
    assert.equal(existsSync(`${folder}.lock`), false);
  });
});
