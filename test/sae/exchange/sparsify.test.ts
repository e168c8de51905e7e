// SAEs from and for EleutherAI's sparsify.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeSafetensors, init, LoadedSae, type Storage } from '../../../src/index.js';
import { loadAnySae, saveSaeAs } from '../../../src/sae/exchange/folder.js';
import { json, library, type State } from '../../support/dictionaries.js';
import { memoryStorage } from '../../support/memory-storage.js';
import { randomNormal } from '../../support/random.js';
import { rejection } from '../../support/rejection.js';

const test = suite('sae/exchange/sparsify');
const engine = await init({ workers: 1 });

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
  assert.match(await refused({ signed: true }), /its latents have signs; that is not read/);
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

test.run();
