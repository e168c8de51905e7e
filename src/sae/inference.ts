// A trained SAE in a core's memory: encode, decode, reconstruct.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { UsageError } from '../core/errors.js';
import type { Architecture } from './architectures/architecture.js';
import { BlockEncoder, type Selection } from './encoder.js';
import { KINDS, type Kind } from './kinds.js';
import { allocParameters, padTo, type SaeParameters, sizesOf, transpose, writeParameter } from './memory.js';
import { denormalize, normalize, normalizeBackward, statistics } from './normalization.js';
import { architecture } from './registry.js';
import type { Sae, SaeConfig, SaeTensors } from './types.js';

/** Vectors per call of the kernels. */
export const BLOCK = 512;

/** A latent and how strongly it fires. */
export interface FeatureActivation {
  feature: number;
  activation: number;
}

export class LoadedSae implements Sae {
  readonly config: SaeConfig;
  readonly tensors: SaeTensors;
  #core: Core;
  #p: SaeParameters;
  #encoder: BlockEncoder;
  #x: number;
  #xhat: number;

  /** `tensors` as SAELens stores them: W_enc [D,F], W_dec [F,D], b_dec [D] and the vectors of its kind. */
  constructor(engine: Engine, config: SaeConfig, tensors: SaeTensors) {
    this.config = config;
    this.tensors = tensors;
    const a: Architecture = architecture(config.architecture);
    const sizes = sizesOf(config.dIn, config.dSae);
    this.#core = engine.acquire();
    try {
      const { core, vectors } = { core: this.#core, vectors: KINDS[a.kind] };
      this.#p = allocParameters(
        core,
        sizes,
        vectors.slice(1).map((name) => ({ name, rows: 1, columns: sizes.f })),
        vectors[0],
      );
      writeParameter(core, this.#p.wEnc, transpose(tensors.W_enc.data, sizes.d, sizes.f));
      writeParameter(core, this.#p.wDec, tensors.W_dec.data);
      writeParameter(core, this.#p.bDec, tensors.b_dec.data);
      writeParameter(core, this.#p.bEnc, tensors[vectors[0]].data);
      for (const [name, p] of Object.entries(this.#p.extra)) writeParameter(core, p, tensors[name].data);
      this.#encoder = new BlockEncoder(
        core,
        this.#p,
        selectionOf(core, a.kind, this.#p, config.k),
        BLOCK,
        config.applyBDecToInput ?? a.centresInput,
      );
      this.#x = this.#core.alloc32(BLOCK * sizes.D);
      this.#xhat = this.#core.alloc32(BLOCK * sizes.D);
    } catch (error) {
      this.#core.dispose();
      throw error;
    }
  }

  /**
   * x [n][d_in] -> f [n][d_sae], dense, in the units of x. `n` follows from the length unless given.
   * UsageError where x is not rows of d_in.
   */
  encode(x: Float32Array, n: number = x.length / this.config.dIn): Float32Array {
    const { dSae } = this.config;
    const out = new Float32Array(n * dSae);
    this.visit(x, n, (first, count, lists) => {
      for (let s = 0; s < count; s++)
        for (let i = lists.start[s]; i < lists.start[s + 1]; i++)
          out[(first + s) * dSae + lists.index[i]] = lists.value[i];
    });
    return out;
  }

  /**
   * The `count` latents that fire most strongly on each vector of x [n][d_in], strongest first and equal
   * ones by index; fewer where fewer fire. Activations are in the units of x times those of a decoder row.
   */
  topFeatures(x: Float32Array, count: number): FeatureActivation[][] {
    if (!Number.isSafeInteger(count) || count < 1)
      throw new UsageError(`topFeatures: the number of features must be 1 or more, not ${count}`);
    const out: FeatureActivation[][] = [];
    this.visit(x, x.length / this.config.dIn, (_first, n, { start, index, value }) => {
      for (let s = 0; s < n; s++) {
        const active: FeatureActivation[] = [];
        for (let i = start[s]; i < start[s + 1]; i++)
          if (value[i] > 0) active.push({ feature: index[i], activation: value[i] });
        active.sort((a, b) => b.activation - a.activation || a.feature - b.feature);
        out.push(active.slice(0, count));
      }
    });
    return out;
  }

  /**
   * f [n][d_sae] -> xhat [n][d_in], b_dec included. `n` follows from the length unless given; `x`, the
   * vectors that f is of, where the SAE normalises each vector.
   */
  decode(f: Float32Array, n: number = f.length / this.config.dSae, x?: Float32Array): Float32Array {
    const { dIn, dSae, normalizeActivations: norm } = this.config;
    if (norm && x?.length !== n * dIn)
      throw new UsageError(
        `decode: this SAE normalises each vector (${norm}), so it needs the ${n} vectors of ${dIn} that the features are of`,
      );
    if (f.length !== n * dSae || !Number.isInteger(n))
      throw new UsageError(`decode: ${f.length} values are not ${n} rows of ${dSae} latents`);
    const core = this.#core;
    const { D } = this.#p.sizes;
    const out = new Float32Array(n * dIn);
    const mark = core.mark();
    const start = core.alloc32(2);
    const index = core.alloc32(dSae);
    const value = core.alloc32(dSae);
    try {
      for (let s = 0; s < n; s++) {
        let count = 0;
        const [ix, v] = [core.i32(index, dSae), core.f32(value, dSae)];
        for (let j = 0; j < dSae; j++) {
          const a = f[s * dSae + j];
          if (a === 0) continue;
          ix[count] = j;
          v[count++] = a;
        }
        core.i32(start, 2)[1] = count;
        core.kernels.f32_sae_decode({
          start,
          index,
          value,
          n: 1,
          wDec: this.#p.wDec.ptr,
          bDec: this.#p.bDec.ptr,
          d: D,
          xhat: this.#xhat,
        });
        out.set(core.f32(this.#xhat, dIn), s * dIn);
        if (norm) {
          const at = [s * dIn, (s + 1) * dIn] as const;
          denormalize(norm, x!.subarray(...at), out.subarray(...at));
        }
      }
    } finally {
      core.release(mark);
    }
    return out;
  }

  /**
   * Encodes and reconstructs [n][D] in blocks. Lists and rows passed to `each` are views
   * that live for that call: sample s of the block owns entries start[s] .. start[s + 1].
   */
  visit(
    x: Float32Array,
    n: number,
    each: (
      first: number,
      count: number,
      lists: { start: Int32Array; index: Int32Array; value: Float32Array },
      reconstruct: () => { rows: Float32Array; stride: number },
    ) => void,
  ): void {
    const { dIn, normalizeActivations: norm } = this.config;
    if (x.length !== n * dIn || !Number.isInteger(n))
      throw new UsageError(
        Number.isInteger(n)
          ? `vectors of ${n ? x.length / n : 0} dimensions do not fit this SAE of d_in ${dIn}`
          : `${x.length} values are not rows of d_in ${dIn}`,
      );
    const core = this.#core;
    const { D } = this.#p.sizes;
    for (let first = 0; first < n; first += BLOCK) {
      const count = Math.min(BLOCK, n - first);
      const rows = core.f32(this.#x, padTo(count, 8) * D);
      const vector = (s: number) => x.subarray((first + s) * dIn, (first + s + 1) * dIn);
      for (let s = 0; s < count; s++)
        if (norm) normalize(norm, vector(s), rows.subarray(s * D, s * D + dIn));
        else rows.set(vector(s), s * D);
      const entries = this.#encoder.encode(this.#x, count);
      const { start, index, value } = this.#encoder.lists;
      const lists = {
        start: core.i32(start, count + 1),
        index: core.i32(index, entries),
        value: core.f32(value, entries),
      };
      each(first, count, lists, () => {
        core.kernels.f32_sae_decode({
          start,
          index,
          value,
          n: count,
          wDec: this.#p.wDec.ptr,
          bDec: this.#p.bDec.ptr,
          d: D,
          xhat: this.#xhat,
        });
        const xhat = core.f32(this.#xhat, count * D);
        if (norm)
          for (let s = 0; s < count; s++) denormalize(norm, vector(s), xhat.subarray(s * D, s * D + dIn));
        return { rows: xhat, stride: D };
      });
    }
  }

  /**
   * From the gradient of an objective by features, df [n][d_sae], to that by the vectors x [n][d_in] that they are of.
   * Which latents fire is taken as fixed: by those that do not, nothing passes.
   */
  encodeBackward(x: Float32Array, df: Float32Array, n: number = x.length / this.config.dIn): Float32Array {
    const { dIn, dSae, normalizeActivations: norm } = this.config;
    this.#checkRows('encodeBackward', df, n, dSae, 'latents');
    const dx = new Float32Array(n * dIn);
    const core = this.#core;
    const { D } = this.#p.sizes;
    const mark = core.mark();
    const [zeros, entry, out] = [core.alloc32(D), core.alloc32(dSae), core.alloc32(D)];
    try {
      this.visit(x, n, (first, count, { start, index, value }) => {
        for (let s = 0; s < count; s++) {
          const [from, to] = [start[s], start[s + 1]];
          const slopes = core.f32(entry, dSae);
          for (let i = from; i < to; i++)
            slopes[i - from] = value[i] > 0 ? df[(first + s) * dSae + index[i]] * this.#slope(index[i]) : 0;
          core.kernels.f32_gather_32({
            ...{ index: index.byteOffset + 4 * from, coefficient: entry, n: to - from },
            ...{ rows: this.#p.wEnc.ptr, d: D, init: zeros, out },
          });
          const row = dx.subarray((first + s) * dIn, (first + s + 1) * dIn);
          row.set(core.f32(out, dIn));
          if (norm) normalizeBackward(norm, x.subarray((first + s) * dIn, (first + s + 1) * dIn), row);
        }
      });
    } finally {
      core.release(mark);
    }
    return dx;
  }

  /**
   * From the gradient of an objective by reconstructions, dxhat [n][d_in], to that by the features, [n][d_sae], that were
   * decoded. `x`: the vectors, where the SAE normalises each; their statistics are taken as fixed.
   */
  decodeBackward(
    dxhat: Float32Array,
    n: number = dxhat.length / this.config.dIn,
    x?: Float32Array,
  ): Float32Array {
    const { dIn, dSae, normalizeActivations: norm } = this.config;
    this.#checkRows('decodeBackward', dxhat, n, dIn, 'dimensions');
    if (norm) this.#checkRows('decodeBackward: x', x ?? new Float32Array(0), n, dIn, 'dimensions');
    const core = this.#core;
    const { D, F } = this.#p.sizes;
    const df = new Float32Array(n * dSae);
    const mark = core.mark();
    try {
      const all = core.put(Int32Array.from({ length: F }, (_, i) => i));
      const [vector, out] = [core.alloc32(D), core.alloc32(F)];
      for (let s = 0; s < n; s++) {
        const row = core.f32(vector, dIn);
        row.set(dxhat.subarray(s * dIn, (s + 1) * dIn));
        if (norm) {
          const { scale } = statistics(norm, x!.subarray(s * dIn, (s + 1) * dIn));
          for (let i = 0; i < dIn; i++) row[i] *= scale;
        }
        core.f32(out, F).fill(0);
        core.kernels.f32_dots_4({ index: all, n: F, rows: this.#p.wDec.ptr, d: D, vector, out });
        df.set(core.f32(out, dSae), s * dSae);
      }
    } finally {
      core.release(mark);
    }
    return df;
  }

  /** df/dpre of a latent that fires: exp(r_mag) of a gated SAE, otherwise 1. */
  #slope(latent: number): number {
    const { r_mag: r } = this.#p.extra;
    return r ? Math.fround(this.#core.math.exp(this.#core.f32(r.ptr, this.config.dSae)[latent])) : 1;
  }

  #checkRows(what: string, values: Float32Array, n: number, width: number, unit: string): void {
    if (values.length !== n * width || !Number.isInteger(n))
      throw new UsageError(`${what}: ${values.length} values are not ${n} rows of ${width} ${unit}`);
  }

  dispose(): void {
    this.#core.dispose();
  }
}

/** How a trained SAE of a kind chooses its active latents. */
function selectionOf(core: Core, kind: Kind, p: SaeParameters, k = 0): Selection {
  if (kind === 'standard') return { rule: 'relu' };
  if (kind === 'topk') return { rule: 'topk', k };
  const { F, f } = p.sizes;
  const table = core.alloc32(F);
  if (kind === 'jumprelu') {
    // ReLU(pre) 1[pre > theta]: a latent needs both.
    const theta = core.f32(p.extra.threshold.ptr, f);
    core.f32(table, f).set(theta.map((t) => Math.max(t, 0)));
    return { rule: 'above', thresholds: table };
  }
  const r = core.f32(p.extra.r_mag.ptr, f);
  const scale = core.f32(table, f);
  for (let i = 0; i < f; i++) scale[i] = core.math.exp(r[i]);
  return { rule: 'gated', bGate: p.bEnc.ptr, scale: table, bMag: p.extra.b_mag.ptr, onlyActive: true };
}
