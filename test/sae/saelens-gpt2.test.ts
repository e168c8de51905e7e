// SAELens' public folders of GPT-2 (gpt2-small-res-jb, gpt2-small-hook-z-kk): cfg.json with the keys that these have, the
// values of a small one, and what SAELens computes of it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeSafetensors, init, LoadedSae } from '../../src/index.js';
import { CONFIG_FILE, loadSaeFolder, WEIGHTS_FILE } from '../../src/sae/saelens.js';
import { relativeError } from '../support/guarded.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';

const test = suite('sae/saelens-gpt2');
const engine = await init({ workers: 1 });
const [D, F] = [12, 40];

/** gpt2-small-res-jb, blocks.8.hook_resid_pre, of another width. */
const RES_JB = {
  ...{ model_name: 'gpt2-small', hook_point: 'blocks.8.hook_resid_pre', hook_point_layer: 8 },
  ...{ hook_point_head_index: null, dataset_path: 'Skylion007/openwebtext', is_dataset_tokenized: false },
  ...{ context_size: 128, use_cached_activations: false, d_in: D, n_batches_in_buffer: 128 },
  cached_activations_path: 'activations/Skylion007_openwebtext/gpt2-small/blocks.8.hook_resid_pre',
  ...{
    total_training_tokens: 300000000,
    store_batch_size: 32,
    device: 'cuda',
    seed: 42,
    dtype: 'torch.float32',
  },
  ...{ b_dec_init_method: 'geometric_median', expansion_factor: 32, from_pretrained_path: null },
  ...{ l1_coefficient: 8e-5, lr: 4e-4, lr_scheduler_name: null, lr_warm_up_steps: 5000 },
  ...{ train_batch_size: 4096, use_ghost_grads: false, feature_sampling_window: 1000 },
  ...{ feature_sampling_method: null, resample_batches: 1028, feature_reinit_scale: 0.2 },
  ...{ dead_feature_window: 5000, dead_feature_estimation_method: 'no_fire', dead_feature_threshold: 1e-8 },
  ...{ log_to_wandb: true, wandb_project: 'mats_sae_training_gpt2_small_resid_pre_5', wandb_entity: null },
  ...{ wandb_log_frequency: 100, n_checkpoints: 10, checkpoint_path: 'checkpoints/y1t51byy', d_sae: F },
  ...{ tokens_per_buffer: 67108864, run_name: '24576-L1-8e-05-LR-0.0004-Tokens-3.000e+08' },
};
/** The same as SAELens writes it out again, with its defaults. */
const DEFAULTED = {
  ...RES_JB,
  ...{ activation_fn_str: 'relu', apply_b_dec_to_input: true, architecture: 'standard' },
  ...{ dataset_trust_remote_code: true, model_from_pretrained_kwargs: { center_writing_weights: true } },
  ...{
    finetuning_scaling_factor: false,
    neuronpedia_id: 'gpt2-small/8-res-jb',
    normalize_activations: 'none',
  },
  ...{ prepend_bos: true, sae_lens_training_version: null },
};
/** gpt2-small-hook-z-kk: heads side by side. */
const HOOK_Z = {
  ...{
    architecture: 'standard',
    d_in: D,
    d_sae: F,
    dtype: 'float32',
    device: 'cpu',
    model_name: 'gpt2-small',
  },
  ...{ hook_name: 'blocks.0.attn.hook_z', hook_layer: 0, hook_head_index: null, activation_fn_str: 'relu' },
  ...{ apply_b_dec_to_input: true, finetuning_scaling_factor: false, sae_lens_training_version: null },
  ...{ prepend_bos: true, dataset_path: 'Skylion007/openwebtext', context_size: 128 },
  ...{
    normalize_activations: 'none',
    dataset_trust_remote_code: true,
    neuronpedia_id: 'gpt2-small/0-att-kk',
  },
};
const tensor = (seed: number, ...shape: number[]) => ({
  shape,
  data: randomNormal(
    shape.reduce((p, n) => p * n, 1),
    seed,
  ),
});
const TENSORS = { W_enc: tensor(1, D, F), b_enc: tensor(2, F), W_dec: tensor(3, F, D), b_dec: tensor(4, D) };

for (const [name, cfg, tap] of [
  ['gpt2-small-res-jb as it is published', RES_JB, 'blocks.8.hook_resid_pre'],
  ['gpt2-small-res-jb with defaults', DEFAULTED, 'blocks.8.hook_resid_pre'],
  ['gpt2-small-hook-z-kk', HOOK_Z, 'blocks.0.attn.hook_z'],
] as const)
  test(`${name}: relu((x - b_dec) W_enc + b_enc) W_dec + b_dec; its tap is one of GPT-2's`, async () => {
    const folder = memoryStorage(
      {
        [CONFIG_FILE]: new TextEncoder().encode(JSON.stringify(cfg)),
        [WEIGHTS_FILE]: encodeSafetensors(TENSORS),
        'sparsity.safetensors': encodeSafetensors({ sparsity: tensor(5, F) }),
      },
      name,
    );
    const { config, tensors, metadata } = await loadSaeFolder(folder);
    assert.is(metadata.hook_name, tap);
    const sae = new LoadedSae(engine, config, tensors);
    const x = randomNormal(7 * D, 6);
    const { W_enc, b_enc, W_dec, b_dec } = TENSORS;
    const f = Float64Array.from({ length: 7 * F }, (_, i) => {
      let s = b_enc.data[i % F];
      for (let j = 0; j < D; j++)
        s += (x[Math.floor(i / F) * D + j] - b_dec.data[j]) * W_enc.data[j * F + (i % F)];
      return Math.max(0, s);
    });
    const want = Float64Array.from({ length: 7 * D }, (_, i) => {
      let s = b_dec.data[i % D];
      for (let k = 0; k < F; k++) s += f[Math.floor(i / D) * F + k] * W_dec.data[k * D + (i % D)];
      return s;
    });
    const out = new Float32Array(7 * D);
    sae.visit(x, 7, (first, count, _lists, rebuild) => {
      const { rows, stride } = rebuild();
      for (let s = 0; s < count; s++) out.set(rows.subarray(s * stride, s * stride + D), (first + s) * D);
    });
    assert.ok(relativeError(out, want) < 1e-5);
    sae.dispose();
  });

test.run();
