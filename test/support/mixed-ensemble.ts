/**
 * One ensemble of Apache's servers and ours: each a process of its own on a folder of its own, started,
 * killed, stopped and replaced by one of the other kind, on the same folder, one by one.
 */
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { testJvm } from './apache.js';
import { memberCommand, type Kind } from './cluster.js';
import { modeOf } from './four-letter-word.js';
import { dropFolder, freePorts, isFree, makeFolder, ServerProcess } from './server-process.js';
import { testCfg, writeZooCfg, type MemberPorts, type ZooCfg } from './zoo-cfg.js';

export interface MixedOptions {
  /** `sid` = place in the list, from 1 on. */
  readonly kinds: readonly Kind[];
  /** Sids of those that are observers. */
  readonly observers?: readonly number[];
  readonly cfg?: ZooCfg;
  /** Further `key=value` lines for one member. */
  readonly extra?: (member: MemberPorts, kind: Kind) => readonly string[];
  /** JVM options of Apache's servers, beside the tests' own. */
  readonly jvm?: readonly string[];
}

const POLL_MS = 20;
const PATIENCE_MS = 120_000;

/** Waits until `probe` gives something. @throws after two minutes, saying `what` never came */
export async function eventually<T>(
  what: string | (() => string),
  probe: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await probe();
    if (found !== null && found !== undefined && found !== false) return found;
    if (performance.now() > end) {
      throw new Error(`not in ${PATIENCE_MS} ms: ${typeof what === 'string' ? what : what()}`);
    }
    await delay(POLL_MS);
  }
}

export class MixedMember {
  #kind: Kind;
  #process: ServerProcess | null = null;
  readonly #ensemble: readonly MemberPorts[];
  readonly #options: MixedOptions;
  readonly #folder: string;

  constructor(
    readonly ports: MemberPorts,
    kind: Kind,
    ensemble: readonly MemberPorts[],
    options: MixedOptions,
    folder: string,
  ) {
    this.#kind = kind;
    this.#ensemble = ensemble;
    this.#options = options;
    this.#folder = folder;
  }

  get sid(): number {
    return this.ports.sid;
  }
  get kind(): Kind {
    return this.#kind;
  }
  get address(): string {
    return `127.0.0.1:${this.ports.client}`;
  }
  get name(): string {
    return `${this.kind} server ${this.sid}`;
  }
  get dataDir(): string {
    return join(this.#folder, String(this.sid), 'data');
  }
  get runs(): boolean {
    return this.#process !== null && this.#process.pid !== null;
  }
  /** The last of what its process wrote. */
  get tail(): string {
    return this.#process?.tail ?? '';
  }

  /** Starts it and waits for nothing. */
  async launch(): Promise<void> {
    const { cfg = testCfg, extra, jvm = [] } = this.#options;
    const lines = [...cfg.extra, ...(extra?.(this.ports, this.#kind) ?? [])];
    const file = writeZooCfg(this.#folder, this.ports, this.#ensemble, { ...cfg, extra: lines });
    const command = await memberCommand(
      { kind: this.#kind, shape: 'ensemble', jvm: [...testJvm, ...jvm] },
      file,
      this.sid,
    );
    this.#process = new ServerProcess(this.name, this.ports.client, command);
    this.#process.spawn();
  }

  /** Starts it; resolves when it serves. */
  async start(): Promise<void> {
    await this.launch();
    await this.serving();
  }

  /** Resolves when it serves; rejects with what it wrote if its process ends before. */
  async serving(): Promise<void> {
    if (this.#process === null) throw new Error(`${this.name} was not started`);
    await this.#process.serving();
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** SIGTERM. */
  async stop(): Promise<void> {
    await this.#process?.stop();
  }

  /** SIGSTOP and SIGCONT. */
  pause(): void {
    this.#process?.notify('SIGSTOP');
  }
  resume(): void {
    this.#process?.notify('SIGCONT');
  }

  /** Of which kind the next start is; the folder stays. */
  become(kind: Kind): void {
    if (this.runs) throw new Error(`${this.name} runs`);
    this.#kind = kind;
  }

  /** Forgets all that it wrote: the next start is a newcomer's. */
  wipe(): void {
    if (this.runs) throw new Error(`${this.name} runs`);
    rmSync(dirname(this.dataDir), { recursive: true, force: true });
  }

  /** `leader`, `follower`, `observer`, as its `srvr` says; null while it serves nobody. */
  mode(): Promise<string | null> {
    return modeOf(this.address).catch(() => null);
  }
}

export class MixedEnsemble implements AsyncDisposable {
  readonly members: readonly MixedMember[];
  readonly #folder: string;

  private constructor(members: readonly MixedMember[], folder: string) {
    this.members = members;
    this.#folder = folder;
  }

  /** Folders and ports; nothing runs yet. */
  static async prepare(options: MixedOptions): Promise<MixedEnsemble> {
    const { kinds, observers = [] } = options;
    const folder = makeFolder('zab-mixed-');
    const ports = await freePorts(3 * kinds.length);
    const at = (i: number): number => ports[i] ?? 0;
    const places = kinds.map((_, i): MemberPorts => ({
      ...{ sid: i + 1, client: at(3 * i), quorum: at(3 * i + 1), election: at(3 * i + 2) },
      observer: observers.includes(i + 1),
    }));
    const members = places.map(
      (place, i) => new MixedMember(place, kinds[i] ?? 'zab', places, options, folder),
    );
    return new MixedEnsemble(members, folder);
  }

  /**
   * Starts every member; `order` gives groups of sids of which each is started when the one before
   * serves (default: all at once). A port that was lost to somebody else is worth two more attempts.
   */
  static async start(
    options: MixedOptions,
    order: readonly (readonly number[])[] = [options.kinds.map((_, i) => i + 1)],
  ): Promise<MixedEnsemble> {
    for (let attempt = 1; ; attempt++) {
      const ensemble = await MixedEnsemble.prepare(options);
      try {
        for (const sids of order) await ensemble.startAll(sids);
        return ensemble;
      } catch (error) {
        await ensemble[Symbol.asyncDispose]();
        if (attempt === 3 || !(await ensemble.#lostPort())) throw error;
      }
    }
  }

  async #lostPort(): Promise<boolean> {
    const ports = this.members.flatMap(({ ports: p }) => [p.client, p.quorum, p.election]);
    return (await Promise.all(ports.map(isFree))).includes(false);
  }

  get connectString(): string {
    return this.members.map(({ address }) => address).join(',');
  }

  member(sid: number): MixedMember {
    const found = this.members[sid - 1];
    if (found === undefined) throw new Error(`no server ${sid}`);
    return found;
  }

  /** Starts these together; resolves when all of them serve. */
  async startAll(sids: readonly number[]): Promise<void> {
    const members = sids.map((sid) => this.member(sid));
    await Promise.all(members.map((one) => one.launch()));
    await Promise.all(members.map((one) => one.serving()));
  }

  /** The one that leads, as soon as one says so. */
  leader(): Promise<MixedMember> {
    return eventually(
      () => `a leader\n${this.members.map((one) => `${one.name}:\n${one.tail}`).join('\n')}`,
      async () => {
        const modes = await Promise.all(this.members.map((one) => (one.runs ? one.mode() : null)));
        return this.members[modes.indexOf('leader')];
      },
    );
  }

  /** Those that run and do not lead. */
  async learners(): Promise<readonly MixedMember[]> {
    const leader = await this.leader();
    return this.members.filter((one) => one.runs && one !== leader);
  }

  async killAll(): Promise<void> {
    await Promise.all(this.members.map((one) => one.kill()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      // Ours leave their coverage when they are asked to end.
      this.members.map((one) => (one.kind === 'zab' ? one.stop() : one.kill())),
    );
    dropFolder(this.#folder);
  }
}
