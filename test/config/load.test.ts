import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ConfigError, loadConfig } from '../../src/config/index.js';

function inFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'zab-config-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function problemsOf(file: string): readonly string[] {
  try {
    loadConfig(file);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  assert.fail('no problem found');
}

test('reads zoo.cfg and the myid beside the data', () => {
  inFolder((folder) => {
    const file = join(folder, 'zoo.cfg');
    const servers = [1, 2, 3].map((sid) => `server.${sid}=127.0.0.1:${sid}1:${sid}2`);
    const lines = [`dataDir=${folder}`, 'clientPort=0', 'initLimit=5', 'syncLimit=2', ...servers];
    writeFileSync(file, lines.join('\n'));
    assert.deepEqual(problemsOf(file), [`${folder}/myid: myid file is missing`]);
    writeFileSync(join(folder, 'myid'), '3\n');
    assert.equal(loadConfig(file).config.sid, 3);
  });
});

test('a file that is not there, or is none', () => {
  inFolder((folder) => {
    const gone = join(folder, 'gone.cfg');
    assert.deepEqual(problemsOf(gone), [`${gone}: no such file`]);
    const dir = join(folder, 'dir.cfg');
    mkdirSync(dir);
    assert.deepEqual(problemsOf(dir), [`${dir}: cannot be read (EISDIR)`]);
  });
});
