/** Servers of ours as processes on a network that can be cut, each with a trace of its own. */
import { join } from 'node:path';
import { projectRoot } from '../provision.js';
import { dropFolder, makeFolder, ServerProcess } from '../server-process.js';
import { writeZooCfg, type MemberPorts, type ZooCfg } from '../zoo-cfg.js';
import { LiveTraces, traceFileOf } from './live-traces.js';
import type { FaultNetwork } from './network.js';

const zabMain = join(projectRoot, 'dist', 'src', 'cli', 'main.js');

export interface FaultEnsembleOptions {
  readonly network: FaultNetwork;
  readonly voters: readonly number[];
  readonly observers: readonly number[];
  readonly cfg: ZooCfg;
  /** Where the traces go: `server-SID.ndjson` each. */
  readonly traces: string;
}

export class FaultEnsemble {
  readonly sids: readonly number[];
  readonly voters: readonly number[];
  readonly network: FaultNetwork;
  readonly traces: LiveTraces;
  readonly #processes: ReadonlyMap<number, ServerProcess>;
  readonly #folder = makeFolder('zab-faults-');
  readonly #frozen = new Set<number>();
  #closing: Promise<void> | null = null;

  constructor({ network, voters, observers, cfg, traces }: FaultEnsembleOptions) {
    const sids = [...voters, ...observers];
    this.sids = sids;
    this.voters = voters;
    this.network = network;
    this.traces = new LiveTraces(traces, sids);
    const processes = sids.map((sid) => {
      const ensembleSeen = sids.map((other): MemberPorts => {
        const { host, client, quorum, election } = network.seenBy(sid, other);
        return { sid: other, host, client, quorum, election, observer: observers.includes(other) };
      });
      const own = ensembleSeen.find((member) => member.sid === sid)!;
      const file = writeZooCfg(this.#folder, own, ensembleSeen, cfg);
      const args = [zabMain, 'server', file, '--trace', traceFileOf(traces, sid)];
      const command = network.asServer(sid, { tool: process.execPath, args });
      return [sid, new ServerProcess(`server ${sid}`, own.client, command, own.host)] as const;
    });
    this.#processes = new Map(processes);
  }

  address(sid: number): string {
    return this.#process(sid).address;
  }

  get addresses(): readonly string[] {
    return this.sids.map((sid) => this.address(sid));
  }

  /** Starts the servers; resolves when each of them answers clients. */
  async start(sids: readonly number[] = this.sids): Promise<void> {
    for (const sid of sids) this.#process(sid).spawn();
    await Promise.all(sids.map((sid) => this.#process(sid).serving()));
  }

  /** SIGKILL, to all of them before the first is seen to be gone. */
  async kill(...sids: readonly number[]): Promise<void> {
    await Promise.all(sids.map((sid) => this.#process(sid).kill()));
  }

  /** SIGSTOP: the process does nothing, its connections stay. */
  freeze(sid: number): void {
    this.#process(sid).notify('SIGSTOP');
    this.#frozen.add(sid);
  }

  thaw(sid: number): void {
    this.#process(sid).notify('SIGCONT');
    this.#frozen.delete(sid);
  }

  /** Cuts, both ways, between each of `some` and each of the others. */
  async split(some: readonly number[]): Promise<void> {
    for (const a of some) {
      for (const b of this.sids) {
        if (some.includes(b)) continue;
        await this.network.cut(a, b);
        await this.network.cut(b, a);
      }
    }
  }

  /** Ends everything in order, as SIGTERM does; removes the data, not the traces. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const sid of this.#frozen) this.thaw(sid);
    await Promise.all([...this.#processes.values()].map((p) => p.stop()));
    await this.network.close();
    dropFolder(this.#folder);
  }

  #process(sid: number): ServerProcess {
    const found = this.#processes.get(sid);
    if (found === undefined) throw new Error(`no server ${sid}`);
    return found;
  }
}
