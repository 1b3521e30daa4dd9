/** spec/models/manifest.json: which models there are, and what TLC must find in each. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeJson, exactly, integer, oneOf, t } from '../decode.js';
import type { Expectation } from '../tla2tools-runner/index.js';
import { UnusableInput } from '../unusable-input.js';

const violates = exactly(
  { violates: t.string, kind: oneOf(['invariant', 'action', 'liveness', 'deadlock']) },
  'a violation',
);

const model = t.intersection(
  [
    t.type({
      name: t.string,
      /** Paths relative to the manifest's folder. */
      module: t.string,
      config: t.string,
      mode: oneOf(['check', 'simulate']),
      expect: t.union([t.literal('holds'), violates]),
      /** Distinct states and depth that TLC must report; null: not fixed. */
      distinct: t.union([integer(1), t.null]),
      depth: t.union([integer(1), t.null]),
      class: oneOf(['quick', 'mutant', 'witness', 'deep']),
      bounds: t.string,
      workers: integer(1),
      deadlock: t.boolean,
      timeoutSeconds: integer(1),
      /** The mutation's name, null in the unchanged protocol. */
      mutant: t.union([t.string, t.null]),
      description: t.string,
    }),
    t.partial({
      /** Mode simulate only. */
      simulate: exactly({ traces: integer(1), depth: integer(1), seed: integer(0) }, 'simulate'),
      heapMb: integer(1),
      /** The specification of the same steps that tells a counterexample, if this one names none. */
      namedBy: t.string,
      /** What it takes on one worker of a quiet machine, s; longer models start earlier. */
      seconds: integer(1),
    }),
  ],
  'a model',
);

const manifest = t.array(model);

export type Model = t.TypeOf<typeof model>;

export interface Manifest {
  /** The folder of the manifest: modules and configurations are in or below it. */
  readonly folder: string;
  readonly models: readonly Model[];
}

export function loadManifest(path: string): Manifest {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new UnusableInput(`cannot read ${path}`);
  }
  const decoded = decodeJson(manifest, text);
  if (!decoded.ok) throw new UnusableInput(`${path}: ${decoded.why}`);
  const seen = new Set<string>();
  for (const { name } of decoded.value) {
    if (seen.has(name)) throw new UnusableInput(`${path}: two models named ${name}`);
    seen.add(name);
  }
  return { folder: dirname(path), models: decoded.value };
}

/** The models that were named; without names those that must hold or be reached, or all. */
export function selectModels(
  { models }: Manifest,
  names: readonly string[],
  deep: boolean,
): readonly Model[] {
  const unknown = names.find((name) => !models.some((m) => m.name === name));
  if (unknown !== undefined) {
    throw new UnusableInput(`no model '${unknown}' (zab check --list shows them all)`);
  }
  if (names.length > 0) return models.filter((m) => names.includes(m.name));
  return models.filter((m) => deep || (m.class !== 'deep' && m.class !== 'mutant'));
}

export function expectationOf({ expect }: Model): Expectation {
  if (expect === 'holds') return { kind: 'holds' };
  return { kind: 'violates', property: expect.violates, propertyKind: expect.kind };
}

export function expectationText(m: Model): string {
  return m.expect === 'holds' ? 'holds' : `violates ${m.expect.violates}`;
}

/** Modules are found beside the manifest, in the folder above it (spec/), and in its siblings. */
export function libraryOf({ folder }: Manifest): readonly string[] {
  const above = dirname(folder);
  return [folder, above, join(above, 'mutants')];
}
