/** A piece of `npm run fuzz` on each port (about 25 s on a quiet machine), and the parts that it relies on. FC_SEED: the seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growth, fuzz, type Port } from './fuzz.js';
import { mutated } from './mutate.js';
import { Random } from './random.js';

const FRAMES: Readonly<Record<Port, number>> = { client: 30_000, quorum: 3_000, election: 3_000 };
const seed = Number(process.env['FC_SEED'] ?? Date.now() % 1_000_000_000);

for (const port of ['client', 'quorum', 'election'] as const) {
  test(`mutated frames on the ${port} port`, { timeout: 600_000 }, async (t) => {
    t.diagnostic(`npm run fuzz -- --port ${port} --frames ${FRAMES[port]} --seed ${seed}`);
    const result = await fuzz({ port, frames: FRAMES[port], seed, progress: () => undefined });
    assert.ok(result.frames >= FRAMES[port]);
    assert.ok(result.witnessOperations > 20, `${result.witnessOperations} answers`);
  });
}

test('the same seed gives the same frames, and mostly other ones than it takes', () => {
  const corpus = [Buffer.from('0000000c000000010000000b', 'hex'), Buffer.alloc(40, 1)];
  const of = (from: number): string[] => {
    const random = new Random(from);
    return Array.from({ length: 200 }, () => mutated(random, corpus).toString('hex'));
  };
  assert.deepEqual(of(7), of(7));
  assert.notDeepEqual(of(7), of(8));
  const real = new Set(corpus.map((bytes) => bytes.toString('hex')));
  assert.ok(of(7).filter((bytes) => real.has(bytes)).length < 20);
});

test('memory that keeps growing is told from a heap that breathes', () => {
  assert.equal(growth([80, 100, 140, 120, 150, 130]), null);
  assert.match(growth([80, 100, 120, 140, 200, 300]) ?? '', /grew/);
});
