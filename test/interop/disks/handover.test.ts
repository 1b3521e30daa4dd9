/**
 * One data folder that Apache's server and ours take over from each other, after a kill -9 each time:
 * every node, stat, ACL and session is there, and the digests in logs and snapshots are right, or
 * `zk_digest_mismatches_count` would say so. Snapshots are written plain, as gz and as snappy, by
 * either. About 40 s on a quiet machine.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { memberCommand, type Kind } from '../../support/cluster.js';
import { ServerProcess, dropFolder, freePorts, makeFolder } from '../../support/server-process.js';
import { testCfg, writeZooCfg, type MemberPorts } from '../../support/zoo-cfg.js';
import { wholeState, type WholeState } from './whole-state.js';
import { SUPER_DIGEST, writePart } from './workload.js';

/** Of one run of a server. */
interface Turn {
  readonly kind: Kind;
  /** `snapshot.compression.method`. */
  readonly compression: '' | 'gz' | 'snappy';
}

function suffixes(folder: string): Set<string> {
  const names = readdirSync(join(folder, 'version-2')).filter((name) => /^snapshot/.test(name));
  return new Set(names.map((name) => name.replace(/^snapshot\.[0-9a-f]+\.?/, '')));
}

/** Runs the turns one after the other on the folder of `member`. */
async function takeTurns(
  home: string,
  member: MemberPorts,
  extra: readonly string[],
  turns: readonly Turn[],
): Promise<void> {
  let last: WholeState | null = null;
  for (const [i, { kind, compression }] of turns.entries()) {
    const method = compression === '' ? [] : [`snapshot.compression.method=${compression}`];
    const lines = [...extra, ...method];
    const file = writeZooCfg(home, member, [member], { ...testCfg, extra: lines });
    const command = await memberCommand({ kind, shape: 'standalone' }, file, member.sid);
    const server = new ServerProcess(`${kind} ${i}`, member.client, command);
    server.spawn();
    try {
      await server.serving();
      const found = await wholeState(server.address);
      assert.equal(found.mismatches, 0, `digests that ${server.name} has read`);
      if (last !== null) {
        assert.deepEqual(found.lines, last.lines, `what ${server.name} has read`);
        assert.equal(found.digest, last.digest);
      }
      await writePart(server.address, `part-${i}`);
      last = await wholeState(server.address);
      assert.equal(last.mismatches, 0, `digests of ${server.name}'s own writes`);
      assert.ok(last.lines.length > found.lines.length + 30);
    } finally {
      await server.kill();
    }
    assert.ok(suffixes(join(home, String(member.sid), 'data')).has(compression), server.name);
  }
}

const common = [
  ...['snapCount=60', 'extendedTypesEnabled=true', 'maxSessionTimeout=3600000'],
  ...['preAllocSize=64', `DigestAuthenticationProvider.superDigest=${SUPER_DIGEST}`],
];

test('a folder is handed over, plain and compressed', { timeout: 600_000 }, async () => {
  const home = makeFolder('zab-handover-');
  try {
    const [client = 0] = await freePorts(1);
    const member = { sid: 1, client, quorum: 0, election: 0 };
    await takeTurns(home, member, common, [
      { kind: 'apache', compression: '' },
      { kind: 'zab', compression: 'gz' },
      { kind: 'apache', compression: 'snappy' },
      { kind: 'zab', compression: 'snappy' },
      { kind: 'apache', compression: 'gz' },
      { kind: 'zab', compression: '' },
    ]);
  } finally {
    dropFolder(home);
  }
});
