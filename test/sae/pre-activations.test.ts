// What an SAE chooses from, against plain sums in f64 and against what fires.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { init, LoadedSae, Rng, type SaeConfig, type SaeTensors } from '../../src/index.js';
import { normalize } from '../../src/sae/normalization.js';
import { PreActivations } from '../../src/sae/pre-activations.js';

const test = suite('sae/pre-activations');
const D = 10;
const F = 150; // more than one chunk
const N = 70;

const CASES: [string, SaeConfig][] = [
  ['relu', { architecture: 'relu', dIn: D, dSae: F }],
  ['topk, centred', { architecture: 'topk', dIn: D, dSae: F, k: 5 }],
  ['topk, not centred', { architecture: 'topk', dIn: D, dSae: F, k: 5, applyBDecToInput: false }],
  ['gated', { architecture: 'gated', dIn: D, dSae: F }],
  ['jumprelu', { architecture: 'jumprelu', dIn: D, dSae: F }],
  ['normalised', { architecture: 'relu', dIn: D, dSae: F, normalizeActivations: 'layer_norm' }],
];

for (const [name, config] of CASES)
  test(`${name}: the value before the choice; what fires has the larger ones`, async () => {
    const rng = new Rng(5);
    const random = (...shape: number[]) => ({
      shape,
      data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.uniform() - 0.5),
    });
    const tensors: SaeTensors = { W_enc: random(D, F), W_dec: random(F, D), b_dec: random(D) };
    if (config.architecture === 'gated')
      Object.assign(tensors, { b_gate: random(F), b_mag: random(F), r_mag: random(F) });
    else tensors.b_enc = random(F);
    if (config.architecture === 'jumprelu')
      tensors.threshold = { shape: [F], data: random(F).data.map((v) => Math.abs(v)) };
    const x = random(N, D).data;
    const engine = await init();
    const all = new PreActivations(engine, config, tensors);
    const sae = new LoadedSae(engine, config, tensors);
    const fires = sae.encode(x);
    const centred = config.applyBDecToInput ?? ['topk', 'gated'].includes(config.architecture);
    const bias = (tensors.b_enc ?? tensors.b_gate).data;
    let seen = 0;
    let fired = 0;
    all.visit(x, (first, count, pre) => {
      assert.is(pre.length, N * count);
      for (let n = 0; n < N; n++) {
        const row = x.slice(n * D, (n + 1) * D);
        if (config.normalizeActivations)
          normalize(config.normalizeActivations, x.subarray(n * D, (n + 1) * D), row);
        for (let j = 0; j < count; j++) {
          const f = first + j;
          let sum = bias[f];
          for (let k = 0; k < D; k++)
            sum += (row[k] - (centred ? tensors.b_dec.data[k] : 0)) * tensors.W_enc.data[k * F + f];
          const got = pre[n * count + j];
          assert.ok(Math.abs(got - sum) < 1e-5, `vector ${n}, latent ${f}: ${got}, ${sum}`);
          seen++;
          if (fires[n * F + f] === 0) continue;
          fired++;
          assert.ok(got > (tensors.threshold?.data[f] ?? 0) - 1e-5);
        }
      }
    });
    assert.is(seen, N * F);
    assert.ok(fired > N, `${fired} fired`);
    all.dispose();
    sae.dispose();
  });

test.run();
