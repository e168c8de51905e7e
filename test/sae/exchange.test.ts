// SAEs from and for dictionary_learning and sparsify: each class is what the library computes, round
// trips keep every bit, and what cannot be said in another format is refused with the reason.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePyTorch } from '../../src/formats/pytorch.js';
import { encodePyTorch, type StateTensor } from '../../src/formats/pytorch-write.js';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { encodeSafetensors, init, LoadedSae, type Storage } from '../../src/index.js';
import {
  DICT_CLASSES,
  exportDictionaryLearning,
  importDictionaryLearning,
} from '../../src/sae/exchange/dictionary-learning.js';
import { loadAnySae, type SaeFormat, saveSaeAs } from '../../src/sae/exchange/folder.js';
import { shapesOf } from '../../src/sae/kinds.js';
import { architecture, architectures } from '../../src/sae/registry.js';
import type { SaeFolder } from '../../src/sae/saelens.js';
import { temporaryFolder } from '../support/cli.js';
import { truncations } from '../support/corrupt.js';
import { memoryStorage } from '../support/memory-storage.js';
import { ROOT } from '../support/paths.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';
import { torchScript, torchTest } from '../support/torch.js';

const test = suite('sae/exchange');
const engine = await init({ workers: 1 });

type State = Map<string, StateTensor>;
const LABELS = { state: 'ae.pt', config: 'config.json' };
const json = (s: unknown) => new TextEncoder().encode(JSON.stringify(s));
const bits = (t: StateTensor) => [
  t.shape,
  Buffer.from(t.data.buffer, t.data.byteOffset, t.data.byteLength).toString('hex'),
];
const bitsOf = (s: Iterable<[string, StateTensor]>) =>
  Object.fromEntries([...s].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([k, t]) => [k, bits(t)]));

/** A state dictionary of a class in the library's layout. */
function stateOf(name: string, d: number, f: number, k: number, seed: number): State {
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
const configOf = (name: string, d: number, f: number, k: number) => ({
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
const importState = (state: State, config: Record<string, unknown>): SaeFolder =>
  importDictionaryLearning(parsePyTorch(encodePyTorch(state), 'ae.pt').tensors, config, LABELS);

/** What the library's classes compute, in f64 from their own tensors: [f, xhat] for one x. */
function library(name: string, s: State, x: number[], k: number): { f: number[]; xhat: number[] } {
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

test('each class is imported as what the library computes', () => {
  const [d, f, k, n] = [6, 20, 4, 9];
  for (const name of DICT_CLASSES) {
    const state = stateOf(name, d, f, k, 3);
    const { config, tensors } = importState(state, configOf(name, d, f, k));
    const sae = new LoadedSae(engine, config, tensors);
    const x = randomNormal(n * d, 9);
    const codes = sae.encode(x, n);
    const xhat = sae.decode(codes, n);
    let active = 0;
    for (let s = 0; s < n; s++) {
      const expected = library(name, state, [...x.subarray(s * d, (s + 1) * d)], k);
      for (let j = 0; j < f; j++) {
        assert.ok(Math.abs(codes[s * f + j] - expected.f[j]) < 1e-4, `${name} f[${j}]`);
        if (expected.f[j] > 0) active++;
      }
      for (let i = 0; i < d; i++)
        assert.ok(Math.abs(xhat[s * d + i] - expected.xhat[i]) < 1e-3, `${name} xhat[${i}]`);
    }
    assert.ok(active > n && active < n * f, `${name} is neither dead nor dense`);
    sae.dispose();
  }
});

const sizes = fc.record({
  d: fc.integer({ min: 1, max: 9 }),
  f: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(1000),
});

test('ae.pt -> SAE -> ae.pt keeps every bit of every class, by way of SAELens too; config.json is kept', async () => {
  for (const name of DICT_CLASSES)
    await fc.assert(
      fc.asyncProperty(sizes, async ({ d, f, seed }) => {
        const k = 1 + (seed % f);
        const state = stateOf(name, d, f, k, seed);
        const theirs = configOf(name, d, f, k);
        const first = memoryStorage({ 'ae.pt': encodePyTorch(state), 'config.json': json(theirs) }, 'a');
        const sae = await loadAnySae(first);
        assert.is(sae.format, 'dictionary_learning');
        const lens = memoryStorage({}, 'b');
        await saveSaeAs(lens, 'saelens', sae, 'a');
        const second = await loadAnySae(lens);
        assert.equal(bitsOf(Object.entries(second.tensors)), bitsOf(Object.entries(sae.tensors)));
        assert.is(second.config.architecture, sae.config.architecture);
        for (const one of [sae, second]) {
          const out = exportDictionaryLearning(one, 'x');
          assert.equal(bitsOf(out.state), bitsOf(state), name);
          const { curvesae: _, ...config } = out.json as Record<string, Record<string, unknown>>;
          assert.equal(config.buffer, theirs.buffer);
          for (const [key, value] of Object.entries(theirs.trainer)) assert.equal(config.trainer[key], value);
        }
      }),
      { numRuns: 15 },
    );
});

/** An SAE of every architecture of the registry, as training leaves it. */
function trained(name: string, d: number, f: number, seed: number): SaeFolder {
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

test('an SAE of every architecture goes out and comes back: tensors, codes and metadata', async () => {
  const written: Record<string, string[]> = {};
  for (const { name, kind, centresInput } of architectures())
    for (const format of ['dictionary_learning', 'sparsify', 'saelens'] as SaeFormat[]) {
      const sae = trained(name, 5, 12, 7);
      const out = memoryStorage({}, 'out');
      if (format === 'sparsify' && (kind !== 'topk' || !centresInput)) {
        assert.match((await rejection(saveSaeAs(out, format, sae, 'in'))).message, /sparsify/);
        assert.equal(await out.list(), []);
        continue;
      }
      if (format === 'dictionary_learning' && ['gated', 'topk'].includes(kind) && !centresInput) continue;
      await saveSaeAs(out, format, sae, 'in');
      const back = await loadAnySae(out);
      written[format] = [...(written[format] ?? []), name];
      assert.is(back.format, format);
      assert.equal(bitsOf(Object.entries(back.tensors)), bitsOf(Object.entries(sae.tensors)), name);
      assert.is(back.config.architecture, name);
      assert.is(back.config.applyBDecToInput ?? centresInput, centresInput);
      for (const key of ['model_name', 'hook_name', 'seed'])
        assert.equal(back.metadata[key], sae.metadata[key], `${name} ${format} ${key}`);
      const x = randomNormal(8 * 5, 1);
      const [a, b] = [sae, back].map(({ config, tensors }) => {
        const loaded = new LoadedSae(engine, config, tensors);
        const codes = loaded.encode(x, 8);
        loaded.dispose();
        return codes;
      });
      assert.equal(b, a);
    }
  for (const name of ['relu', 'gated', 'topk', 'jumprelu', 'batchtopk', 'matryoshka', 'panneal'])
    assert.ok(written.dictionary_learning.includes(name), name);
  assert.ok(written.sparsify.includes('topk'));
});

test('classes follow what is computed', () => {
  const classOf = (sae: SaeFolder) =>
    (exportDictionaryLearning(sae, 'x').json.trainer as Record<string, unknown>).dict_class;
  const as = (name: string, change: Partial<SaeFolder['config']> = {}): SaeFolder => {
    const sae = trained(name, 3, 4, 1);
    return { ...sae, config: { ...sae.config, ...change } };
  };
  assert.is(classOf(as('relu')), 'AutoEncoderNew');
  assert.is(classOf(as('relu', { applyBDecToInput: true })), 'AutoEncoder');
  assert.is(classOf(as('gated')), 'GatedAutoEncoder');
  assert.is(classOf(as('topk')), 'AutoEncoderTopK');
  assert.is(classOf(as('batchtopk')), 'BatchTopKSAE');
  assert.is(classOf(as('matryoshka')), 'MatryoshkaBatchTopKSAE');
  assert.is(classOf(as('jumprelu')), 'JumpReluAutoEncoder');
  assert.is(classOf(as('batchtopk', { applyBDecToInput: false })), 'JumpReluAutoEncoder');
  const groups = as('matryoshka');
  groups.metadata.groups = '1,3,4';
  assert.equal(
    exportDictionaryLearning(groups, 'x').state.get('group_sizes')!.data,
    BigInt64Array.of(1n, 2n, 1n),
  );

  const several = as('batchtopk');
  several.tensors.threshold.data[2] += 1;
  assert.throws(() => classOf(several), /several thresholds .*BatchTopKSAE has one/);
  const negative = as('batchtopk');
  negative.tensors.threshold.data.fill(-1);
  assert.throws(() => classOf(negative), /negative/);
  assert.throws(() => classOf({ ...as('batchtopk'), metadata: {} }), /needs a k.*--k/);
  assert.throws(() => classOf(as('topk', { applyBDecToInput: false })), /subtracts b_dec/);
  assert.throws(() => classOf(as('gated', { applyBDecToInput: false })), /subtracts b_dec/);
});

const refusal = (
  name: string,
  change: (state: State, config: ReturnType<typeof configOf>) => unknown,
): string => {
  const state = stateOf(name, 3, 5, 2, 1);
  const config = configOf(name, 3, 5, 2);
  change(state, config);
  try {
    importState(state, config);
  } catch (error) {
    assert.is((error as { exitCode: number }).exitCode, 3, String(error));
    return (error as Error).message;
  }
  throw new Error('accepted');
};

test('dictionary_learning: everything else is refused with the reason', () => {
  const topk = 'AutoEncoderTopK';
  const batch = 'BatchTopKSAE';
  const trainer = (t: Record<string, unknown>) => (_s: State, c: ReturnType<typeof configOf>) =>
    Object.assign(c.trainer, t);
  const put =
    (key: string, shape: number[], data: StateTensor['data']) =>
    (s: State): unknown =>
      s.set(key, { shape, data });
  const cases: [string, Parameters<typeof refusal>[1], RegExp][] = [
    [
      topk,
      trainer({ dict_class: 'CrossCoder' }),
      /config\.json: dict_class 'CrossCoder' is not read.*AutoEncoder/,
    ],
    [topk, trainer({ dict_class: 'constructor' }), /'constructor' is not read/],
    [topk, trainer({ dict_class: '__proto__' }), /'__proto__' is not read/],
    [topk, trainer({ dict_class: 7 }), /no 'dict_class'/],
    [topk, (_s, c) => delete (c as { trainer?: unknown }).trainer, /no 'trainer'/],
    [
      topk,
      trainer({ dict_class: 'AutoEncoder' }),
      /missing bias; unexpected .*\(they are those of AutoEncoderTopK\)|wrong tensors for AutoEncoder.*missing bias/,
    ],
    [
      'AutoEncoder',
      trainer({ dict_class: 'AutoEncoderNew' }),
      /AutoEncoderNew \(they are those of AutoEncoder\): missing decoder\.bias; unexpected bias/,
    ],
    [topk, (s) => s.delete('encoder.bias'), /missing encoder\.bias/],
    [batch, (s) => s.delete('threshold'), /missing threshold/],
    [topk, put('__proto__', [1], Float32Array.of(1)), /unexpected __proto__/],
    [topk, put('encoder.weight', [15], new Float32Array(15)), /not a matrix/],
    [
      topk,
      put('encoder.weight', [3, 5], new Float32Array(15)),
      /encoder\.weight has shape \[3,5\], but config\.json says activation_dim 3/,
    ],
    [
      topk,
      put('decoder.weight', [5, 3], new Float32Array(15)),
      /shape \[5,3\], not \[3,5\]; it is transposed/,
    ],
    [topk, put('encoder.bias', [4], new Float32Array(4)), /encoder\.bias has shape \[4\], not \[5\]/],
    [topk, put('encoder.bias', [5], new Int32Array(5)), /I32, which is no floating/],
    [topk, (s) => ((s.get('b_dec')!.data as Float32Array)[1] = Number.NaN), /b_dec holds NaN at element 1/],
    [
      topk,
      (s) => ((s.get('decoder.weight')!.data as Float32Array)[4] = -Infinity),
      /decoder\.weight holds -Infinity at element 4/,
    ],
    [topk, put('k', [], Int32Array.of(3)), /k is 3, but config\.json says 2/],
    [topk, put('k', [1], Int32Array.of(2)), /k has shape \[1\], not that of one number/],
    [topk, put('k', [], Float32Array.of(2)), /k has dtype F32, not whole/],
    [topk, trainer({ k: 2.5 }), /'k' must be a whole number/],
    [
      topk,
      (s, c) => [put('k', [], Int32Array.of(6))(s), Object.assign(c.trainer, { k: 6 })],
      /k 6 is larger than the 5 latents/,
    ],
    [
      topk,
      (s, c) => [put('k', [], Int32Array.of(0))(s), Object.assign(c.trainer, { k: null })],
      /k must be at least 1/,
    ],
    [topk, (s, c) => [s.delete('k'), Object.assign(c.trainer, { k: null })], /has no k/],
    [batch, put('threshold', [], Float32Array.of(-1)), /threshold -1 was never set/],
    [batch, put('threshold', [], Float32Array.of(Number.NaN)), /threshold holds NaN/],
    [batch, put('threshold', [5], new Float32Array(5)), /threshold has shape \[5\], not that of one number/],
    [
      'JumpReluAutoEncoder',
      put('threshold', [4], new Float32Array(4)),
      /threshold has shape \[4\], not \[5\]/,
    ],
    ['MatryoshkaBatchTopKSAE', put('group_sizes', [2], BigInt64Array.of(1n, 3n)), /add up to the 5/],
    ['MatryoshkaBatchTopKSAE', put('group_sizes', [2], BigInt64Array.of(-1n, 6n)), /above 0/],
    [topk, trainer({ dict_size: 6 }), /config\.json says dict_size 6/],
    [topk, trainer({ activation_dim: '3' }), /'activation_dim' must be a whole number/],
  ];
  for (const [name, change, reason] of cases) assert.match(refusal(name, change), reason);
});

test('older AutoEncoderTopK files have k only in config.json', () => {
  const state = stateOf('AutoEncoderTopK', 3, 5, 2, 1);
  state.delete('k');
  state.delete('threshold');
  assert.is(importState(state, configOf('AutoEncoderTopK', 3, 5, 2)).config.k, 2);
});

test('ae.pt cut at any byte is refused; a hostile one by name', async () => {
  const state = stateOf('AutoEncoder', 1, 1, 1, 1);
  const config = configOf('AutoEncoder', 1, 1, 1);
  const file = encodePyTorch(state);
  truncations(file, (bytes) =>
    importDictionaryLearning(parsePyTorch(bytes, 'ae.pt').tensors, config, LABELS),
  );
  const hostile = new Uint8Array(readFileSync(resolve(ROOT, 'test/corpus/pytorch-os-system.bin')));
  const folder = memoryStorage({ 'ae.pt': hostile, 'config.json': json(config) }, 'x');
  assert.match((await rejection(loadAnySae(folder))).message, /x\/ae\.pt.*(os|posix)\.system.*refused/);
});

test('config.json: text that is not what it seems', async () => {
  const ae = encodePyTorch(stateOf('AutoEncoder', 1, 1, 1, 1));
  for (const [text, reason] of [
    ['', /config\.json: is not valid JSON/],
    ['{"trainer": {"lr": NaN}}', /not valid JSON/],
    ['{"trainer": {}, "trainer": {}}', /duplicate key 'trainer'/],
    ['[]', /is not an object/],
    ['null', /is not an object/],
    ['{"__proto__": {"trainer": {"dict_class": "AutoEncoder"}}}', /has no 'trainer'/],
    ['{"trainer": {"__proto__": {"dict_class": "AutoEncoder"}}}', /no 'dict_class'/],
    [`{"trainer": "${'x'.repeat(1 << 20)}"}`, /too large/],
  ] as const) {
    const folder = memoryStorage({ 'ae.pt': ae, 'config.json': new TextEncoder().encode(text) }, 'x');
    assert.match((await rejection(loadAnySae(folder))).message, reason);
  }
  const latin = memoryStorage({ 'ae.pt': ae, 'config.json': Uint8Array.of(0x7b, 0xff, 0x7d) }, 'x');
  assert.match((await rejection(loadAnySae(latin))).message, /not UTF-8/);
});

const SPARSIFY = {
  activation: 'topk',
  expansion_factor: 2,
  normalize_decoder: true,
  num_latents: 0,
  k: 2,
  multi_topk: false,
  skip_connection: false,
  transcode: false,
  d_in: 3,
};
function sparsifyTensors(d: number, f: number): Record<string, { shape: number[]; data: Float32Array }> {
  return {
    'encoder.weight': { shape: [f, d], data: randomNormal(f * d, 1) },
    'encoder.bias': { shape: [f], data: randomNormal(f, 2) },
    W_dec: { shape: [f, d], data: randomNormal(f * d, 3) },
    b_dec: { shape: [d], data: randomNormal(d, 4) },
  };
}
const sparsifyFolder = (cfg: unknown, tensors = sparsifyTensors(3, 6)): Storage =>
  memoryStorage({ 'cfg.json': json(cfg), 'sae.safetensors': encodeSafetensors(tensors) }, 'sp');

test('sparsify: a folder comes in and goes out with the same bytes of weights, and computes ReLU then top-k', async () => {
  for (const d of [1, 3, 6])
    for (const cfg of [SPARSIFY, { ...SPARSIFY, num_latents: 6, expansion_factor: 1 }]) {
      const tensors = sparsifyTensors(d, 6);
      const whole = { ...cfg, d_in: d, expansion_factor: 6 / d };
      const folder = sparsifyFolder(whole, tensors);
      const sae = await loadAnySae(folder);
      assert.equal(sae.config, { architecture: 'topk', dIn: d, dSae: 6, k: 2 });
      const out = memoryStorage({}, 'out');
      await saveSaeAs(out, 'sparsify', sae, 'sp');
      assert.equal(await out.read('sae.safetensors'), await folder.read('sae.safetensors'));
      const { curvesae: _, ...kept } = JSON.parse(new TextDecoder().decode(await out.read('cfg.json')));
      assert.equal(kept, { ...whole, num_latents: 6 });
      // The same function as AutoEncoderTopK of the same numbers.
      const { shape, data } = tensors.W_dec;
      const turned = Float32Array.from(data, (_, i) => data[(i % 6) * d + Math.floor(i / 6)]);
      const state: State = new Map(
        Object.entries({ ...tensors, 'decoder.weight': { shape: shape.toReversed(), data: turned } }),
      );
      state.delete('W_dec');
      const loaded = new LoadedSae(engine, sae.config, sae.tensors);
      const x = randomNormal(4 * d, 5);
      const codes = loaded.encode(x, 4);
      for (let s = 0; s < 4; s++)
        library('AutoEncoderTopK', state, [...x.subarray(s * d, (s + 1) * d)], 2).f.forEach((v, j) => {
          assert.ok(Math.abs(codes[s * 6 + j] - v) < 1e-4);
        });
      loaded.dispose();
    }
});

test('sparsify: everything else is refused with the reason', async () => {
  const refused = async (cfg: object, change: (t: ReturnType<typeof sparsifyTensors>) => void = () => {}) => {
    const tensors = sparsifyTensors(3, 6);
    change(tensors);
    return (await rejection(loadAnySae(sparsifyFolder({ ...SPARSIFY, ...cfg }, tensors)))).message;
  };
  assert.match(await refused({ transcode: true }), /cfg\.json: it is a transcoder/);
  assert.match(await refused({ skip_connection: true }), /skip connection \(W_skip\)/);
  assert.match(await refused({ embed_skip: true }), /from the embedding/);
  assert.match(await refused({ gram_lookup: true }), /n-gram/);
  assert.match(await refused({ signed: true }), /'signed' is on.*not known/);
  assert.match(await refused({ activation: 'groupmax' }), /activation 'groupmax' is not read/);
  assert.match(await refused({ k: 7 }), /k 7 is larger than the 6 latents/);
  assert.match(await refused({ k: 0 }), /'k' must be/);
  assert.match(await refused({ k: null }), /has no 'k'/);
  assert.match(await refused({ d_in: null }), /has no 'd_in'/);
  assert.match(await refused({ d_in: 4 }), /shape \[6,3\], cfg\.json says \[8,4\]/);
  assert.match(await refused({ num_latents: 5 }), /cfg\.json says \[5,3\]/);
  assert.match(
    await refused({}, (t) => {
      t.W_skip = t.W_dec;
    }),
    /unexpected W_skip/,
  );
  assert.match(
    await refused({}, (t) => {
      delete t.b_dec;
    }),
    /missing b_dec/,
  );
  assert.match(
    await refused({}, (t) => {
      t.W_dec.shape = [3, 6];
    }),
    /W_dec has shape \[3,6\], not \[6,3\]; it is transposed/,
  );
  assert.match(
    await refused({}, (t) => {
      t['encoder.bias'].data[3] = Number.POSITIVE_INFINITY;
    }),
    /encoder\.bias holds Infinity at element 3/,
  );
});

test('a folder of several formats, of none, and an unfinished one are refused', async () => {
  const both = memoryStorage({}, 'both');
  await saveSaeAs(both, 'saelens', trained('topk', 3, 4, 1), 'in');
  await saveSaeAs(both, 'dictionary_learning', trained('topk', 3, 4, 1), 'in');
  assert.match(
    (await rejection(loadAnySae(both))).message,
    /several formats \(sae_weights\.safetensors, ae\.pt\)/,
  );
  assert.match(
    (await rejection(loadAnySae(memoryStorage({}, 'no')))).message,
    /no: not a finished SAE folder; it needs cfg\.json and sae_weights/,
  );
  await both.remove('config.json');
  await both.remove('cfg.json');
  assert.match((await rejection(loadAnySae(both))).message, /not a finished SAE folder/);
});

torchTest(
  test,
  "PyTorch loads every class's ae.pt with weights_only=True, and its own saving of it is the same SAE",
  async () => {
    const dir = temporaryFolder('dictionaries');
    for (const name of DICT_CLASSES) {
      const folder = nodeStorage(`${dir}/${name}`);
      const state = stateOf(name, 3, 5, 2, 2);
      const sae = importState(state, configOf(name, 3, 5, 2));
      await saveSaeAs(folder, 'dictionary_learning', sae, 'x');
    }
    // Parameters whose memory is turned, as the library's initialisation leaves them.
    torchScript(
      `
import sys, torch
from collections import OrderedDict
for name in sys.argv[2:]:
    path = f'{sys.argv[1]}/{name}/ae.pt'
    d = torch.load(path, weights_only=True)
    turn = lambda v: torch.nn.Parameter(v.t().contiguous().t()) if v.dim() == 2 else v
    torch.save(OrderedDict((k, turn(v)) for k, v in d.items()), path)`,
      dir,
      ...DICT_CLASSES,
    );
    for (const name of DICT_CLASSES) {
      const back = await loadAnySae(nodeStorage(`${dir}/${name}`));
      assert.equal(
        bitsOf(exportDictionaryLearning(back, 'x').state),
        bitsOf(stateOf(name, 3, 5, 2, 2)),
        name,
      );
    }
  },
);

test.run();
