// The operations of a transformer in float64, there and back, as plain loops: what kernels and sessions must agree with.
import { inputsOf } from '../../src/network/ops/index.js';
import type { Model } from '../../src/network/types.js';

type Values = ArrayLike<number>;

/** x/2 (1 + tanh(sqrt(2/pi)(x + 0.044715 x^3))). */
export const gelu = (x: number): number =>
  0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

const geluSlope = (x: number): number => {
  const c = Math.sqrt(2 / Math.PI);
  const t = Math.tanh(c * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x);
};

function normalised(x: Values, d: number, eps: number, row: number) {
  let mean = 0;
  for (let c = 0; c < d; c++) mean += x[row * d + c] / d;
  let variance = 0;
  for (let c = 0; c < d; c++) variance += (x[row * d + c] - mean) ** 2 / d;
  const r = 1 / Math.sqrt(variance + eps);
  return { r, z: Float64Array.from({ length: d }, (_, c) => (x[row * d + c] - mean) * r) };
}

export function layernorm(x: Values, d: number, gain: Values, bias: Values, eps: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let t = 0; t < x.length / d; t++) {
    const { z } = normalised(x, d, eps, t);
    for (let c = 0; c < d; c++) out[t * d + c] = z[c] * gain[c] + bias[c];
  }
  return out;
}

export function layernormBack(x: Values, d: number, gain: Values, eps: number, g: Values): Float64Array {
  const out = new Float64Array(x.length);
  for (let t = 0; t < x.length / d; t++) {
    const { z, r } = normalised(x, d, eps, t);
    const h = Float64Array.from(z, (_, c) => g[t * d + c] * gain[c]);
    const mean = h.reduce((a, b) => a + b) / d;
    const along = h.reduce((a, b, c) => a + b * z[c], 0) / d;
    for (let c = 0; c < d; c++) out[t * d + c] = r * (h[c] - mean - z[c] * along);
  }
  return out;
}

/** Probabilities of every head and query, [heads][T][T]. */
function probabilities(qkv: Values, heads: number, width: number): Float64Array {
  const d = heads * width;
  const T = qkv.length / 3 / d;
  const p = new Float64Array(heads * T * T);
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < T; i++) {
      let sum = 0;
      for (let j = 0; j <= i; j++) {
        let s = 0;
        for (let c = 0; c < width; c++)
          s += qkv[i * 3 * d + h * width + c] * qkv[j * 3 * d + d + h * width + c];
        const e = Math.exp(s / Math.sqrt(width));
        p[(h * T + i) * T + j] = e;
        sum += e;
      }
      for (let j = 0; j <= i; j++) p[(h * T + i) * T + j] /= sum;
    }
  return p;
}

export function attention(qkv: Values, heads: number, width: number): Float64Array {
  const d = heads * width;
  const T = qkv.length / 3 / d;
  const p = probabilities(qkv, heads, width);
  const z = new Float64Array(T * d);
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < T; i++)
      for (let j = 0; j <= i; j++)
        for (let c = 0; c < width; c++)
          z[i * d + h * width + c] += p[(h * T + i) * T + j] * qkv[j * 3 * d + 2 * d + h * width + c];
  return z;
}

export function attentionBack(qkv: Values, heads: number, width: number, dz: Values): Float64Array {
  const d = heads * width;
  const T = qkv.length / 3 / d;
  const p = probabilities(qkv, heads, width);
  const out = new Float64Array(qkv.length);
  const at = (t: number, part: number, h: number, c: number): number => t * 3 * d + part * d + h * width + c;
  for (let h = 0; h < heads; h++)
    for (let i = 0; i < T; i++) {
      const dp = new Float64Array(i + 1);
      let mean = 0;
      for (let j = 0; j <= i; j++) {
        for (let c = 0; c < width; c++) dp[j] += dz[i * d + h * width + c] * qkv[at(j, 2, h, c)];
        mean += dp[j] * p[(h * T + i) * T + j];
      }
      for (let j = 0; j <= i; j++) {
        const w = p[(h * T + i) * T + j];
        const ds = (w * (dp[j] - mean)) / Math.sqrt(width);
        for (let c = 0; c < width; c++) {
          out[at(i, 0, h, c)] += ds * qkv[at(j, 1, h, c)];
          out[at(j, 1, h, c)] += ds * qkv[at(i, 0, h, c)];
          out[at(j, 2, h, c)] += w * dz[i * d + h * width + c];
        }
      }
    }
  return out;
}

/** Every tensor of a network of text, by name. */
export function forwardText64(
  { description, parameters }: Model,
  tokens: Values,
  put: Readonly<Record<string, Values>> = {},
): Map<string, Float64Array> {
  const all = new Map<string, Float64Array>();
  for (const layer of description.layers) {
    const { out } = layer;
    if (put[out]) {
      all.set(out, Float64Array.from(put[out]));
      continue;
    }
    const from = inputsOf(layer).map((name) => all.get(name)!);
    const own = parameters.get(out);
    all.set(out, evaluateText(layer, from, own, parameters, tokens));
  }
  return all;
}

function evaluateText(
  layer: Model['description']['layers'][number],
  [x, ...others]: Float64Array[],
  own: { weight: Float32Array; bias: Float32Array } | undefined,
  parameters: Model['parameters'],
  tokens: Values,
): Float64Array {
  switch (layer.op) {
    case 'embed':
      return Float64Array.from({ length: tokens.length * layer.units }, (_, i) => {
        const t = Math.floor(i / layer.units);
        return own!.weight[(layer.by === 'token' ? tokens[t] : t) * layer.units + (i % layer.units)];
      });
    case 'sum':
      return x.map((v, i) => others.reduce((s, o) => s + o[i], v));
    case 'layernorm':
      return layernorm(x, own!.weight.length, own!.weight, own!.bias, layer.eps);
    case 'gelu':
      return x.map(gelu);
    case 'attention':
      return attention(x, layer.heads, x.length / tokens.length / 3 / layer.heads);
    case 'affine': {
      const k = x.length / tokens.length;
      const n = layer.units;
      const table = layer.tied === undefined ? undefined : parameters.get(layer.tied)!.weight;
      return Float64Array.from({ length: tokens.length * n }, (_, i) => {
        const [t, o] = [Math.floor(i / n), i % n];
        let s = own?.bias[o] ?? 0;
        for (let c = 0; c < k; c++) s += x[t * k + c] * (table ? table[o * k + c] : own!.weight[c * n + o]);
        return s;
      });
    }
    default:
      throw new Error(`${layer.op}: not an operation of text`);
  }
}

/** Gradients by every tensor, from those given by name. */
export function backwardText64(
  { description, parameters }: Model,
  values: ReadonlyMap<string, Float64Array>,
  given: Readonly<Record<string, Values>>,
): Map<string, Float64Array> {
  const all = new Map<string, Float64Array>();
  for (const [name, { length }] of values)
    all.set(name, given[name] ? Float64Array.from(given[name]) : new Float64Array(length));
  for (const layer of [...description.layers].reverse()) {
    if (layer.op === 'embed') continue;
    const g = all.get(layer.out)!;
    const names = inputsOf(layer);
    const x = values.get(names[0])!;
    const add = (name: string, by: Float64Array): void => {
      const to = all.get(name)!;
      by.forEach((v, i) => {
        to[i] += v;
      });
    };
    const own = parameters.get(layer.out);
    if (layer.op === 'sum') for (const name of names) add(name, g);
    else if (layer.op === 'layernorm')
      add(names[0], layernormBack(x, own!.weight.length, own!.weight, layer.eps, g));
    else if (layer.op === 'gelu')
      add(
        names[0],
        x.map((v, i) => g[i] * geluSlope(v)),
      );
    else if (layer.op === 'attention') {
      const d = parameters.get('hook_pos_embed')!.weight.length / contextOf(description);
      add(names[0], attentionBack(x, layer.heads, d / layer.heads, g));
    } else if (layer.op === 'affine') {
      const n = layer.units;
      const tokens = g.length / n;
      const k = x.length / tokens;
      const table = layer.tied === undefined ? undefined : parameters.get(layer.tied)!.weight;
      add(
        names[0],
        Float64Array.from({ length: x.length }, (_, i) => {
          const [t, c] = [Math.floor(i / k), i % k];
          let s = 0;
          for (let o = 0; o < n; o++) s += g[t * n + o] * (table ? table[o * k + c] : own!.weight[c * n + o]);
          return s;
        }),
      );
    } else throw new Error(`${layer.op}: not an operation of text`);
  }
  return all;
}

function contextOf({ inputs }: Model['description']): number {
  const [first] = inputs;
  if (first.op !== 'tokens') throw new Error('reads no text');
  return first.context;
}
