// One SAE as a bare state dictionary: what the tensors tell, what must be said, what is refused.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePyTorch } from '../../../src/formats/pytorch.js';
import { encodePyTorch } from '../../../src/formats/pytorch-write.js';
import { encodeSafetensors, init, LoadedSae } from '../../../src/index.js';
import { importDictionaryLearning } from '../../../src/sae/exchange/dictionary-learning.js';
import { loadSaeFile } from '../../../src/sae/exchange/folder.js';
import type { StateDictHints } from '../../../src/sae/exchange/state-dict.js';
import { transpose } from '../../../src/sae/memory.js';
import { stateOf } from '../../support/dictionaries.js';
import { randomNormal } from '../../support/random.js';
import { type Saved, torchSave } from '../../support/saved-object.js';

const test = suite('sae/exchange/state-dict');
const engine = await init({ workers: 1 });
type Tensors = Record<string, { shape: number[]; data: Float32Array }>;

function plain(d: number, f: number, extra: Tensors = {}): Tensors {
  return {
    W_enc: { shape: [d, f], data: randomNormal(d * f, 1) },
    W_dec: { shape: [f, d], data: randomNormal(d * f, 2) },
    b_enc: { shape: [f], data: randomNormal(f, 3) },
    b_dec: { shape: [d], data: randomNormal(d, 4) },
    ...extra,
  };
}
const turned = ({ shape: [a, b], data }: Tensors[string]) => ({ shape: [b, a], data: transpose(data, a, b) });
/** The same SAE under the names and in the layout of OpenAI and saerch. */
const openAi = ({ W_enc, W_dec, b_enc, b_dec }: Tensors): Tensors => ({
  pre_bias: b_dec,
  'encoder.weight': turned(W_enc),
  latent_bias: b_enc,
  'decoder.weight': turned(W_dec),
});
const sparsify = ({ W_enc, W_dec, b_enc, b_dec }: Tensors): Tensors => ({
  'encoder.weight': turned(W_enc),
  'encoder.bias': b_enc,
  W_dec,
  b_dec,
});
const prefixed = (tensors: Tensors, prefix: string): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, t]) => [prefix + name, t]));

const files = (tensors: Tensors): [string, Uint8Array][] => [
  ['sae.safetensors', encodeSafetensors(tensors)],
  ['sae.pt', encodePyTorch(new Map(Object.entries(tensors)))],
  [
    'model.pt',
    torchSave({ model: tensors, step: 70, optimizer: { state: { exp_avg: tensors.b_dec ?? 1 } } }),
  ],
  ['module.pt', encodePyTorch(new Map(Object.entries(prefixed(tensors, 'module.'))))],
];
const refused = (bytes: Uint8Array, hints: StateDictHints = {}): string => {
  try {
    loadSaeFile(bytes, 'sae.pt', hints);
  } catch (error) {
    assert.is((error as { exitCode?: number }).exitCode, 3, String(error));
    return (error as Error).message;
  }
  throw new Error('accepted');
};
const topk = { architecture: 'topk', k: 2 };

test('the layouts of four libraries are one SAE, whatever way round, in a checkpoint or under a prefix', () => {
  for (const [d, f] of [
    [3, 7],
    [7, 3],
    [4, 4],
  ]) {
    const tensors = plain(d, f);
    for (const layout of [tensors, openAi(tensors), sparsify(tensors)])
      for (const [label, bytes] of files(layout)) {
        const sae = loadSaeFile(bytes, label, topk);
        assert.equal(sae.tensors, tensors, `${label} ${Object.keys(layout)}`);
        assert.equal(sae.config, { architecture: 'topk', dIn: d, dSae: f, k: 2 });
      }
  }
  // Matrices that someone turned, or did not: told by b_dec.
  const tensors = plain(3, 7);
  const odd = { ...tensors, W_enc: turned(tensors.W_enc), W_dec: turned(tensors.W_dec) };
  assert.equal(loadSaeFile(encodeSafetensors(odd), 'x.safetensors', topk).tensors, tensors);
});

test('every class of dictionary_learning, without its config.json, is the SAE that it is with it', () => {
  for (const [name, hints] of [
    ['AutoEncoder', {}],
    ['AutoEncoderNew', { architecture: 'relu' }],
    ['GatedAutoEncoder', {}],
    ['AutoEncoderTopK', { architecture: 'topk' }],
    ['BatchTopKSAE', { architecture: 'batchtopk' }],
    ['MatryoshkaBatchTopKSAE', {}],
    ['JumpReluAutoEncoder', { applyBDecToInput: false }],
  ] as [string, StateDictHints][]) {
    const bytes = encodePyTorch(stateOf(name, 3, 6, 2, 1));
    const want = importDictionaryLearning(
      parsePyTorch(bytes, 'ae.pt').tensors,
      { trainer: { dict_class: name } },
      { state: 'ae.pt', config: 'config.json' },
    );
    const sae = loadSaeFile(bytes, 'ae.pt', hints);
    assert.equal(sae.tensors, want.tensors, name);
    assert.equal(sae.config, want.config, name);
  }
});

test('OpenAI: activation and k are in the file, and TopK normalises by layer_norm', async () => {
  const tensors = plain(5, 9);
  const counters = { stats_last_nonzero: { shape: [9], data: new Float32Array(9) } };
  const activation: Saved = { activation: 'TopK', activation_state_dict: { k: 3, postact_fn: 'ReLU' } };
  const file = torchSave({ ...openAi(tensors), ...counters, ...activation });
  const { config, tensors: read } = loadSaeFile(file, 'openai.pt', {});
  assert.equal(config, { architecture: 'topk', dIn: 5, dSae: 9, k: 3, normalizeActivations: 'layer_norm' });
  const relu = loadSaeFile(
    torchSave({ ...openAi(tensors), activation: 'ReLU', activation_state_dict: {} }),
    'r.pt',
    {},
  );
  assert.equal(relu.config, { architecture: 'relu', dIn: 5, dSae: 9, applyBDecToInput: true });
  // The counters tell OpenAI's from saerch's, which does not normalise.
  const [theirs, saerch] = [{ ...openAi(tensors), ...counters }, openAi(tensors)].map((t) =>
    loadSaeFile(encodeSafetensors(t), 'x.safetensors', { architecture: 'topk', k: 3 }),
  );
  assert.is(theirs.config.normalizeActivations, 'layer_norm');
  assert.is(saerch.config.normalizeActivations, undefined);
  const x = randomNormal(5, 8);
  const sae = new LoadedSae(engine, config, read);
  const xhat = sae.decode(sae.encode(x, 1), 1, x);
  sae.dispose();
  const mean = x.reduce((a, b) => a + b) / 5;
  const std = Math.sqrt(x.reduce((a, b) => a + (b - mean) ** 2, 0) / 4);
  const z = [...x].map((v, j) => (v - mean) / (std + 1e-5) - tensors.b_dec.data[j]);
  const pre = Array.from({ length: 9 }, (_, i) =>
    z.reduce((a, v, j) => a + v * tensors.W_enc.data[j * 9 + i], tensors.b_enc.data[i]),
  );
  const kept = [...pre.keys()].sort((a, b) => pre[b] - pre[a]).slice(0, 3);
  for (let j = 0; j < 5; j++) {
    const zhat = kept.reduce(
      (a, i) => a + Math.max(0, pre[i]) * tensors.W_dec.data[i * 5 + j],
      tensors.b_dec.data[j],
    );
    assert.ok(Math.abs(xhat[j] - (zhat * std + mean)) < 1e-4);
  }
});

test('what the file cannot say is asked for; what contradicts it is refused', () => {
  const tensors = plain(3, 6);
  const file = (extra: Tensors = {}, base = tensors) => encodeSafetensors({ ...base, ...extra });
  const each = { threshold: { shape: [6], data: new Float32Array(6).fill(0.5) } };
  assert.match(
    refused(file()),
    /is of kind standard or topk, which its tensors do not tell; give --as relu, or --as topk/,
  );
  assert.match(refused(file(), { architecture: 'topk' }), /does not say k.*give --k N/);
  assert.match(refused(file(), { architecture: 'topk', k: 7 }), /k 7 is larger than the 6 latents/);
  assert.match(refused(file(), { architecture: 'relu', k: 2 }), /--k 2: an SAE of kind standard has no k/);
  assert.match(
    refused(file(), { architecture: 'gated' }),
    /--as gated: its tensors are those of .* standard or topk/,
  );
  assert.match(refused(file(each)), /of SAELens, which subtracts.*give --b-dec-to-input yes or no/);
  assert.is(loadSaeFile(file(each), 'x', { applyBDecToInput: true }).config.applyBDecToInput, true);
  assert.match(refused(file(each), { architecture: 'topk', k: 2 }), /those of an SAE of kind jumprelu/);
  const batch = encodePyTorch(stateOf('BatchTopKSAE', 3, 6, 2, 1));
  assert.match(refused(batch), /is of kind topk or jumprelu.*give --as topk or --as batchtopk/);
  assert.match(refused(batch, { architecture: 'topk', k: 3 }), /--k 3: the file says 2/);
  const unset = { threshold: { shape: [], data: Float32Array.of(-1) } };
  assert.match(refused(file(unset)), /threshold -1 was never set/);
  const identity = { activation: 'TopK', activation_state_dict: { k: 3, postact_fn: 'Identity' } };
  assert.match(refused(torchSave({ ...openAi(tensors), ...identity })), /followed by 'Identity'/);
  assert.match(refused(torchSave({ ...tensors, activation: 'gelu' })), /activation 'gelu' is not read/);
  assert.match(refused(torchSave({ ...tensors, d_out: 5 }), topk), /holds 'd_out', and whether it changes/);
  assert.match(refused(file({ W_skip: tensors.W_enc }), topk), /holds 'W_skip'/);
  assert.match(refused(file({ pre_bias: tensors.b_dec }), topk), /has both b_dec and pre_bias/);
  const { b_dec, ...rest } = tensors;
  assert.match(refused(file({}, rest), topk), /needs a vector b_dec or bias/);
  assert.match(
    refused(file({ b_dec: { shape: [4], data: new Float32Array(4) } }), topk),
    /of which neither is the length 4/,
  );
  assert.match(
    refused(file({ W_dec: { shape: [6, 6], data: new Float32Array(36) } }), topk),
    /W_dec has shape \[6,6\]/,
  );
  assert.match(refused(file({}, { b_dec }), topk), /no tensor is named W_enc or encoder\.weight/);
  assert.match(
    refused(file({}, { ...prefixed(tensors, 'a.'), ...prefixed(tensors, 'b.') }), topk),
    /several SAEs, under 'a\.', 'b\.'/,
  );
  const nan = { b_enc: { shape: [6], data: new Float32Array(6).fill(Number.NaN) } };
  assert.match(refused(file(nan), topk), /b_enc holds NaN at element 0/);
});

test.run();
