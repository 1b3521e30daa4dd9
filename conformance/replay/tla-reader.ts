/**
 * TLC's states as the explorer's {@link ModelState}, fast: from one state to the next most variables
 * stay as they are, so each variable's text is read once, and each server's part of it once.
 */
import type { NetValues, ServerValues } from '../explore/from-tla.js';
import {
  NET_VARIABLES,
  netOfTla,
  partOf,
  SERVER_VARIABLES,
  serverOfTla,
} from '../explore/from-tla.js';
import type { ModelState, ServerView } from '../explore/model-state.js';
import { netText, serverText } from '../explore/model-state.js';
import type { TlaValue } from '../tla2tools-runner/index.js';
import { parseValue, ToolsError } from '../tla2tools-runner/index.js';
import { canonical } from '../story/values.js';
import { UnusableInput } from '../unusable-input.js';
import type { Setting } from './setting.js';

/** What both sides of a replay are compared by: equal texts, equal states. */
export interface Comparable {
  readonly model: ModelState;
  /** By sid. */
  readonly servers: readonly string[];
  readonly net: string;
}

/** Variable → its text as TLC printed it. */
export type StateText = ReadonlyMap<string, string>;

interface Part {
  readonly id: number;
  readonly value: TlaValue;
}

interface Known {
  readonly id: number;
  readonly value: TlaValue;
  /** By sid: this server's part. */
  readonly parts: readonly Part[];
}

interface SeenServer {
  readonly view: ServerView;
  readonly text: string;
}

const ELECTION: ReadonlySet<string> = new Set(['round', 'vote', 'recvset', 'outOfElection']);

export class TlaReader {
  private readonly known = new Map<string, Known>();
  private readonly parts = new Map<string, Part>();
  private readonly servers = new Map<string, SeenServer>();
  private readonly nets = new Map<string, Omit<ModelState, 'servers'>>();
  private readonly setting: Setting;

  constructor(setting: Setting) {
    this.setting = setting;
  }

  /** Throws UnusableInput if a variable is missing, or its value is none of this specification's. */
  read(state: StateText): Comparable {
    try {
      const servers = this.setting.servers.map((_, i) => this.server(i + 1, state));
      const net = this.net(state);
      const model = { ...net, servers: servers.map(({ view }) => view) };
      return { model, servers: servers.map(({ text }) => text), net: netText(model) };
    } catch (e) {
      if (e instanceof UnusableInput) throw e;
      if (e instanceof ToolsError) throw new UnusableInput(e.message);
      throw new UnusableInput(`a state of another specification: ${(e as Error).message}`);
    }
  }

  private valueOf(name: string, state: StateText): Known {
    const text = state.get(name);
    if (text === undefined) throw new UnusableInput(`a state without the variable ${name}`);
    const key = `${name}=${text}`;
    let known = this.known.get(key);
    if (known === undefined) {
      const value = this.setting.renamed(parseValue(text));
      known = { id: this.known.size, value, parts: this.partsOf(name, value) };
      this.known.set(key, known);
    }
    return known;
  }

  private partsOf(name: string, value: TlaValue): readonly Part[] {
    if (!(SERVER_VARIABLES as readonly string[]).includes(name)) return [];
    if (this.setting.election !== 'fle' && ELECTION.has(name)) return [];
    return this.setting.servers.map((_, i) => {
      const part = partOf(value, i + 1);
      const key = canonical(part);
      let found = this.parts.get(key);
      if (found === undefined) this.parts.set(key, (found = { id: this.parts.size, value: part }));
      return found;
    });
  }

  private server(sid: number, state: StateText): SeenServer {
    const parts = SERVER_VARIABLES.map((name) => this.valueOf(name, state).parts[sid - 1]);
    const key = `${sid}:${parts.map((part) => part?.id ?? '').join(',')}`;
    let seen = this.servers.get(key);
    if (seen === undefined) {
      const values = Object.fromEntries(SERVER_VARIABLES.map((name, i) => [name, parts[i]?.value]));
      const { observers, election } = this.setting;
      const fle = election === 'fle';
      const view = serverOfTla(sid, values as unknown as ServerValues, observers, fle);
      seen = { view, text: serverText(view) };
      this.servers.set(key, seen);
    }
    return seen;
  }

  private net(state: StateText): Omit<ModelState, 'servers'> {
    const values = NET_VARIABLES.map((name) => this.valueOf(name, state));
    const key = values.map(({ id }) => id).join(',');
    let net = this.nets.get(key);
    if (net === undefined) {
      const named = Object.fromEntries(NET_VARIABLES.map((name, i) => [name, values[i]?.value]));
      net = netOfTla(named as unknown as NetValues, this.setting.servers.length);
      this.nets.set(key, net);
    }
    return net;
  }
}
