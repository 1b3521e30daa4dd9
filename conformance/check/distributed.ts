/** `zab check --distributed`: models on TLC's server and workers; `--join`: a worker for one elsewhere. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandIo } from '../command-io.js';
import {
  findTools,
  joinServer,
  runDistributed,
  temporalProperties,
} from '../tla2tools-runner/index.js';
import type { TlcResult, TlcRun, Tools } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';
import { libraryOf } from './manifest.js';
import type { Manifest, Model } from './manifest.js';

export interface DistributedOptions {
  /** Workers that are started here; 0: only others join. */
  readonly workers: number;
  /** This machine's address for workers elsewhere. */
  readonly host: string;
  /** null: any free one. */
  readonly port: number | null;
}

const LOOPBACK = '127.0.0.1';
const HOST = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new UnusableInput(`zab check: ${text} is no port (1 to 65535)`);
}

export function hostOf(text: string): string {
  if (HOST.test(text)) return text;
  throw new UnusableInput(`zab check: ${text} is no host name or IPv4 address`);
}

/** Throws UnusableInput for a number, host or port that is none. */
export function distributedOptions(values: {
  readonly workers?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
}): DistributedOptions {
  const { workers = '2', host = LOOPBACK, port } = values;
  if (!/^\d{1,3}$/.test(workers)) {
    throw new UnusableInput(`zab check: --workers ${workers}: expected a number from 0 to 999`);
  }
  return {
    workers: Number(workers),
    host: hostOf(host),
    port: port === undefined ? null : portOf(port),
  };
}

function modulesIn(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.tla'));
    return names.map((name) => readFileSync(join(folder, name), 'utf8'));
  } catch {
    return [];
  }
}

/** Of a definition only `[][A]_v` is sure to be no liveness. */
function isActionProperty(name: string, modules: readonly string[]): boolean {
  const definition = new RegExp(
    `^${name}\\s*==([\\s\\S]*?)(?:\\n\\s*\\n|\\n\\S|$(?![\\s\\S]))`,
    'm',
  );
  return modules.some((text) => {
    const body = definition.exec(text)?.[1] ?? '';
    return body.includes('[][') && !/<>|~>|[WS]F_/.test(body);
  });
}

function refuseLiveness(manifest: Manifest, model: Model): void {
  const path = join(manifest.folder, model.config);
  let config: string;
  try {
    config = readFileSync(path, 'utf8');
  } catch {
    throw new UnusableInput(`${model.name}: cannot read ${path}`);
  }
  const modules = libraryOf(manifest).flatMap(modulesIn);
  const other = temporalProperties(config).find((name) => !isActionProperty(name, modules));
  if (other === undefined) return;
  throw new UnusableInput(`${model.name}: distributed TLC would pass over ${other} (liveness)`);
}

/** Which models distributed TLC can check: those that must hold, without liveness. */
export function refuseOthers(manifest: Manifest, models: readonly Model[]): void {
  const bad = models.find(({ mode, expect }) => mode !== 'check' || expect !== 'holds');
  if (bad !== undefined) {
    throw new UnusableInput(
      `${bad.name}: distributed TLC does not name what is violated, and does not simulate`,
    );
  }
  for (const model of models) refuseLiveness(manifest, model);
}

/** For `runModels`: one model on a server and its workers. */
export function executeDistributed(
  { workers, host, port }: DistributedOptions,
  io: CommandIo,
  quiet: boolean,
): (run: TlcRun, tools: Tools) => Promise<TlcResult> {
  return (run, tools) =>
    runDistributed(run, tools, {
      ...{ workers, host, port },
      onEvent: ({ kind, port: at }) => {
        if (quiet) return;
        if (kind === 'joined') io.out('...  a worker has joined');
        else io.out(`...  server ready: zab check --join ${host}:${at}`);
      },
    });
}

/** Throws UnusableInput or ToolsError; the worker's exit code else. */
export async function runJoin(server: string, own: string, io: CommandIo): Promise<number> {
  const [, address = '', port = ''] = /^(.+):(\d+)$/.exec(server) ?? [];
  if (address === '') throw new UnusableInput(`zab check: --join ${server}: expected HOST:PORT`);
  const at = { address: hostOf(address), port: portOf(port) };
  const tools = await findTools();
  io.out(`a worker for ${server}, until the server is done`);
  return (await joinServer(tools, at, own, io.signal)) === 0 ? 0 : 1;
}
