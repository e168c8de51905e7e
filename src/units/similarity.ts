// Relatives of units by the decoder's directions, and the best matches between two decoders.
import type { Engine } from '../core/engine.js';
import { Rng } from '../core/random.js';
import { type Rows, visitCosines } from '../sae/cosines.js';
import { randomDirections } from '../vectors/random-directions.js';
import { best, RELATIVES } from './co-occurrence.js';

/** Random directions are the same for everyone. */
const CHANCE_SEED = 0;

export interface Similar {
  /** [units][RELATIVES], best first; -1 beyond the last. */
  index: Int32Array;
  cosine: Float32Array;
}

/** Features whose decoder rows point most the same way as each row. */
export function similarFeatures(engine: Engine, decoder: Rows, d: number): Similar {
  return nearest(engine, decoder, decoder, d, true);
}

/** Features whose decoder rows lie nearest to each neuron's axis: W_dec[f, n] / ||W_dec[f]||. */
export function featuresOfNeurons(engine: Engine, decoder: Rows, d: number): Similar {
  const axes = new Float32Array(d * d);
  for (let n = 0; n < d; n++) axes[n * d + n] = 1;
  return nearest(engine, { count: d, data: axes }, decoder, d, false);
}

/** The neurons that each decoder row leans on most, by |W_dec[f, n]| / ||W_dec[f]||; its sign is kept. */
export function neuronsOfFeatures(decoder: Rows, d: number): Similar {
  const index = new Int32Array(decoder.count * RELATIVES).fill(-1);
  const cosine = new Float32Array(decoder.count * RELATIVES);
  for (let f = 0; f < decoder.count; f++) {
    const row = decoder.data.subarray(f * d, (f + 1) * d);
    const length = Math.sqrt(row.reduce((sum, v) => sum + v * v, 0));
    best(row.map(Math.abs), RELATIVES).forEach((n, r) => {
      index[f * RELATIVES + r] = n;
      cosine[f * RELATIVES + r] = row[n] / length;
    });
  }
  return { index, cosine };
}

/** Rows of `b` that point most the same way as each row of `a`: features of another SAE. */
export function nearestRows(engine: Engine, a: Rows, b: Rows, d: number): Similar {
  return nearest(engine, a, b, d, false);
}

function nearest(engine: Engine, a: Rows, b: Rows, d: number, same: boolean): Similar {
  const index = new Int32Array(a.count * RELATIVES).fill(-1);
  const cosine = new Float32Array(a.count * RELATIVES);
  visitCosines(engine, a, b, d, (first, count, values) => {
    for (let i = 0; i < count; i++) {
      const row = values.subarray(i * b.count, (i + 1) * b.count);
      if (same) row[first + i] = 0;
      best(row, RELATIVES).forEach((j, r) => {
        index[(first + i) * RELATIVES + r] = j;
        cosine[(first + i) * RELATIVES + r] = row[j];
      });
    }
  });
  return { index, cosine };
}

export interface Matches {
  /** For each row of a: the row of b with the largest cosine, and that cosine; and the other way. */
  a: { index: Int32Array; cosine: Float32Array };
  b: { index: Int32Array; cosine: Float32Array };
}

/** Best matches between two decoders of one width. Of equal cosines the lower index. */
export function matchDecoders(engine: Engine, a: Rows, b: Rows, d: number): Matches {
  const side = (n: number) => ({ index: new Int32Array(n).fill(-1), cosine: new Float32Array(n).fill(-2) });
  const out = { a: side(a.count), b: side(b.count) };
  visitCosines(engine, a, b, d, (first, count, values) => {
    for (let i = 0; i < count; i++)
      for (let j = 0; j < b.count; j++) {
        const v = values[i * b.count + j];
        if (v > out.a.cosine[first + i]) {
          out.a.cosine[first + i] = v;
          out.a.index[first + i] = j;
        }
        if (v > out.b.cosine[j]) {
          out.b.cosine[j] = v;
          out.b.index[j] = first + i;
        }
      }
  });
  return out;
}

/** The cosine of each row with the nearest of `count` random directions: what a match is by chance. */
export function chanceCosines(engine: Engine, a: Rows, count: number, d: number): Float32Array {
  const data = randomDirections(engine.math, new Rng(CHANCE_SEED), count, d);
  return matchDecoders(engine, a, { count, data }, d).a.cosine;
}
