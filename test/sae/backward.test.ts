// Encoder and decoder of every architecture, backwards: against plain float64 and finite differences of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, UsageError } from '../../src/index.js';
import { LoadedSae } from '../../src/sae/inference.js';
import { shapesOf } from '../../src/sae/kinds.js';
import { architecture, architectureNames } from '../../src/sae/registry.js';
import type { Normalization, SaeConfig, SaeTensors } from '../../src/sae/types.js';
import { relativeError } from '../support/guarded.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/backward');
const engine = await init({ build: 'simd' });
const scalar = await init({ build: 'scalar' });
const bits = (a: Float32Array) => new Uint32Array(a.buffer, a.byteOffset, a.length);
const [D, F, N, K] = [7, 22, 3, 5];

function tensorsOf(name: string): SaeTensors {
  const shapes = shapesOf(architecture(name).kind, D, F);
  return Object.fromEntries(
    Object.entries(shapes).map(([key, shape], i) => {
      const data = randomNormal(
        shape.reduce((a, b) => a * b),
        10 + i,
      );
      return [key, { shape, data: key === 'threshold' ? data.map((v) => Math.abs(v) / 2) : data }];
    }),
  );
}

const normalised = (x: Float64Array, norm?: Normalization): Float64Array => {
  const mean = norm === 'layer_norm' ? x.reduce((a, b) => a + b, 0) / x.length : 0;
  const squares = x.reduce((s, v) => s + (v - mean) ** 2, 0);
  if (norm === 'layer_norm') return x.map((v) => (v - mean) / (Math.sqrt(squares / (x.length - 1)) + 1e-5));
  return norm ? x.map((v) => (v * Math.sqrt(x.length)) / Math.sqrt(squares)) : x;
};

/** Features of one vector in f64, and those that fire. */
function encoded(config: SaeConfig, t: SaeTensors, vector: Float64Array): Float64Array {
  const { kind, centresInput } = architecture(config.architecture);
  const x = normalised(vector, config.normalizeActivations);
  const products = Float64Array.from({ length: F }, (_, f) => {
    let sum = 0;
    for (let i = 0; i < D; i++)
      sum += (x[i] - (centresInput ? t.b_dec.data[i] : 0)) * t.W_enc.data[i * F + f];
    return sum;
  });
  if (kind === 'gated')
    return products.map((c, f) =>
      c + t.b_gate.data[f] > 0 ? Math.max(0, Math.exp(t.r_mag.data[f]) * c + t.b_mag.data[f]) : 0,
    );
  const pre = products.map((c, f) => c + t.b_enc.data[f]);
  if (kind === 'jumprelu') return pre.map((v, f) => (v > t.threshold.data[f] && v > 0 ? v : 0));
  if (kind === 'standard') return pre.map((v) => Math.max(0, v));
  const least = Array.from(pre).sort((a, b) => b - a)[K - 1];
  return pre.map((v) => (v >= least ? Math.max(0, v) : 0));
}

for (const name of architectureNames())
  for (const normalizeActivations of [undefined, 'layer_norm', 'constant_norm_rescale'] as const)
    test(`${name}${normalizeActivations ? `, ${normalizeActivations}` : ''}: slopes of encoder and decoder`, () => {
      const config: SaeConfig = {
        ...{ architecture: name, dIn: D, dSae: F, normalizeActivations },
        ...(architecture(name).kind === 'topk' && { k: K }),
      };
      const tensors = tensorsOf(name);
      const x = randomNormal(N * D, 1).map((v) => 3 * v + 1);
      const df = randomNormal(N * F, 2);
      const dxhat = randomNormal(N * D, 3);
      const [a, b] = [engine, scalar].map((e) => {
        const sae = new LoadedSae(e, config, tensors);
        const result = [sae.encodeBackward(x, df), sae.decodeBackward(dxhat, N, x), sae.encode(x)];
        sae.dispose();
        return result;
      });
      for (const [i, have] of a.entries()) assert.equal(bits(b[i]), bits(have), `${i}: scalar`);
      const [dx, dfOut, f] = a;
      assert.ok(f.some((v) => v > 0) && f.some((v) => v === 0), 'some latents fire, some do not');
      const slopes = Float64Array.from(dx, (_, j) => {
        const s = Math.floor(j / D);
        const objective = (by: number) => {
          const vector = Float64Array.from(x.subarray(s * D, (s + 1) * D));
          vector[j % D] += by;
          return encoded(config, tensors, vector).reduce((sum, v, i) => sum + v * df[s * F + i], 0);
        };
        return (objective(1e-6) - objective(-1e-6)) / 2e-6;
      });
      assert.ok(relativeError(dx, slopes) < 2e-6, `encoder: ${relativeError(dx, slopes)}`);
      const want = Float64Array.from(dfOut, (_, j) => {
        const [s, i] = [Math.floor(j / F), j % F];
        const vector = Float64Array.from(x.subarray(s * D, (s + 1) * D));
        const mean = normalizeActivations === 'layer_norm' ? vector.reduce((m, v) => m + v, 0) / D : 0;
        const squares = vector.reduce((m, v) => m + (v - mean) ** 2, 0);
        const scale = !normalizeActivations
          ? 1
          : Math.sqrt(squares / (normalizeActivations === 'layer_norm' ? D - 1 : D));
        let sum = 0;
        for (let c = 0; c < D; c++) sum += scale * dxhat[s * D + c] * tensors.W_dec.data[i * D + c];
        return sum;
      });
      assert.ok(relativeError(dfOut, want) < 1e-6, `decoder: ${relativeError(dfOut, want)}`);
    });

test('wrong use: one clear line', () => {
  const config: SaeConfig = { architecture: 'relu', dIn: D, dSae: F, normalizeActivations: 'layer_norm' };
  const sae = new LoadedSae(engine, config, tensorsOf('relu'));
  const refuses = (run: () => unknown, text: RegExp) =>
    assert.throws(run, (e: Error) => e instanceof UsageError && text.test(e.message));
  refuses(
    () => sae.encodeBackward(new Float32Array(D), new Float32Array(3)),
    /3 values are not 1 rows of 22/,
  );
  refuses(() => sae.decodeBackward(new Float32Array(D + 1)), /rows of 7/);
  refuses(() => sae.decodeBackward(new Float32Array(D)), /x: 0 values/);
  sae.dispose();
});

test.run();
