/**
 * The table of properties in spec/README.md against the modules and the manifest: each property is
 * defined, held by a quick model, what it speaks of is reached, and a planted fault is killed by it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadManifest } from '../../../conformance/check/manifest.js';
import type { Model } from '../../../conformance/check/manifest.js';
import { packageRoot } from '../../../conformance/package-root.js';

const spec = join(packageRoot(), 'spec');
const { folder, models } = loadManifest(join(spec, 'models', 'manifest.json'));

interface Row {
  readonly id: string;
  readonly properties: readonly string[];
  readonly source: string;
  readonly reached: readonly string[];
  readonly killed: readonly string[];
}

function names(cell: string): readonly string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map((match) => match[1]!);
}

const section = /^## Properties\n([\s\S]*?)^## /m;
const rows: readonly Row[] = (
  section.exec(readFileSync(join(spec, 'README.md'), 'utf8'))?.[1] ?? ''
)
  .split('\n')
  .filter((line) => /^\| [PALR]\d+ \|/.test(line))
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [, id = '', properties = '', source = '', reached = '', killed = ''] = cells;
    return {
      id,
      properties: names(properties),
      source,
      reached: names(reached),
      killed: names(killed),
    };
  });

const modules = [spec, join(spec, 'models')]
  .flatMap((folderName) => readdirSync(folderName).map((file) => join(folderName, file)))
  .filter((file) => file.endsWith('.tla'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

/** The names under INVARIANTS and PROPERTIES of a model's configuration. */
function checkedBy(model: Model): readonly string[] {
  const text = readFileSync(join(folder, model.config), 'utf8').replace(/\\\*.*$/gm, '');
  const blocks = text.matchAll(
    /^(?:INVARIANTS?|PROPERT(?:Y|IES))\b([\s\S]*?)(?=^[A-Z_]+\b|$(?![\s\S]))/gm,
  );
  return [...blocks].flatMap((block) => block[1]!.split(/\s+/).filter((word) => word !== ''));
}

const held = new Set(
  models
    .filter((model) => model.class === 'quick' && model.expect === 'holds')
    .flatMap((model) => checkedBy(model)),
);

function violatedBy(name: string): string | null {
  const model = models.find((one) => one.name === name);
  return model === undefined || model.expect === 'holds' ? null : model.expect.violates;
}

test('every property of the project has a row', () => {
  const ids = new Set(rows.map((row) => row.id));
  const due = [
    ...Array.from({ length: 22 }, (_, i) => `P${i + 1}`),
    ...Array.from({ length: 8 }, (_, i) => `A${i + 1}`),
    ...Array.from({ length: 5 }, (_, i) => `L${i + 1}`),
    'R1',
    'R3',
  ];
  assert.deepEqual(
    due.filter((id) => !ids.has(id)),
    [],
  );
  assert.equal(rows.length, ids.size);
});

test('each is defined, has a source and is held by a quick model', () => {
  for (const { id, properties, source } of rows) {
    assert.ok(properties.length > 0, id);
    assert.notEqual(source, '', id);
    for (const property of properties) {
      assert.match(modules, new RegExp(`^${property} ==`, 'm'), `${id}: ${property}`);
      assert.ok(held.has(property), `${id}: no quick model checks ${property}`);
    }
  }
});

test('what each speaks of is reached: a witness model violates its Debug', () => {
  const witnessed = new Set(
    models.flatMap(({ class: kind, expect }) =>
      kind === 'witness' && expect !== 'holds' ? [expect.violates] : [],
    ),
  );
  for (const { id, reached } of rows) {
    assert.ok(reached.length > 0, id);
    for (const name of reached) {
      assert.match(modules, new RegExp(`^${name} ==`, 'm'), `${id}: ${name}`);
      assert.ok(witnessed.has(name), `${id}: no witness model violates ${name}`);
    }
  }
});

test('each kills a planted fault, under its own name', () => {
  for (const { id, properties, killed } of rows) {
    const kills = killed.map((name) => violatedBy(name));
    for (const property of properties) {
      assert.ok(
        kills.includes(property),
        `${id}: none of ${killed.join(', ')} violates ${property}`,
      );
    }
    assert.ok(
      kills.every((name) => name !== null && properties.includes(name)),
      `${id}: ${killed.join(', ')} violate ${kills.join(', ')}`,
    );
  }
});

test('every Debug of Properties.tla has a witness model', () => {
  const text = readFileSync(join(spec, 'Properties.tla'), 'utf8');
  const defined = [...text.matchAll(/^(Debug\w+) ==/gm)].map((match) => match[1]!);
  const wanted = new Set(models.map(({ expect }) => (expect === 'holds' ? '' : expect.violates)));
  assert.deepEqual(
    defined.filter((name) => !wanted.has(name)),
    [],
  );
});
