// A toy whose answer is known: two attributes that lie in two known subspaces, turned away from the neurons.
import { type Engine, Rng } from '../../src/index.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { architecture } from '../../src/sae/registry.js';
import type { Attribute } from '../../src/study/disentangle/types.js';
import { randomRotation } from '../../src/vectors/random-directions.js';

export interface Toy {
  d: number;
  /** [n][d] */
  x: Float32Array;
  attributes: Attribute[];
  /** [4 + 3][d]: a direction for each value, those of the first attribute first. */
  dictionary: Float32Array;
}

/** Vectors of 12 numbers: one direction of four for the shape, one of three for the colour, noise in the other five. */
export function toy(engine: Engine, n: number, seed: number): Toy {
  const d = 12;
  const rng = new Rng(seed);
  const turn = randomRotation(engine.math, rng, d);
  const row = (i: number) => turn.subarray(i * d, (i + 1) * d);
  const labels = [4, 3].map((classes) => Int32Array.from({ length: n }, () => rng.below(classes)));
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const add = (which: number, amount: number) => {
      for (let j = 0; j < d; j++) x[i * d + j] += amount * row(which)[j];
    };
    add(labels[0][i], 1 + 0.2 * rng.uniform());
    add(4 + labels[1][i], 1 + 0.2 * rng.uniform());
    for (let k = 7; k < d; k++) add(k, 0.3 * rng.normal(engine.math));
  }
  return {
    ...{ d, x, dictionary: turn.slice(0, 7 * d) },
    attributes: [
      { name: 'shape', classes: ['disc', 'ring', 'bar', 'arc'], labels: labels[0] },
      { name: 'colour', classes: ['red', 'green', 'blue'], labels: labels[1] },
    ],
  };
}

/** An SAE that encodes with the rows [f][d] it decodes with, above a threshold. */
export function saeOfRows(engine: Engine, rows: Float32Array, d: number, bias = -0.3): LoadedSae {
  const f = rows.length / d;
  const wEnc = new Float32Array(rows.length);
  for (let i = 0; i < f; i++) for (let j = 0; j < d; j++) wEnc[j * f + i] = rows[i * d + j];
  return new LoadedSae(
    engine,
    { architecture: architecture('relu').name, dIn: d, dSae: f },
    {
      W_enc: { shape: [d, f], data: wEnc },
      W_dec: { shape: [f, d], data: rows },
      b_enc: { shape: [f], data: new Float32Array(f).fill(bias) },
      b_dec: { shape: [d], data: new Float32Array(d) },
    },
  );
}
