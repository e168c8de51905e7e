// Interchanges in each basis: what they are by hand, and their gradients by finite differences.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, Rng, UsageError } from '../../../src/index.js';
import { LoadedSae } from '../../../src/sae/inference.js';
import { shapesOf } from '../../../src/sae/kinds.js';
import { architecture } from '../../../src/sae/registry.js';
import type { Normalization, SaeTensors } from '../../../src/sae/types.js';
import { Axes } from '../../../src/units/interventions/axes.js';
import type { Basis, Coded } from '../../../src/units/interventions/basis.js';
import { Directions } from '../../../src/units/interventions/directions.js';
import { Features } from '../../../src/units/interventions/features.js';
import { randomRotation } from '../../../src/vectors/random-directions.js';
import { relativeError } from '../../support/guarded.js';
import { randomNormal, randomValues } from '../../support/random.js';

const test = suite('interventions/bases');
const engine = await init();
const D = 7;
const F = 19;

function randomSae(name: string, normalizeActivations?: Normalization): LoadedSae {
  const { kind } = architecture(name);
  const tensors: SaeTensors = {};
  for (const [tensor, shape] of Object.entries(shapesOf(kind, D, F))) {
    const data = randomNormal(
      shape.reduce((a, b) => a * b),
      tensor.length + 5,
    );
    tensors[tensor] = { shape, data: tensor === 'threshold' ? data.map((v) => 0.1 * Math.abs(v)) : data };
  }
  const config = { architecture: name, dIn: D, dSae: F, k: kind === 'topk' ? 4 : undefined };
  return new LoadedSae(engine, { ...config, normalizeActivations }, tensors);
}

const base = randomNormal(3 * D, 1);
const source = randomNormal(3 * D, 2);
const mask = randomValues(F, 3).map((v) => 0.5 + 0.5 * v);
const ends = (basis: Basis<never>, at: number): Float32Array => {
  const b = basis as unknown as Basis<Coded>;
  return b.between([b.code(base)], [b.code(source)]).patched(new Float32Array(b.size).fill(at));
};

test('neurons are interchanged one by one', () => {
  const basis = new Axes(D);
  const { patched } = basis.between([basis.code(base)], [basis.code(source)]);
  assert.equal(
    patched(mask.subarray(0, D)),
    base.map((b, i) => (1 - mask[i % D]) * b + mask[i % D] * source[i]),
  );
});

test('a rotation with everything taken gives the source, with nothing the base; a subspace keeps the rest', () => {
  const q = randomRotation(engine.math, new Rng(4), D);
  const whole = new Directions(engine, q, D);
  assert.equal(ends(whole as never, 0), base);
  assert.ok(relativeError(ends(whole as never, 1), source) < 1e-6);
  const some = new Directions(engine, q.slice(0, 2 * D), D);
  const h = ends(some as never, 1);
  for (let row = 0; row < D; row++) {
    const along = (x: Float32Array) => x.subarray(0, D).reduce((n, v, j) => n + v * q[row * D + j], 0);
    assert.ok(Math.abs(along(h) - along(row < 2 ? source : base)) < 1e-5, `${row}`);
  }
});

for (const [name, norm] of [
  ['relu', undefined],
  ['topk', undefined],
  ['gated', undefined],
  ['jumprelu', undefined],
  ['batchtopk', undefined],
  ['matryoshka', undefined],
  ['relu', 'layer_norm'],
  ['topk', 'constant_norm_rescale'],
] as const) {
  const label = norm ? `${name}, ${norm}` : name;

  test(`features of ${label}: interchanged as the formula has it, with the error and without`, () => {
    const sae = randomSae(name, norm);
    const [fb, fs] = [sae.encode(base), sae.encode(source)];
    const mixed = fb.map((v, i) => (1 - mask[i % F]) * v + mask[i % F] * fs[i]);
    const decoded = sae.decode(mixed, 3, base);
    const rebuilt = sae.decode(fb, 3, base);
    const patched = (lossless: boolean) => {
      const basis = new Features(engine, sae, lossless);
      return basis.between([basis.code(base)], [basis.code(source)]).patched(mask);
    };
    assert.ok(relativeError(patched(false), decoded) < 1e-5, 'without');
    assert.ok(
      relativeError(
        patched(true),
        decoded.map((v, i) => v + base[i] - rebuilt[i]),
      ) < 1e-5,
      'with',
    );
    assert.equal(ends(new Features(engine, sae, true) as never, 0), base);
    assert.ok(relativeError(ends(new Features(engine, sae, false) as never, 0), rebuilt) < 1e-6);
  });

  test(`features of ${label}: the slope of every mask value`, () => {
    slopes(new Features(engine, randomSae(name, norm), false));
  });
}

test('neurons and directions: the slope of every mask value and of every direction', () => {
  slopes(new Axes(D));
  const basis = new Directions(engine, randomNormal(3 * D, 8), D);
  slopes(basis);
  const weights = randomNormal(base.length, 9);
  const of = (rows: Float32Array) => {
    basis.rows = rows;
    const between = basis.between([basis.code(base)], [basis.code(source)]);
    return between.patched(mask.subarray(0, 3)).reduce((n, v, i) => n + v * weights[i], 0);
  };
  const rows = randomNormal(3 * D, 8);
  const numeric = rows.map((v, i) => {
    const moved = (by: number) => of(rows.map((w, k) => (k === i ? v + by : w)));
    return (moved(0.05) - moved(-0.05)) / 0.1;
  });
  basis.rows = rows;
  const between = basis.between([basis.code(base)], [basis.code(source)]);
  assert.ok(relativeError(between.rowsGradient(mask.subarray(0, 3), weights), numeric) < 1e-3);
});

/** h' is linear in a mask: differences are exact up to rounding. */
function slopes<C extends Coded>(basis: Basis<C>): void {
  const [one, two] = [
    [0, 2],
    [2, 3],
  ].map(([from, to]) => [base, source].map((x) => basis.code(x.slice(from * D, to * D))));
  // Of two pairs with two vectors and with one.
  const between = basis.between([one[0], two[0]], [one[1], two[1]]);
  const weights = randomNormal(base.length, 9);
  const at = mask.subarray(0, basis.size);
  const value = (m: Float32Array) => between.patched(m).reduce((n, v, i) => n + v * weights[i], 0);
  const numeric = Float64Array.from(at, (v, j) => {
    const moved = (by: number) => value(at.map((w, k) => (k === j ? v + by : w)));
    return moved(0.5) - moved(-0.5);
  });
  const into = new Float64Array(basis.size);
  between.addMaskGradient(weights, into);
  assert.ok(numeric.some((v) => v !== 0));
  assert.ok(relativeError(into, numeric) < 1e-3, `${relativeError(into, numeric)}`);
}

test('vectors of another width are refused', () => {
  const basis = new Features(engine, randomSae('relu'), true);
  assert.throws(
    () => basis.code(new Float32Array(D + 1)),
    (e: Error) => e instanceof UsageError && /8 values are not vectors of 7/.test(e.message),
  );
});

test.run();
