// Screening decides the speed, never the result: lists have the bits of those chosen from
// all pre-activations, whatever the data, the guess and the build.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Team } from '../../src/core/team.js';
import { type Core, init } from '../../src/index.js';
import { BlockEncoder, type Selection } from '../../src/sae/encoder.js';
import { allocParameters, padTo, type SaeParameters, sizesOf } from '../../src/sae/memory.js';
import { DeadLatents } from '../../src/sae/objectives/dead.js';
import { SaeMember } from '../../src/sae/slices/member.js';
import { OPERATIONS, type Slices } from '../../src/sae/slices/operations.js';
import { adversarialRows } from '../support/adversarial.js';
import { filled } from '../support/filled.js';
import { randomNormal, randomValues } from '../support/random.js';

const test = suite('sae/encoder');
const engines = { simd: await init({ build: 'simd' }), scalar: await init({ build: 'scalar' }) };

interface Data {
  x: Float32Array[];
  n: number[];
  w: Float32Array;
  bias: Float32Array;
  centre: Float32Array;
}

const RULES: Record<string, (core: Core, p: SaeParameters) => Selection> = {
  relu: () => ({ rule: 'relu' }),
  topk: () => ({ rule: 'topk', k: 5 }),
  'topk, k 1': () => ({ rule: 'topk', k: 1 }),
  batchtopk: () => ({ rule: 'batchtopk', k: 5 }),
  above: (core, p) => ({ rule: 'above', thresholds: table(core, p, (i) => 0.3 * (i % 7) - 0.2) }),
  gated: (core, p) => gated(core, p, false),
  'gated, active only': (core, p) => gated(core, p, true),
};

function table(core: Core, p: SaeParameters, of: (i: number) => number): number {
  const ptr = core.alloc32(p.sizes.F);
  const values = core.f32(ptr, p.sizes.F);
  // Padded latents have pre-activation 0 and must stay silent (objectives/jumprelu.ts).
  for (let i = 0; i < p.sizes.F; i++) values[i] = i < p.sizes.f ? of(i) : Number.POSITIVE_INFINITY;
  return ptr;
}

const gated = (core: Core, p: SaeParameters, onlyActive: boolean): Selection => ({
  rule: 'gated',
  bGate: p.bEnc.ptr,
  scale: core.put(Float32Array.from({ length: p.sizes.F }, (_, i) => 0.5 + (i % 3))),
  bMag: core.put(randomValues(p.sizes.F, 8)),
  onlyActive,
});

/** Latents that are left out of screening, as their `k` largest are known (AuxK). */
interface LeftOut {
  latents: Int32Array;
  k: number;
}

/** Lists of every block, as text of their bits. */
function encode(
  build: 'simd' | 'scalar',
  screening: 'auto' | 'off',
  rule: string,
  d: number,
  f: number,
  { x, n, w, bias, centre }: Data,
  leftOut?: LeftOut,
): string[] {
  const core = engines[build].acquire();
  try {
    const p = allocParameters(core, sizesOf(d, f));
    const { D } = p.sizes;
    const rows = (to: number, from: Float32Array, count: number) => {
      for (let i = 0; i < count; i++) core.f32(to + 4 * i * D, d).set(from.subarray(i * d, (i + 1) * d));
    };
    rows(p.wEnc.ptr, w, f);
    core.f32(p.bEnc.ptr, f).set(bias);
    core.f32(p.bDec.ptr, d).set(centre);
    const block = padTo(Math.max(...n), 8);
    const encoder = new BlockEncoder(core, p, RULES[rule](core, p), block, true, { screening });
    const input = core.alloc32(block * D);
    const alone: Slices = Team.alone(core, OPERATIONS);
    alone.use(new SaeMember(core, { parameters: p, encoders: [] }));
    const dead = leftOut && new DeadLatents(core, p, alone, leftOut.k, block);
    return x.map((data, i) => {
      rows(input, data, n[i]);
      dead?.begin(leftOut!.latents);
      const known = dead && {
        ...leftOut!,
        listsOf: (centred: number) => {
          dead.encode(centred, n[i]);
          return dead.lists;
        },
      };
      const entries = encoder.encode(input, n[i], known);
      const { start, index, value } = encoder.lists;
      const bits = (ptr: number, count: number) => core.i32(ptr, count).join();
      const gates = encoder.gates ? bits(encoder.gates, entries) : '';
      return [bits(start, n[i] + 1), bits(index, entries), bits(value, entries), gates, encoder.least].join(
        ';',
      );
    });
  } finally {
    core.dispose();
  }
}

/** Few of a list, so that it lacks some; many; nearly all, the last among them. */
const leavingOut = (f: number): LeftOut[] =>
  [
    { k: 1, isKnown: (i: number) => i % 4 === 0 },
    { k: 40, isKnown: (i: number) => i % 3 > 0 },
    { k: f, isKnown: (i: number) => i > 2 },
  ].map(({ k, isKnown }) => ({ k, latents: Int32Array.from({ length: f }, (_, i) => i).filter(isKnown) }));

function same(d: number, f: number, data: Data, rules = Object.keys(RULES)): void {
  for (const rule of filled(rules)) {
    const expected = encode('simd', 'off', rule, d, f, data);
    for (const build of ['simd', 'scalar'] as const)
      for (const leftOut of rule === 'batchtopk' ? [undefined, ...leavingOut(f)] : [undefined]) {
        const got = encode(build, 'auto', rule, d, f, data, leftOut);
        got.forEach((lists, i) => {
          const where = `${rule}, ${build}${leftOut ? `, ${leftOut.latents.length} known` : ''}`;
          assert.ok(lists === expected[i], `${where}: block ${i} of ${data.n[i]}`);
        });
      }
  }
}

test('normal data: blocks that learn from one another, partial blocks, padded sizes', () => {
  for (const [d, f] of [
    [24, 400],
    [21, 203],
  ]) {
    const n = [600, 600, 77, 33, 8, 600];
    // The last block is larger and shifted: the guess of the ones before is wrong for it.
    const x = n.map((m, i) => randomNormal(m * d, i).map((v) => (i === 5 ? 0.1 * v : v)));
    const bias = randomValues(f, 3).map((v) => v - 3);
    same(d, f, { x, n, w: randomNormal(f * d, 9), bias, centre: randomValues(d, 4) });
  }
});

test('dense latents: more entries than screening has room for', () => {
  const [d, f] = [16, 120];
  const x = [1, 2, 3].map((seed) => randomNormal(256 * d, seed));
  for (const level of [2, 0, -4])
    same(d, f, {
      x,
      n: [256, 256, 256],
      w: randomNormal(f * d, 9),
      bias: new Float32Array(f).fill(level),
      centre: new Float32Array(d),
    });
});

test('equal rows and samples: ties everywhere', () => {
  const [d, f] = [12, 160];
  const row = randomNormal(d, 1);
  const w = Float32Array.from({ length: f * d }, (_, i) => row[i % d] * (Math.floor(i / d / 40) + 1));
  const one = randomNormal(d, 2);
  const x = [0, 1].map(() => Float32Array.from({ length: 64 * d }, (_, i) => one[i % d]));
  same(d, f, { x, n: [64, 64], w, bias: new Float32Array(f), centre: new Float32Array(d) });
});

test('rows of every kind, NaN and infinities among them', () => {
  const [d, f] = [20, 300];
  for (const seed of [1, 2]) {
    const x = [0, 1].map((i) => adversarialRows(96, d, seed + i));
    const w = adversarialRows(f, d, seed + 50);
    const bias = randomValues(f, seed).map((v, i) => (i % 11 ? v : v * 1e25));
    same(d, f, { x, n: [96, 91], w, bias, centre: new Float32Array(d) });
  }
});

test.run();
