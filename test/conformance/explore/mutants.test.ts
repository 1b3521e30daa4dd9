/**
 * Faults planted in the compiled reducers while they are loaded make the graphs differ. Each takes a few
 * seconds: TLC's graph of a small configuration, and the reducers'.
 */
import { execFile } from 'node:child_process';
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { packageRoot } from '../../../conformance/package-root.js';

interface Mutant {
  readonly what: string;
  /** Compiled module below dist/src/core/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly model: string;
  /** A step that one side has at the first difference. */
  readonly step: RegExp;
}

const MUTANTS: readonly Mutant[] = [
  {
    what: 'NEWLEADER is acknowledged without the entries that are under way',
    file: 'synchronization.js',
    find: "const later = serverState === 'FOLLOWING' ? entriesAfter(history, syncCommitted) : [];",
    replace: 'const later = [];',
    model: 'ThreeServersQuiet',
    step: /FollowerProcessNEWLEADER/,
  },
  {
    what: 'the new epoch is the highest heard of, without one more',
    file: 'discovery.js',
    find: 'const epoch = peer.maxAccepted + 1;',
    replace: 'const epoch = Math.max(peer.maxAccepted, 1);',
    model: 'TwoServersDisconnect',
    step: /LeaderProcessFOLLOWERINFO/,
  },
  {
    what: 'a commit between NEWLEADER and UPTODATE is dropped',
    file: 'synchronization.js',
    find: 'return withPeer(state, { ...peer, syncCommitted: zxid });',
    replace: 'return state;',
    model: 'ThreeServersQuiet',
    step: /FollowerProcessCOMMITInSync/,
  },
  {
    what: 'currentEpoch is written before the history',
    file: 'synchronization.js',
    find: 'let log = { ...state.log, history };',
    replace: "let log = ask({ ...state.log, history }, { op: 'currentEpoch', epoch }, null, out);",
    model: 'TwoServersDisconnect',
    step: /FollowerProcessNEWLEADER/,
  },
  {
    what: 'a leader forgets what a learner acknowledged when its connection ends',
    file: 'faults.js',
    find: 'return { ...state, peer: forget(peer, handler, reason, out) };',
    replace:
      'const left = forget(peer, handler, reason, out);' +
      'const electing = new Set(left.electing); electing.delete(handler.sid);' +
      'return { ...state, peer: { ...left, electing } };',
    model: 'TwoServersDisconnect',
    step: /LeaderCloseConnection/,
  },
  {
    what: 'a write that was asked for before a shutdown is still announced',
    file: 'persisted.js',
    find: 'if (!isLearner(peer) || peer.conn !== conn)',
    replace: 'if (isLearner(peer)) conn = peer.conn; if (!isLearner(peer) || conn === null)',
    model: 'TwoServersDisconnect',
    step: /FollowerPersistLog/,
  },
  {
    what: 'votes are compared by sid alone',
    file: 'vote.js',
    find: 'return a.peerEpoch - b.peerEpoch || a.zxid - b.zxid || a.leader - b.leader;',
    replace: 'return a.leader - b.leader;',
    model: 'TwoServersCrash',
    step: /ElectLeader/,
  },
];

/** A module hook as a URL: the passage is replaced, and must stand there once. */
function hookOf({ file, find, replace }: Mutant): string {
  const hook = `
    export async function load(url, context, next) {
      const loaded = await next(url, context);
      if (!url.endsWith(${JSON.stringify(`/dist/src/core/${file}`)})) return loaded;
      const parts = String(loaded.source).split(${JSON.stringify(find)});
      if (parts.length !== 2) throw new Error('found ' + (parts.length - 1) + ' times');
      return { ...loaded, source: parts.join(${JSON.stringify(replace)}) };
    }`;
  const hooks = `data:text/javascript,${encodeURIComponent(hook)}`;
  const register = `import { register } from 'node:module'; register(${JSON.stringify(hooks)});`;
  return `data:text/javascript,${encodeURIComponent(register)}`;
}

interface Ended {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function explore(mutant: Mutant): Promise<Ended> {
  const main = join(packageRoot(), 'dist', 'src', 'cli', 'main.js');
  const args = ['--import', hookOf(mutant), main, 'explore', mutant.model, '--json'];
  const env: NodeJS.ProcessEnv = { ...process.env };
  // A mutated module is not the one whose coverage counts.
  delete env['NODE_V8_COVERAGE'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }),
    );
  });
}

for (const mutant of MUTANTS) {
  test(`the graphs differ if ${mutant.what}`, async () => {
    const { code, stdout, stderr } = await explore(mutant);
    assert.equal(code, 1, `${stdout}${stderr}`);
    const { models } = JSON.parse(stdout) as {
      readonly models: readonly {
        readonly equal: boolean;
        readonly difference: readonly string[];
      }[];
    };
    assert.equal(models[0]?.equal, false);
    const lines = models[0]?.difference ?? [];
    const here = lines.slice(lines.findIndex((line) => line.startsWith('  only')));
    assert.match(here.join('\n'), mutant.step);
    // A reducer that throws would differ, too, but not as the fault that was planted.
    assert.doesNotMatch(here.join('\n'), /Throws/);
  });
}
