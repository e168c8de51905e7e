// What an SAE chooses from: each latent's value before threshold, k or gate, on every vector.
//   standard, topk, jumprelu   (x - b_dec if it is subtracted) W_enc + b_enc
//   gated                      (x - b_dec ...) W_enc + b_gate
// It costs what screening spares (encoding/screening.ts): for what did not fire, and by how little.

import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { Products } from '../vectors/products.js';
import { KINDS } from './kinds.js';
import { transpose } from './memory.js';
import { normalize } from './normalization.js';
import { architecture } from './registry.js';
import type { SaeConfig, SaeTensors } from './types.js';

/** Latents whose values exist at a time. */
const CHUNK = 128;

export class PreActivations {
  #config: SaeConfig;
  #core: Core;
  /** [d_sae][d_in] */
  #rows: Float32Array;
  #bias: Float32Array;
  #centre: Float32Array | undefined;

  constructor(engine: Engine, config: SaeConfig, tensors: SaeTensors) {
    const { kind, centresInput } = architecture(config.architecture);
    this.#config = config;
    this.#rows = transpose(tensors.W_enc.data, config.dIn, config.dSae);
    this.#bias = tensors[KINDS[kind][0]].data;
    if (config.applyBDecToInput ?? centresInput) this.#centre = tensors.b_dec.data;
    this.#core = engine.acquire();
  }

  /** x [n][d_in]; `each` is given latents first .. first + count of all vectors, [n][count], for that call. */
  visit(x: Float32Array, each: (first: number, count: number, pre: Float32Array) => void): void {
    const { dIn, dSae } = this.#config;
    const rows = this.#centred(x);
    for (let first = 0; first < dSae; first += CHUNK) {
      const count = Math.min(CHUNK, dSae - first);
      const mark = this.#core.mark();
      try {
        const columns = this.#rows.subarray(first * dIn, (first + count) * dIn);
        const pre = new Products(this.#core, columns, dIn, x.length / dIn).of(rows);
        for (let i = 0; i < pre.length; i += count)
          for (let j = 0; j < count; j++) pre[i + j] += this.#bias[first + j];
        each(first, count, pre);
      } finally {
        this.#core.release(mark);
      }
    }
  }

  #centred(x: Float32Array): Float32Array {
    const { dIn, normalizeActivations: norm } = this.#config;
    const centre = this.#centre;
    if (!norm && !centre) return x;
    const rows = x.slice();
    for (let i = 0; i < x.length; i += dIn) {
      const row = rows.subarray(i, i + dIn);
      if (norm) normalize(norm, x.subarray(i, i + dIn), row);
      if (centre) for (let j = 0; j < dIn; j++) row[j] -= centre[j];
    }
    return rows;
  }

  dispose(): void {
    this.#core.dispose();
  }
}
