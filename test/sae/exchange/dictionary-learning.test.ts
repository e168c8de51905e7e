// SAEs from and for dictionary_learning: each class is what the library computes, round trips keep
// every bit, and what cannot be said is refused with the reason.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePyTorch } from '../../../src/formats/pytorch.js';
import { encodePyTorch, type StateTensor } from '../../../src/formats/pytorch-write.js';
import { nodeStorage } from '../../../src/formats/storage.node.js';
import { init, LoadedSae } from '../../../src/index.js';
import { DICT_CLASSES } from '../../../src/sae/exchange/dictionary-classes.js';
import {
  exportDictionaryLearning,
  importDictionaryLearning,
} from '../../../src/sae/exchange/dictionary-learning.js';
import { loadAnySae, saveSaeAs } from '../../../src/sae/exchange/folder.js';
import type { SaeFolder } from '../../../src/sae/saelens.js';
import { temporaryFolder } from '../../support/cli.js';
import { truncations } from '../../support/corrupt.js';
import {
  bitsOf,
  configOf,
  importState,
  json,
  LABELS,
  library,
  type State,
  stateOf,
  trained,
} from '../../support/dictionaries.js';
import { filled } from '../../support/filled.js';
import { memoryStorage } from '../../support/memory-storage.js';
import { ROOT } from '../../support/paths.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';
import { torchScript, torchTest } from '../../support/torch.js';

const test = suite('sae/exchange/dictionary-learning');
const engine = await init({ workers: 1 });

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
          for (const [key, value] of filled(Object.entries(theirs.trainer)))
            assert.equal(config.trainer[key], value);
        }
      }),
      { numRuns: 15 },
    );
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
