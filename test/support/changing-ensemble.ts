/** Three server processes whose configuration, and kind, may change from one start to the next. */
import { testJvm } from './apache.js';
import { memberCommand, type Kind } from './cluster.js';
import { dropFolder, freePorts, makeFolder, ServerProcess } from './server-process.js';
import { testCfg, writeZooCfg, type MemberPorts } from './zoo-cfg.js';

export interface MemberChoice {
  readonly kind: Kind;
  /** `key=value` lines. */
  readonly extra: readonly string[];
  /** More options of Apache's JVM. */
  readonly jvm?: readonly string[];
}

export class ChangingEnsemble implements AsyncDisposable {
  readonly folder: string;
  readonly members: readonly MemberPorts[];
  readonly #processes: (ServerProcess | null)[] = [];

  private constructor(folder: string, members: readonly MemberPorts[]) {
    this.folder = folder;
    this.members = members;
  }

  static async start(
    choices: readonly MemberChoice[],
    folder = makeFolder('zab-changing-'),
  ): Promise<ChangingEnsemble> {
    const ports = await freePorts(choices.length * 3);
    const members = choices.map((_, i) => ({
      sid: i + 1,
      client: ports[3 * i] ?? 0,
      quorum: ports[3 * i + 1] ?? 0,
      election: ports[3 * i + 2] ?? 0,
    }));
    const ensemble = new ChangingEnsemble(folder, members);
    for (const [i, choice] of choices.entries()) await ensemble.#spawn(i, choice);
    try {
      await Promise.all(ensemble.#processes.map((one) => one?.serving()));
    } catch (error) {
      await ensemble[Symbol.asyncDispose]();
      throw error;
    }
    return ensemble;
  }

  get addresses(): readonly string[] {
    return this.members.map(({ client }) => `127.0.0.1:${client}`);
  }

  /** Kills member `i` and starts it on its data, as `choice` says; resolves when it serves. */
  async change(i: number, choice: MemberChoice): Promise<void> {
    await this.#processes[i]?.kill();
    await this.#spawn(i, choice);
    await this.#processes[i]?.serving();
  }

  process(i: number): ServerProcess {
    const found = this.#processes[i];
    if (found === undefined || found === null) throw new Error(`no member ${i}`);
    return found;
  }

  async #spawn(i: number, { kind, extra, jvm = [] }: MemberChoice): Promise<void> {
    const member = this.members[i];
    if (member === undefined) throw new Error(`no member ${i}`);
    const file = writeZooCfg(this.folder, member, this.members, { ...testCfg, extra });
    const command = await memberCommand(
      { kind, shape: 'ensemble', jvm: [...testJvm, ...jvm] },
      file,
      member.sid,
    );
    const process_ = new ServerProcess(`${kind} server ${member.sid}`, member.client, command);
    this.#processes[i] = process_;
    process_.spawn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((one) => one?.kill()));
    dropFolder(this.folder);
  }
}
