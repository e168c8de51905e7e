// SAEs in dictionary_learning's layout, what its classes compute, and SAEs of every architecture.
import { parsePyTorch } from '../../src/formats/pytorch.js';
import { encodePyTorch, type StateTensor } from '../../src/formats/pytorch-write.js';
import { importDictionaryLearning } from '../../src/sae/exchange/dictionary-learning.js';
import { shapesOf } from '../../src/sae/kinds.js';
import { architecture } from '../../src/sae/registry.js';
import type { SaeFolder } from '../../src/sae/saelens.js';
import { randomNormal } from './random.js';

export type State = Map<string, StateTensor>;
export const LABELS = { state: 'ae.pt', config: 'config.json' };
export const json = (s: unknown) => new TextEncoder().encode(JSON.stringify(s));
const bits = (t: StateTensor) => [
  t.shape,
  Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength).toString('hex'),
];
export const bitsOf = (s: Iterable<[string, StateTensor]>) =>
  Object.fromEntries([...s].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([k, t]) => [k, bits(t)]));

/** A state dictionary of a class in the library's layout. */
export function stateOf(name: string, d: number, f: number, k: number, seed: number): State {
  let n = seed * 100;
  const v = (...shape: number[]): StateTensor => ({
    shape,
    data: randomNormal(
      shape.reduce((p, x) => p * x, 1),
      n++,
    ),
  });
  const linear: [string, StateTensor][] = [
    ['encoder.weight', v(f, d)],
    ['encoder.bias', v(f)],
    ['decoder.weight', v(d, f)],
  ];
  const plain: [string, StateTensor][] = [
    ['W_enc', v(d, f)],
    ['b_enc', v(f)],
    ['W_dec', v(f, d)],
    ['b_dec', v(d)],
  ];
  const buffers = (t: number): [string, StateTensor][] => [
    ['k', { shape: [], data: Int32Array.of(k) }],
    ['threshold', { shape: [], data: Float32Array.of(t) }],
  ];
  const groups = f > 1 ? [1, f - 1] : [1];
  const entries: Record<string, () => [string, StateTensor][]> = {
    AutoEncoder: () => [['bias', v(d)], ...linear],
    AutoEncoderNew: () => [...linear, ['decoder.bias', v(d)]],
    GatedAutoEncoder: () => [
      ['decoder_bias', v(d)],
      ['r_mag', v(f)],
      ['gate_bias', v(f)],
      ['mag_bias', v(f)],
      linear[0],
      linear[2],
    ],
    AutoEncoderTopK: () => [['b_dec', v(d)], ...linear, ...buffers(seed % 2 ? -1 : 0.3)],
    BatchTopKSAE: () => [['b_dec', v(d)], ...linear, ...buffers(0.4)],
    MatryoshkaBatchTopKSAE: () => [
      ...plain,
      ...buffers(0.4),
      ['group_sizes', { shape: [groups.length], data: BigInt64Array.from(groups, BigInt) }],
    ],
    JumpReluAutoEncoder: () => [
      ...plain,
      ['threshold', { shape: [f], data: randomNormal(f, n++).map((t) => Math.abs(t) / 2) }],
    ],
  };
  return new Map(entries[name]());
}
export const configOf = (name: string, d: number, f: number, k: number) => ({
  trainer: {
    trainer_class: 'SomeTrainer',
    dict_class: name,
    activation_dim: d,
    dict_size: f,
    lr: 1e-4,
    layer: 3,
    ...(/TopK/.test(name) && { k }),
  },
  buffer: { d_submodule: d, ctx_len: 128 },
});
export const importState = (state: State, config: Record<string, unknown>): SaeFolder =>
  importDictionaryLearning(parsePyTorch(encodePyTorch(state), 'ae.pt').tensors, config, LABELS);

/** What the library's classes compute, in f64 from their own tensors: [f, xhat] for one x. */
export function library(name: string, s: State, x: number[], k: number): { f: number[]; xhat: number[] } {
  const get = (key: string) => Array.from(s.get(key)!.data as Float32Array);
  const d = x.length;
  const turned = s.has('encoder.weight');
  const [enc, dec] = turned ? [get('encoder.weight'), get('decoder.weight')] : [get('W_enc'), get('W_dec')];
  const F = enc.length / d;
  const w = (j: number, i: number) => (turned ? enc[j * d + i] : enc[i * F + j]);
  const wd = (j: number, i: number) => (turned ? dec[i * F + j] : dec[j * d + i]);
  const bDec = get(['bias', 'decoder.bias', 'decoder_bias', 'b_dec'].find((key) => s.has(key))!);
  const centred = !['AutoEncoderNew', 'JumpReluAutoEncoder'].includes(name);
  const input = x.map((v, i) => (centred ? v - bDec[i] : v));
  const c = Array.from({ length: F }, (_, j) => input.reduce((sum, v, i) => sum + v * w(j, i), 0));
  let f: number[];
  if (name === 'GatedAutoEncoder') {
    const [r, gate, mag] = ['r_mag', 'gate_bias', 'mag_bias'].map(get);
    f = c.map((v, j) => (v + gate[j] > 0 ? Math.max(0, Math.exp(r[j]) * v + mag[j]) : 0));
  } else {
    const bEnc = get(turned ? 'encoder.bias' : 'b_enc');
    const pre = c.map((v, j) => v + bEnc[j]);
    f = pre.map((v) => Math.max(0, v));
    if (name === 'AutoEncoderTopK') {
      const best = [...f.keys()].toSorted((a, b) => f[b] - f[a] || a - b).slice(0, k);
      f = f.map((v, j) => (best.includes(j) ? v : 0));
    } else if (s.has('threshold')) {
      const t = get('threshold');
      f = f.map((v, j) => (v > t[t.length === 1 ? 0 : j] ? v : 0));
    }
  }
  const xhat = bDec.map((b, i) => f.reduce((sum, v, j) => sum + v * wd(j, i), b));
  return { f, xhat };
}

/** An SAE of every architecture of the registry, as training leaves it. */
export function trained(name: string, d: number, f: number, seed: number): SaeFolder {
  const { kind } = architecture(name);
  let n = seed * 100;
  const tensors = Object.fromEntries(
    Object.entries(shapesOf(kind, d, f)).map(([key, shape]) => {
      const data = randomNormal(
        shape.reduce((p, v) => p * v, 1),
        n++,
      );
      if (key === 'threshold') data.fill(Math.abs(data[0]));
      return [key, { shape, data }];
    }),
  );
  const config = { architecture: name, dIn: d, dSae: f, ...(kind === 'topk' && { k: 1 }) };
  const metadata = { model_name: 'googlenet', hook_name: 'mixed3b', seed, k: 1, groups: `${f}` };
  return { config, tensors, metadata };
}
