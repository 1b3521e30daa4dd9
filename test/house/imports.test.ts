/** Who may import whom (docs/architecture.md, DESIGN §1), and what the pure folders may not contain. */
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

const PURE = ['src/core', 'src/tree', 'src/server', 'src/jute'];

interface Rule {
  /** Folders whose modules may be imported, beside the own one. */
  readonly folders: readonly string[];
  readonly packages: readonly string[];
  /** May it import node: modules (true: any)? */
  readonly node: true | readonly string[];
}

const codec = ['src/core', 'src/jute'];
const pure = [...PURE];
const world = [...pure, 'src/shell', 'src/sim', 'src/config'];
const rules: Readonly<Record<string, Rule>> = {
  'src/core': { folders: [], packages: ['ts-pattern'], node: [] },
  'src/tree': { folders: ['src/core'], packages: ['immutable'], node: [] },
  'src/jute': { folders: ['src/core'], packages: [], node: ['node:buffer'] },
  'src/server': {
    folders: ['src/core', 'src/tree', 'src/jute'],
    packages: ['immutable', 'ts-pattern'],
    node: [],
  },
  'src/client': { folders: codec, packages: [], node: true },
  'src/config': { folders: codec, packages: ['io-ts', 'fp-ts'], node: true },
  'src/sim': { folders: pure, packages: ['ts-pattern', 'immutable'], node: ['node:buffer'] },
  'src/shell': {
    folders: [...pure, 'src/config'],
    packages: ['ts-pattern', 'immutable'],
    node: true,
  },
  'src/testing': { folders: [...world, 'conformance'], packages: [], node: true },
  'src/cli': {
    folders: [...world, 'src/testing', 'src/client', 'conformance'],
    packages: ['io-ts', 'fp-ts'],
    node: true,
  },
  src: { folders: [...world, 'src/testing'], packages: [], node: true },
  conformance: {
    folders: [...pure, 'src/sim'],
    packages: ['io-ts', 'fp-ts', 'ts-pattern', 'immutable'],
    node: true,
  },
};

/** `src/server` imports types of the codecs only. */
const typesOnly: Readonly<Record<string, string>> = { 'src/server': 'src/jute' };

function areaOf(path: string): string {
  const parts = path.split('/');
  if (parts[0] === 'conformance') return 'conformance';
  return parts.length > 2 ? `${parts[0]}/${parts[1]}` : (parts[0] ?? '');
}

function sources(): string[] {
  return ['src', 'conformance'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${top}/${name.split(sep).join('/')}`),
  );
}

interface Import {
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: Import[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const allTyped =
        bindings !== undefined &&
        ts.isNamedImports(bindings) &&
        bindings.elements.length > 0 &&
        bindings.elements.every((element) => element.isTypeOnly);
      const typeOnly =
        clause !== undefined && (clause.phaseModifier === ts.SyntaxKind.TypeKeyword || allTyped);
      found.push({ target: node.moduleSpecifier.text, typeOnly });
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      const target = (node.moduleSpecifier as ts.StringLiteral).text;
      found.push({ target, typeOnly: node.isTypeOnly });
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      node.arguments[0] !== undefined &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      found.push({ target: node.arguments[0].text, typeOnly: false });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function complaint(file: string, { target, typeOnly }: Import): string | null {
  const area = areaOf(file);
  const rule = rules[area];
  if (rule === undefined) return `${file}: no import rule for ${area}`;
  if (target.startsWith('.')) {
    const path = relative(root, normalize(join(root, dirname(file), target)))
      .split(sep)
      .join('/');
    const to = areaOf(path);
    if (to !== area && !rule.folders.includes(to)) return `${file} imports ${path}`;
    if (typesOnly[area] === to && !typeOnly) return `${file} imports more than types from ${path}`;
    return null;
  }
  if (target.startsWith('node:')) {
    return rule.node === true || rule.node.includes(target) ? null : `${file} imports ${target}`;
  }
  const name = target.split('/')[0] ?? '';
  return rule.packages.includes(name) ? null : `${file} imports ${target}`;
}

/** Identifiers and forms that a pure module must not have. */
const IMPURE = new Set([
  'Date',
  'process',
  'console',
  'performance',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'Promise',
  'globalThis',
  'fetch',
]);

function impurities(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const found: string[] = [];
  const at = (node: ts.Node): string =>
    `${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1}`;
  for (const statement of source.statements) {
    if (
      ts.isVariableStatement(statement) &&
      !(statement.declarationList.flags & ts.NodeFlags.Const)
    ) {
      found.push(`${at(statement)}: module-level let`);
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && IMPURE.has(node.text) && !ts.isPropertyAssignment(node.parent)) {
      const member = ts.isPropertyAccessExpression(node.parent) && node.parent.name === node;
      const type = ts.isTypeReferenceNode(node.parent);
      if (!member && !type) found.push(`${at(node)}: ${node.text}`);
    }
    if (
      ts.isPropertyAccessExpression(node) &&
      node.expression.getText(source) === 'Math' &&
      node.name.text === 'random'
    ) {
      found.push(`${at(node)}: Math.random`);
    }
    if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) {
      found.push(`${at(node)}: async`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test('every import is one that the layers allow', () => {
  const complaints = sources().flatMap((file) =>
    importsOf(file).flatMap((each) => complaint(file, each) ?? []),
  );
  assert.deepEqual(complaints, []);
});

test('the pure folders have no clock, randomness, timer, async code or module state', () => {
  const files = sources().filter((file) => PURE.includes(areaOf(file)));
  assert.ok(files.length > 20, `only ${files.length} files found`);
  assert.deepEqual(files.flatMap(impurities), []);
});

test('the rules themselves refuse what they should', () => {
  const refused: readonly [string, Import][] = [
    ['src/core/a.ts', { target: '../tree/tree.js', typeOnly: true }],
    ['src/core/a.ts', { target: 'node:fs', typeOnly: false }],
    ['src/tree/a.ts', { target: '../jute/reply.js', typeOnly: true }],
    ['src/server/a.ts', { target: '../jute/reply.js', typeOnly: false }],
    ['src/server/a.ts', { target: '../shell/driver.js', typeOnly: true }],
    ['src/shell/a.ts', { target: '../testing/index.js', typeOnly: false }],
    ['conformance/trace/a.ts', { target: '../../src/shell/driver.js', typeOnly: false }],
    ['src/shell/a.ts', { target: 'lodash', typeOnly: false }],
  ];
  for (const [file, each] of refused) assert.notEqual(complaint(file, each), null, file);
});
