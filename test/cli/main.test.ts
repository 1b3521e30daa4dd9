import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/registry.js';
import { zab } from './process.js';

const refused = [
  [[], 'zab: no command given (see zab --help)'],
  [['dance'], "zab: unknown command 'dance' (see zab --help)"],
  [['--dance'], "zab: unknown option '--dance' (see zab --help)"],
  [['start', '--sice', '3'], "zab start: unknown option '--sice' (see zab start --help)"],
  [['start', '-x'], "zab start: unknown option '-x' (see zab start --help)"],
  [['start', '--size'], 'zab start: --size needs a value'],
  [['start', '--size=0'], "zab start: --size must be a whole number from 1 to 99, not '0'"],
  [['start', '--port', 'x'], "zab start: --port must be a whole number from 0 to 65535, not 'x'"],
  [['start', '--port', '65534'], 'zab start: no ports for 3 servers from 65534 on'],
  [['start', '--json=yes'], 'zab start: --json takes no value'],
  [['start', 'now'], "zab start: unexpected argument 'now'"],
  [
    ['start', '--log', 'loud'],
    "zab start: --log must be one of debug, info, warn, error, silent, not 'loud'",
  ],
  [['server'], 'zab server: which zoo.cfg?'],
  [['server', 'a', 'b'], "zab server: unexpected argument 'b'"],
  [['server', 'gone.cfg'], 'gone.cfg: no such file'],
] as const;

for (const [args, message] of refused) {
  test(`zab ${args.join(' ')}: one line, exit code 2`, async () => {
    assert.deepEqual(await zab(...args), { code: 2, stdout: '', stderr: `${message}\n` });
  });
}

test('--help lists every command, and each has its own', async () => {
  const overview = await zab('--help');
  assert.equal(overview.code, 0);
  for (const { name, summary, load } of COMMANDS) {
    assert.ok(overview.stdout.includes(`  ${name.padEnd(1)}`), name);
    assert.ok(overview.stdout.includes(summary), summary);
    const command = await load();
    assert.deepEqual([command.name, command.summary], [name, summary]);
    const { code, stdout, stderr } = await zab(name, '--help');
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout, `${command.usage.trim()}\n`);
    assert.match(stdout, new RegExp(`^Usage: zab ${name}`));
  }
});

test('--version is the package’s', async () => {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(text) as { readonly version: string };
  assert.deepEqual(await zab('--version'), { code: 0, stdout: `${version}\n`, stderr: '' });
});
