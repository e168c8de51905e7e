// `sae info` and `sae convert`, and commands that take an SAE on folders of the three formats.
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeStorage } from '../../src/formats/storage.node.js';
import { encodeNpy, saveSae } from '../../src/index.js';
import { curvesaeHere, type Json, temporaryFolder } from '../support/cli.js';
import { filled } from '../support/filled.js';
import { randomNormal } from '../support/random.js';

const test = suite('cli/sae');
const dir = temporaryFolder('sae');
const at = (...names: string[]) => join(dir, ...names);
const tensors = {
  W_enc: { shape: [3, 5], data: randomNormal(15, 1) },
  W_dec: { shape: [5, 3], data: randomNormal(15, 2) },
  b_enc: { shape: [5], data: randomNormal(5, 3) },
  b_dec: { shape: [3], data: randomNormal(3, 4) },
};
await saveSae(nodeStorage(at('lens')), { architecture: 'topk', dIn: 3, dSae: 5, k: 2 }, tensors, {
  model_name: 'googlenet',
  hook_name: 'mixed3b',
});
const threshold = { shape: [5], data: new Float32Array(5).fill(0.5) };
await saveSae(
  nodeStorage(at('batch')),
  { architecture: 'batchtopk', dIn: 3, dSae: 5 },
  { ...tensors, threshold },
  {},
);
writeFileSync(at('x.npy'), encodeNpy([6, 3], randomNormal(18, 5)));

async function json(...args: string[]): Promise<Json> {
  const r = await curvesaeHere([...args, '--json']);
  assert.is(r.code, 0, `${args.join(' ')}: ${r.stderr}`);
  return r.json();
}

test('round the three formats: the same weights file, and the same codes from each', async () => {
  const steps = [
    ['lens', 'dl', 'saelens', 'dictionary_learning'],
    ['dl', 'sp', 'dictionary_learning', 'sparsify'],
    ['sp', 'back', 'sparsify', 'saelens'],
  ];
  for (const [from, to, was, format] of steps)
    assert.equal(await json('sae', 'convert', at(from), at(to), '--to', format), {
      out: at(to),
      from: was,
      to: format,
      architecture: 'topk',
      dIn: 3,
      dSae: 5,
    });
  const weights = (name: string) => readFileSync(at(name, 'sae_weights.safetensors'));
  assert.equal(weights('back'), weights('lens'));
  const codes = [];
  for (const name of ['lens', 'dl', 'sp', 'back']) {
    await json('encode', at(name), '--in', at('x.npy'), '--out', at(`${name}.npy`));
    codes.push(readFileSync(at(`${name}.npy`)));
  }
  for (const c of filled(codes)) assert.equal(c, codes[0]);
  const metrics = [];
  for (const name of ['lens', 'dl', 'sp'])
    metrics.push(await json('eval', at(name), '--activations', at('x.npy')));
  for (const m of filled(metrics)) assert.equal(m, metrics[0]);
  const info = await json('sae', 'info', at('sp'));
  assert.is(info.format, 'sparsify');
  assert.is(info.kind, 'topk');
  assert.is(info.k, 2);
  assert.is(info.applyBDecToInput, true);
  assert.equal(info.tensors.W_enc, [3, 5]);
  assert.is(info.metadata.hook_name, 'mixed3b');
  const { stdout } = await curvesaeHere(['sae', 'info', at('dl')]);
  assert.match(stdout, /dictionary_learning, topk \(topk\)\nd_in 3, d_sae 5, k 2; b_dec subtracted/);
  const { trainer } = JSON.parse(readFileSync(at('dl', 'config.json'), 'utf8'));
  assert.is(trainer.lm_name, 'googlenet');
  assert.is(trainer.submodule_name, 'mixed3b');
});

test('a folder that holds one SAE stands for it', async () => {
  cpSync(at('dl'), at('parent', 'one'), { recursive: true });
  assert.is((await json('sae', 'info', at('parent'))).format, 'dictionary_learning');
  cpSync(at('sp'), at('parent', 'two'), { recursive: true });
  const r = await curvesaeHere(['sae', 'info', at('parent')]);
  assert.is(r.code, 3);
  assert.match(r.stderr, /holds 2 SAEs; give one: .*one, .*two/);
});

test('wrong usage, what cannot be said, and broken files: one line, nothing written', async () => {
  cpSync(at('dl'), at('cut'), { recursive: true });
  writeFileSync(at('cut', 'ae.pt'), readFileSync(at('dl', 'ae.pt')).subarray(0, 300));
  const cases: [string[], number, RegExp][] = [
    [[], 2, /sae needs one of: info/],
    [['inof', at('lens')], 2, /unknown sae command 'inof'; closest: info/],
    [['info'], 2, /needs one SAE/],
    [['info', at('lens'), '--to', 'saelens'], 2, /no --to/],
    [['convert', at('lens')], 2, /needs an SAE folder and the folder to write/],
    [['convert', at('lens'), at('new')], 2, /needs --to saelens\|dictionary_learning\|sparsify/],
    [['convert', at('lens'), at('new'), '--to', 'saelense'], 2, /unknown value of --to 'saelense'/],
    [['convert', at('lens'), at('dl'), '--to', 'saelens'], 2, /already holds ae\.pt; give an empty folder/],
    [['convert', at('lens'), at('lens'), '--to', 'saelens'], 2, /already/],
    [
      ['convert', at('lens'), at('new'), '--to', 'dictionary_learning', '--k', '2'],
      2,
      /--k is for BatchTopK/,
    ],
    [['convert', at('batch'), at('new'), '--to', 'sparsify'], 3, /sparsify has only topk/],
    [
      ['convert', at('batch'), at('new'), '--to', 'dictionary_learning'],
      3,
      /BatchTopKSAE needs a k.*give --k/,
    ],
    [['convert', at('batch'), at('new'), '--to', 'dictionary_learning', '--k', '9'], 3, /a k of at most 5/],
    [
      ['convert', at('cut'), at('new'), '--to', 'saelens'],
      3,
      /ae\.pt: not a zip that is read here.*truncated/,
    ],
    [['convert', at('nothing'), at('new'), '--to', 'saelens'], 3, /not a finished SAE folder/],
  ];
  for (const [args, code, reason] of cases) {
    const { code: got, stdout, stderr } = await curvesaeHere(['sae', ...args]);
    assert.is(got, code, `${args.join(' ')}: ${stderr}`);
    assert.is(stdout, '');
    assert.match(stderr, reason);
    assert.is(stderr.trim().split('\n').length, 1);
  }
  assert.ok(!existsSync(at('new')) || !readdirSync(at('new')).length);
});

test('a state dictionary as one file: info, convert, encode and eval, with --as and --k', async () => {
  const { stdout } = await curvesaeHere(['sae', 'info', at('dl', 'ae.pt'), '--as', 'topk']);
  assert.match(stdout, /ae\.pt: state_dict, topk \(topk\)\nd_in 3, d_sae 5, k 2; b_dec subtracted/);
  const bare = at('lens', 'sae_weights.safetensors');
  const flags = ['--as', 'topk', '--k', '2'];
  await json('sae', 'convert', bare, at('bare'), '--to', 'saelens', ...flags);
  assert.equal(readFileSync(at('bare', 'sae_weights.safetensors')), readFileSync(bare));
  const metrics = await json('eval', at('lens'), '--activations', at('x.npy'));
  assert.equal(await json('eval', bare, '--activations', at('x.npy'), ...flags), metrics);
  await json('encode', bare, '--in', at('x.npy'), '--out', at('bare.npy'), ...flags);
  assert.equal(readFileSync(at('bare.npy')), readFileSync(at('lens.npy')));
  for (const [args, code, reason] of [
    [['sae', 'info', bare], 3, /give --as relu, or --as topk --k N/],
    [['sae', 'info', bare, '--as', 'tokp'], 2, /unknown architecture 'tokp'; closest: topk/],
    [['sae', 'info', at('lens'), '--as', 'topk'], 2, /a folder says what its SAE is/],
  ] as [string[], number, RegExp][]) {
    const r = await curvesaeHere(args);
    assert.is(r.code, code);
    assert.match(r.stderr, reason);
  }
});

test('decode of an SAE that normalises each vector takes the vectors', async () => {
  const config = { architecture: 'topk', dIn: 3, dSae: 5, k: 2, normalizeActivations: 'layer_norm' } as const;
  await saveSae(nodeStorage(at('normed')), config, tensors, {});
  await json('encode', at('normed'), '--in', at('x.npy'), '--out', at('f.npy'));
  const decode = ['decode', at('normed'), '--in', at('f.npy'), '--out', at('xhat.npy')];
  const r = await curvesaeHere(decode);
  assert.is(r.code, 2);
  assert.match(r.stderr, /normalises each vector \(layer_norm\), so it needs the 6 vectors/);
  assert.is((await json(...decode, '--vectors', at('x.npy'))).dIn, 3);
  writeFileSync(at('seven.npy'), encodeNpy([7, 3], randomNormal(21, 5)));
  const other = await curvesaeHere([...decode, '--vectors', at('seven.npy')]);
  assert.is(other.code, 2);
  assert.match(other.stderr, /seven\.npy: 7 vectors of 3 are not the 6 of 3 that the features are of/);
});

test('--k completes a BatchTopK SAE', async () => {
  await json('sae', 'convert', at('batch'), at('kk'), '--to', 'dictionary_learning', '--k', '3');
  const info = await json('sae', 'info', at('kk'));
  assert.is(info.architecture, 'batchtopk');
  assert.is(info.k, 3);
});

test('an SAE trained here says its k and its groups', async () => {
  await json(
    ...['train', '--activations', at('x.npy'), '--arch', 'matryoshka', '--d-sae', '8', '--k', '2'],
    ...['--steps', '2', '--batch', '4', '--groups', '2,4,8', '--out', at('trained')],
  );
  await json('sae', 'convert', at('trained'), at('trained-dl'), '--to', 'dictionary_learning');
  const { trainer } = JSON.parse(readFileSync(at('trained-dl', 'config.json'), 'utf8'));
  assert.is(trainer.dict_class, 'MatryoshkaBatchTopKSAE');
  assert.is(trainer.k, 2);
  assert.equal(trainer.group_sizes, [2, 2, 4]);
});

test.run();
