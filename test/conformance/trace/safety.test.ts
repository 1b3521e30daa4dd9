/**
 * Each check of spec/TraceSafety.tla can fail: traces of planted faults, explained by the specification with
 * the same fault, so that these checks alone are asked, and which of them fail. (About
 * 30 s of CPU: a model and a JVM that validates for each fault.)
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCheck } from '../../../conformance/check/check.js';
import { loadManifest } from '../../../conformance/check/manifest.js';
import { packageRoot } from '../../../conformance/package-root.js';
import { loadRuns } from '../../../conformance/trace/load.js';
import { resolveTrace } from '../../../conformance/trace/resolve.js';
import { runModule } from '../../../conformance/trace/tlc.js';
import { dataModule } from '../../../conformance/trace/to-tla.js';
import { sharedTools, temporaryFolder } from '../tla2tools-runner/helper.js';

const SPEC = join(packageRoot(), 'spec');

/** A model of a planted fault, and the checks that its counterexample fails. */
const FAULTS: Readonly<Record<string, readonly string[]>> = {
  A4_LeaderAppendOnly: ['HistoryIsSound'],
  P03_EpochOrder: ['CountedAreSound', 'EpochsInOrder', 'PacketsAreSound'],
  P06_Integrity: ['BroadcastIsSound', 'CommittedIsSound', 'HistoryIsSound'],
  P13_DeliversBeforeBroadcast: ['EstablishedIsSound'],
  m14_commit_without_quorum: ['CommittedIsSound'],
  m24_quorum_of_those_connected: ['DeliveredIsSound'],
  m27_ack_proposal_before_newleader: ['PacketsAreSound'],
  m41_observer_ack_counted: ['TypeOKOf'],
};

/** Planted in one module: a crash takes the log on disk with it. */
const LOG_LOST = {
  module: 'Faults.tla',
  find: 'ApplyWrites(@, SubSeq(diskQueue[i], 1, k))]',
  replace: '[ApplyWrites(@, SubSeq(diskQueue[i], 1, k)) EXCEPT !.log = <<>>]]',
};

/** The conjuncts of SafeStep, each by the first operator of TraceSafety that it names. */
function checks(text: string): readonly { readonly name: string; readonly formula: string }[] {
  const [head, body] = text.split(/^SafeStep\(i, action, done\) ==\n/m);
  assert.ok(head && body);
  const conjuncts = body
    .split(/\n\n|\n====/)[0]!
    .split(/^ {2}\/\\ /m)
    .slice(1);
  const own = new Set([...head.matchAll(/^(\w+)(?:\([^)]*\))? ==/gm)].map(([, name]) => name));
  return conjuncts.map((formula) => {
    const bare = formula.replace(/\\\*.*$/gm, '').trim();
    const last = [...bare.matchAll(/\w+/g)].map(([word]) => word).filter((word) => own.has(word));
    return { name: last.at(-1) ?? bare, formula: bare };
  });
}

/** TraceSafety with a SafeStep that says which checks fail, and goes on. */
function saying(text: string): string {
  const said = checks(text).map(
    ({ name, formula }) => `  /\\ IF (${formula}) THEN TRUE ELSE PrintT(<<"fails", "${name}">>)`,
  );
  const start = text.indexOf('SafeStep(i, action, done) ==');
  return `${text.slice(0, start)}SafeStep(i, action, done) ==\n${said.join('\n')}\n\n====\n`;
}

/** The checks that the trace fails, explained by the specification with this fault. */
async function failing(path: string, fault: string | typeof LOG_LOST): Promise<readonly string[]> {
  const [run] = loadRuns([path]);
  assert.ok(run);
  const model = resolveTrace(run.name, run.lines);
  assert.ok(model);
  const sound = (name: string) => readFileSync(join(SPEC, name), 'utf8');
  const modules = new Map([['TraceSafety.tla', saying(sound('TraceSafety.tla'))]]);
  if (typeof fault === 'string') {
    const config = sound('ZabTrace.cfg').replace('Mutant = "none"', `Mutant = "${fault}"`);
    modules.set('ZabTrace.cfg', config);
  } else {
    const text = sound(fault.module);
    assert.equal(text.split(fault.find).length, 2, 'the place of the fault');
    modules.set(fault.module, text.replace(fault.find, fault.replace));
  }
  const found = new Set<string>();
  const onLine = (line: string): void => {
    const [, name] = /^<<"fails", "(\w+)">>$/.exec(line) ?? [];
    if (name !== undefined) found.add(name);
  };
  await runModule(dataModule([model]).text, { tools: await sharedTools() }, onLine, modules);
  return [...found].sort();
}

test('every check of TraceSafety refuses the trace of a planted fault', async (t) => {
  const folder = await temporaryFolder(t);
  const said: string[] = [];
  const io = { out: (line: string) => said.push(line), err: () => undefined, status: null };
  const names = Object.keys(FAULTS);
  assert.equal(await runCheck([...names, '--save', folder], io), 0, said.join('\n'));
  const { models } = loadManifest(join(SPEC, 'models', 'manifest.json'));
  const seen = new Set<string>();
  for (const name of names) {
    const mutant = models.find((model) => model.name === name)?.mutant ?? '';
    const found = await failing(join(folder, `${name}.ndjson`), mutant);
    assert.deepEqual(found, FAULTS[name], name);
    for (const check of found) seen.add(check);
  }
  const golden = join(packageRoot(), 'traces', 'golden', 'one-voter.ndjson');
  assert.deepEqual(await failing(golden, 'none'), []);
  // (RewritesDisk: what was committed stays on the disks of a majority.)
  const lost = await failing(golden, LOG_LOST);
  assert.deepEqual(lost, ['DiskIsSound', 'RewritesDisk']);
  for (const check of lost) seen.add(check);
  const all = checks(readFileSync(join(SPEC, 'TraceSafety.tla'), 'utf8')).map(({ name }) => name);
  assert.ok(all.length >= 11, all.join(' '));
  assert.deepEqual([...seen].sort(), [...new Set(all)].sort());
});
