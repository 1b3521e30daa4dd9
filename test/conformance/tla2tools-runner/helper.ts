/** Tiny specifications in folders of their own, and the tools, looked for once a process. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findTools } from '../../../conformance/tla2tools-runner/index.js';
import type { Tools } from '../../../conformance/tla2tools-runner/index.js';

let tools: Promise<Tools> | undefined;

export function sharedTools(): Promise<Tools> {
  tools ??= findTools();
  return tools;
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'zab-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes `M.tla` (EXTENDS the usual modules, one variable x) and `M.cfg`. */
export async function tinySpec(
  t: TestContext,
  body: string,
  config: string,
): Promise<{ readonly module: string; readonly config: string }> {
  const folder = await temporaryFolder(t);
  const module = join(folder, 'M.tla');
  const configPath = join(folder, 'M.cfg');
  const head = '---- MODULE M ----\nEXTENDS Naturals, Sequences, TLC\n';
  await writeFile(module, `${head}${body}\n====\n`);
  await writeFile(configPath, config);
  return { module, config: configPath };
}
