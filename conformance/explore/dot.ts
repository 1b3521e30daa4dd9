/**
 * TLC's state graph as `-dump dot,actionlabels` writes it, line by line: states by fingerprint with all
 * variables, and an edge for every step that was generated. Nothing of the text is kept.
 */
import type { TlaValue } from '../tla2tools-runner/index.js';
import { parseValue } from '../tla2tools-runner/index.js';
import type { Bounds } from './bounds.js';
import type { NetValues, ServerValues } from './from-tla.js';
import { NET_VARIABLES, netOfTla, partOf, SERVER_VARIABLES, serverOfTla } from './from-tla.js';
import type { States } from './graph.js';
import { Graph } from './graph.js';

const EDGE = /^(-?\d+) -> (-?\d+) \[label="(\w+)"/;
const STATE = /^(-?\d+) \[label="\/\\\\ (.*)"(,style = filled)?\];?$/;
const BETWEEN = '\\n/\\\\ ';
const ELECTION: ReadonlySet<string> = new Set(['round', 'vote', 'recvset', 'outOfElection']);

/** A variable's text, seen before or not: its value and, for servers' variables, the parts. */
interface Known {
  readonly value: TlaValue;
  /** By server: the number of the part among all parts. */
  readonly parts: readonly number[];
  readonly id: number;
}

/** Reads the lines of a dump into a graph. */
export class DotReader {
  readonly graph = new Graph();
  private readonly known = new Map<string, Known>();
  private readonly partNumbers = new Map<string, number>();
  private readonly partValues: TlaValue[] = [];
  private readonly servers = new Map<string, number>();
  private readonly nets = new Map<string, number>();
  private readonly states: States;
  private readonly bounds: Bounds;
  private readonly labelIds: ReadonlyMap<string, number>;
  private rest = '';

  constructor(states: States, bounds: Bounds, labels: ReadonlyMap<string, string>) {
    this.states = states;
    this.bounds = bounds;
    this.labelIds = new Map([...labels].map(([name, label]) => [name, states.labels.idOf(label)]));
  }

  /** Any piece of the text, in order. */
  feed(chunk: string): void {
    const text = this.rest + chunk;
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.line(text.slice(from, end));
      from = end + 1;
    }
    this.rest = text.slice(from);
  }

  private line(line: string): void {
    const edge = EDGE.exec(line);
    if (edge !== null) {
      const [, from = '', to = '', name = ''] = edge;
      const label = this.labelIds.get(name);
      if (label === undefined) throw new Error(`TLC took an action ${name}, which is not known`);
      this.graph.addEdge(this.graph.idOf(from), label, this.graph.idOf(to));
      return;
    }
    const state = STATE.exec(line);
    if (state === null) return;
    const [, fingerprint = '', variables = '', filled] = state;
    const id = this.graph.idOf(fingerprint);
    if (filled !== undefined) this.graph.initial.push(id);
    this.graph.states[id] = this.stateOf(variables);
  }

  private stateOf(text: string): number {
    const values = new Map<string, Known>();
    for (const part of text.split(BETWEEN)) {
      const equals = part.indexOf(' = ');
      values.set(part.slice(0, equals), this.valueOf(part, equals));
    }
    const servers = this.bounds.servers.map((sid) => this.serverOf(sid, values));
    return this.states.stateId(servers, this.netOf(values));
  }

  private valueOf(text: string, equals: number): Known {
    let known = this.known.get(text);
    if (known === undefined) {
      const plain = text
        .slice(equals + 3)
        .replace(/\\(.)/g, (_, c: string) => (c === 'n' ? ' ' : c));
      const value = parseValue(plain);
      const name = text.slice(0, equals);
      const splits = (SERVER_VARIABLES as readonly string[]).includes(name);
      const used = splits && (this.bounds.election === 'fle' || !ELECTION.has(name));
      const parts = used ? this.bounds.servers.map((sid) => this.partId(partOf(value, sid))) : [];
      known = { value, parts, id: this.known.size };
      this.known.set(text, known);
    }
    return known;
  }

  private partId(part: TlaValue): number {
    const key = JSON.stringify(part);
    let id = this.partNumbers.get(key);
    if (id === undefined) {
      id = this.partValues.length;
      this.partNumbers.set(key, id);
      this.partValues.push(part);
    }
    return id;
  }

  private serverOf(sid: number, values: ReadonlyMap<string, Known>): number {
    let key = String(sid);
    for (const name of SERVER_VARIABLES) key += `,${values.get(name)?.parts[sid - 1] ?? ''}`;
    let id = this.servers.get(key);
    if (id === undefined) {
      const parts = Object.fromEntries(
        SERVER_VARIABLES.map((name) => [
          name,
          this.partValues[values.get(name)?.parts[sid - 1] ?? -1],
        ]),
      ) as unknown as ServerValues;
      const { observers, election } = this.bounds;
      id = this.states.serverId(serverOfTla(sid, parts, observers, election === 'fle'));
      this.servers.set(key, id);
    }
    return id;
  }

  private netOf(values: ReadonlyMap<string, Known>): number {
    let key = '';
    for (const name of NET_VARIABLES) key += `,${values.get(name)?.id ?? ''}`;
    let id = this.nets.get(key);
    if (id === undefined) {
      const parts = Object.fromEntries(
        NET_VARIABLES.map((name) => [name, values.get(name)?.value]),
      ) as unknown as NetValues;
      id = this.states.netId(netOfTla(parts, this.bounds.servers.length));
      this.nets.set(key, id);
    }
    return id;
  }
}
