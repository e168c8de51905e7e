// Folders of old and of training versions of SAELens: each is the function that SAELens computes, by
// a transcription of its formulas (METHODS 9.1) in f64, or a refusal that names the key.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeSafetensors, init, LoadedSae, type SaeConfig } from '../../src/index.js';
import { saveSaeAs } from '../../src/sae/exchange/folder.js';
import { CONFIG_FILE, loadSaeFolder, saveSae, WEIGHTS_FILE } from '../../src/sae/saelens.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/saelens-versions');
const engine = await init({ workers: 1 });
const [D, F, N] = [6, 10, 40];
const tensor = (seed: number, ...shape: number[]) => ({
  shape,
  data: randomNormal(
    shape.reduce((p, n) => p * n, 1),
    seed,
  ),
});
const LINEAR = { W_enc: tensor(1, D, F), W_dec: tensor(2, F, D), b_enc: tensor(3, F), b_dec: tensor(4, D) };
const JUMP = { ...LINEAR, threshold: { shape: [F], data: randomNormal(F, 5).map((v) => Math.abs(v)) } };
const x = randomNormal(N * D, 6).map((v) => 3 * v + 1);

const folder = (
  cfg: object,
  tensors: Record<string, { shape: number[]; data: Float32Array }> = LINEAR,
  more = {},
) =>
  memoryStorage(
    {
      [CONFIG_FILE]: new TextEncoder().encode(JSON.stringify({ d_in: D, d_sae: F, ...cfg })),
      [WEIGHTS_FILE]: encodeSafetensors(tensors),
      ...more,
    },
    'old',
  );
const refused = async (...args: Parameters<typeof folder>) =>
  (await rejection(loadSaeFolder(folder(...args)))).message;

/** What SAELens computes. `s`: the scale that it multiplies inputs with in training. */
function saelens(
  v: Float32Array,
  t: Record<string, { data: Float32Array }>,
  { k = 0, centred = true, norm = 'none', s = 1, factor = 1 } = {},
): { f: number[]; xhat: number[] } {
  const mean = v.reduce((a, b) => a + b, 0) / D;
  const sigma = Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / (D - 1));
  const length = Math.sqrt(v.reduce((a, b) => a + b * b, 0));
  const z = [...v].map((e) =>
    norm === 'layer_norm'
      ? (e - mean) / (sigma + 1e-5)
      : norm === 'constant_norm_rescale'
        ? (e * Math.sqrt(D)) / length
        : e * s,
  );
  const pre = Array.from({ length: F }, (_, i) =>
    z.reduce(
      (a, e, j) => a + (e - (centred ? t.b_dec.data[j] : 0)) * t.W_enc.data[j * F + i],
      t.b_enc.data[i],
    ),
  );
  const kept = new Set([...pre.keys()].sort((a, b) => pre[b] - pre[a]).slice(0, k || F));
  const f = pre.map((p, i) => (p > (t.threshold?.data[i] ?? 0) && kept.has(i) ? Math.max(p, 0) : 0));
  const zhat = Array.from({ length: D }, (_, j) =>
    f.reduce((a, e, i) => a + e * factor * t.W_dec.data[i * D + j], t.b_dec.data[j]),
  );
  const xhat = zhat.map((e) =>
    norm === 'layer_norm'
      ? e * sigma + mean
      : norm === 'constant_norm_rescale'
        ? (e * length) / Math.sqrt(D)
        : e / s,
  );
  return { f, xhat };
}

async function computes(
  storage: ReturnType<typeof folder>,
  t: Record<string, { data: Float32Array }>,
  options: Parameters<typeof saelens>[2],
): Promise<SaeConfig> {
  const { config, tensors } = await loadSaeFolder(storage);
  const sae = new LoadedSae(engine, config, tensors);
  const f = sae.encode(x, N);
  const xhat = sae.decode(f, N, x);
  const seen = new Float32Array(N * D);
  sae.visit(x, N, (first, count, _lists, reconstruct) => {
    const { rows, stride } = reconstruct();
    for (let i = 0; i < count; i++) seen.set(rows.subarray(i * stride, i * stride + D), (first + i) * D);
  });
  sae.dispose();
  assert.equal(seen, xhat, 'decode and visit agree');
  for (let n = 0; n < N; n++) {
    const theirs = saelens(x.subarray(n * D, (n + 1) * D), t, options);
    for (const [ours, want] of [
      [f.subarray(n * F, (n + 1) * F), theirs.f],
      [xhat.subarray(n * D, (n + 1) * D), theirs.xhat],
    ] as const)
      for (const [i, v] of want.entries())
        assert.ok(
          Math.abs(ours[i] - v) <= 1e-4 * (1 + Math.abs(v)),
          `vector ${n}, ${i}: ${ours[i]}, not ${v}`,
        );
  }
  return config;
}

test('an activation named beside the architecture is the function: standard with topk is topk', async () => {
  for (const key of ['activation_fn_str', 'activation_fn'])
    for (const architecture of [{ architecture: 'standard' }, { architecture: 'topk' }, {}]) {
      const cfg = { ...architecture, [key]: 'topk', activation_fn_kwargs: { k: 4 } };
      const config = await computes(folder(cfg), LINEAR, { k: 4 });
      assert.equal(config, { architecture: 'topk', dIn: D, dSae: F, k: 4 });
      const { tensors, metadata } = await loadSaeFolder(folder(cfg));
      const out = memoryStorage();
      await saveSaeAs(out, 'saelens', { config, tensors, metadata }, 'old');
      await computes(out, LINEAR, { k: 4 });
    }
  await computes(folder({ activation_fn_str: 'relu', activation_fn_kwargs: { k: 4 } }), LINEAR, {});
});

test('activations that are not read, and contradictions, are refused by name', async () => {
  for (const [cfg, reason] of [
    [{ activation_fn_str: 'tanh-relu' }, /activation function 'tanh-relu' is not read/],
    [{ activation_fn: { toString: 1 } }, /activation function 'an object' is not read/],
    [{ activation_fn_str: 'topk', activation_fn: 'relu' }, /'topk' and activation_fn 'relu' differ/],
    [{ activation_fn_str: 'topk' }, /no 'k'/],
    [{ activation_fn_str: 'topk', activation_fn_kwargs: { k: 4, postact_fn: 'Identity' } }, /'postact_fn'/],
    [{ activation_fn_str: 'topk', activation_fn_kwargs: { k: 4 }, k: 5 }, /k is 5.*says 4/],
    [{ activation_fn_str: 'topk', activation_fn_kwargs: 4 }, /activation_fn_kwargs must be an object/],
    [{ architecture: 'gated', activation_fn_str: 'topk', k: 4 }, /'gated' with activation function 'topk'/],
    [{ architecture: 'topk', activation_fn_str: 'relu', k: 4 }, /'topk' with activation function 'relu'/],
    [{ architecture: 'matching_pursuit' }, /cfg\.json: architecture 'matching_pursuit'.*known: standard/],
    [{ reshape_activations: 'flatten' }, /reshape_activations 'flatten'/],
    [{ d_out: 12 }, /'d_out' is set, and whether it changes/],
    [{ whiten: { a: 1 } }, /'whiten' is set/],
    [
      { [`\u001b[31m\n${'x'.repeat(500)}`]: true },
      /^old\/cfg\.json: '\ufffd\[31m\ufffdx{90,100}\.\.\.' is set/,
    ],
  ] as const) {
    const error = await rejection(loadSaeFolder(folder(cfg)));
    assert.is((error as { exitCode?: number }).exitCode, 3);
    assert.match(error.message, reason);
  }
  // Training, data, and what turns nothing on.
  const harmless = {
    l1_coefficient: 5,
    hook_layer: 3,
    autocast: true,
    hook_z: false,
    whiten: {},
    other: null,
  };
  await computes(folder(harmless), LINEAR, {});
});

test('apply_b_dec_to_input missing is true, as SAELens has it; what we write says it', async () => {
  await computes(folder({ architecture: 'standard' }), LINEAR, {});
  await computes(folder({ architecture: 'jumprelu' }, JUMP), JUMP, {});
  await computes(folder({ architecture: 'jumprelu', apply_b_dec_to_input: false }, JUMP), JUMP, {
    centred: false,
  });
  for (const architecture of ['relu', 'jumprelu']) {
    const out = memoryStorage();
    await saveSae(out, { architecture, dIn: D, dSae: F }, architecture === 'relu' ? LINEAR : JUMP, {});
    await computes(out, architecture === 'relu' ? LINEAR : JUMP, { centred: false });
  }
});

test('expected_average_only_in: the scale of activation_scaler.json is folded, its absence refused', async () => {
  const scaler = (value: unknown) => ({
    'activation_scaler.json': new TextEncoder().encode(JSON.stringify(value)),
  });
  for (const said of ['expected_average_only_in', true]) {
    const cfg = { architecture: 'jumprelu', normalize_activations: said };
    const good = folder(cfg, JUMP, scaler({ scaling_factor: 0.25 }));
    await computes(good, JUMP, { s: 0.25 });
    const whole = await loadSaeFolder(good);
    assert.is(whole.metadata.folded_activation_scale, 0.25);
    const out = memoryStorage();
    await saveSaeAs(out, 'saelens', whole, 'old');
    await computes(out, JUMP, { s: 0.25 });
    assert.match(await refused(cfg, JUMP), /expected_average_only_in.*put SAELens' activation_scaler\.json/);
    for (const bad of [null, 0, -1, '2', { toString: 1 }])
      assert.match(
        await refused(cfg, JUMP, scaler({ scaling_factor: bad })),
        /scaling_factor is .*, not a number/,
      );
    assert.match(
      await refused(cfg, JUMP, scaler({ scaling_factor: 1, has_whitening: true })),
      /whitens the activations/,
    );
  }
  // Without it, a scale beside the folder is of a training whose weights are folded.
  await computes(
    folder({ normalize_activations: 'none' }, LINEAR, scaler({ scaling_factor: 9 })),
    LINEAR,
    {},
  );
  assert.match(
    await refused({ normalize_activations: 'batch' }),
    /normalize_activations 'batch' is not read/,
  );
});

test('layer_norm and constant_norm_rescale: going in and coming out; only SAELens folders can say them', async () => {
  for (const norm of ['layer_norm', 'constant_norm_rescale'] as const)
    for (const centred of [true, false]) {
      const cfg = { normalize_activations: norm, apply_b_dec_to_input: centred };
      const config = await computes(folder(cfg), LINEAR, { norm, centred });
      assert.is(config.normalizeActivations, norm);
      const whole = await loadSaeFolder(folder({ ...cfg, architecture: 'topk', k: 3 }));
      const out = memoryStorage();
      await saveSaeAs(out, 'saelens', whole, 'old');
      await computes(out, LINEAR, { norm, centred, k: 3 });
      for (const format of ['dictionary_learning', 'sparsify'] as const) {
        const error = await rejection(saveSaeAs(memoryStorage(), format, whole, 'old'));
        assert.match(error.message, new RegExp(`normalises each vector \\(${norm}\\), which only a SAELens`));
      }
      const sae = new LoadedSae(engine, config, LINEAR);
      assert.throws(
        () => sae.decode(new Float32Array(F), 1),
        /needs the 1 vectors of 6 that the features are of/,
      );
      // Vectors of zeros and constant vectors have a meaning as well.
      const [zero, ones] = [new Float32Array(D), new Float32Array(D).fill(2)];
      const coded = sae.decode(sae.encode(zero, 1), 1, zero);
      assert.equal(coded, zero, 'zero comes back as zero');
      if (norm === 'layer_norm') assert.equal(sae.decode(sae.encode(ones, 1), 1, ones), ones);
      sae.dispose();
    }
  const narrow = { W_enc: tensor(1, 1, 2), W_dec: tensor(2, 2, 1), b_enc: tensor(3, 2), b_dec: tensor(4, 1) };
  const message = await refused({ d_in: 1, d_sae: 2, normalize_activations: 'layer_norm' }, narrow);
  assert.match(message, /at least 2 numbers/);
});

test('a finetuned factor of each feature is folded into the decoder, refused where cfg.json denies it', async () => {
  const factor = (value: number) => ({ shape: [F], data: new Float32Array(F).fill(value) });
  for (const name of ['scaling_factor', 'finetuning_scaling_factor']) {
    await computes(folder({ finetuning_scaling_factor: true }, { ...LINEAR, [name]: factor(1.5) }), LINEAR, {
      factor: 1.5,
    });
    await computes(folder({}, { ...LINEAR, [name]: factor(1) }), LINEAR, {});
    assert.match(
      await refused({}, { ...LINEAR, [name]: factor(1.5) }),
      /is not 1, and cfg\.json does not say/,
    );
  }
});

test.run();
