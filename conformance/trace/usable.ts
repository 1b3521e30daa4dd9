/**
 * What makes lines no trace, whatever the specification says: lines that are not in the order in
 * which they were numbered, a server that acts before it has started, two servers that were recorded
 * under one id, an ensemble that is none, and a field that some lines have and others have not. Those are
 * not behaviours to be judged, but recordings that went wrong.
 */
import { UnusableTrace } from './file.js';
import type { SourceLine } from './file.js';
import type { TraceEvent } from './schema.js';

function refuse({ file, number }: SourceLine, why: string): never {
  throw new UnusableTrace(`${file}:${number}: ${why}`);
}

/** Throws UnusableTrace at the first line that is wrong. `lines`: of one file, in its order. */
export function refuseUnusable(lines: readonly SourceLine[]): void {
  const started = new Set<number>();
  /** By server and connection: which end of it the server is. */
  const ends = new Map<string, 'learner' | 'leader'>();
  let seq = 0;
  for (const source of lines) {
    const { line } = source;
    const { server, event } = line;
    if (line.seq <= seq) refuse(source, `seq goes back: ${line.seq} after ${seq}`);
    seq = line.seq;
    if (event.type === 'start') {
      const none = noEnsemble(event);
      if (none !== null) refuse(source, none);
      started.add(server);
    } else if (!started.has(server)) refuse(source, `server ${server} has not started yet`);
    const itself = talksToItself(source) ?? bothEnds(ends, server, event);
    if (itself !== null) refuse(source, `${itself}: are two servers recorded under one id?`);
  }
}

function noEnsemble({ voters, observers }: Extract<TraceEvent, { type: 'start' }>): string | null {
  if (voters.length === 0) return 'an ensemble without voters';
  const members = [...voters, ...observers];
  const twice = members.find((sid, i) => members.indexOf(sid) < i);
  return twice === undefined ? null : `server ${twice} is a member twice`;
}

function talksToItself({ line: { server, event, sent } }: SourceLine): string | null {
  if (event.type === 'notification' && event.from === server) {
    return `server ${server} reads a notification of its own`;
  }
  if (sent.some((item) => 'to' in item && item.to === server)) {
    return `server ${server} notifies itself`;
  }
  return null;
}

function bothEnds(
  ends: Map<string, 'learner' | 'leader'>,
  server: number,
  event: TraceEvent,
): string | null {
  if (event.type !== 'opened') return null;
  const end = `${server} ${event.conn}`;
  const other = ends.get(end);
  ends.set(end, event.as);
  if (other === undefined || other === event.as) return null;
  return `server ${server} is both ends of connection ${event.conn}`;
}

/**
 * Throws UnusableTrace at the first line of a run that has other fields than its first: a field may
 * be left out (docs/traces.md), but not here and there, or a line could lose what is wrong with it.
 */
export function refuseUneven(files: readonly (readonly SourceLine[])[]): void {
  const expected = files[0]?.[0]?.line.omitted ?? [];
  for (const source of files.flat()) {
    const omitted = source.line.omitted ?? [];
    const gone = omitted.find((name) => !expected.includes(name));
    if (gone !== undefined) refuse(source, `no ${gone}, which the first line has`);
    const more = expected.find((name) => !omitted.includes(name));
    if (more !== undefined) refuse(source, `${more}, which the first line has not`);
  }
  const [, second] = files;
  const [first] = second ?? [];
  if (first !== undefined && expected.includes('sent')) {
    refuse(first, 'files of one server each can be merged only if their lines have `sent`');
  }
}
