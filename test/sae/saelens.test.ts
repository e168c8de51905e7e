// SAE folders as SAELens reads them: strict keys, clear refusals (METHODS 9.1, FAULTS 1).
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeSafetensors, init, LoadedSae, parseSafetensors, type Storage } from '../../src/index.js';
import { architecture, architectures } from '../../src/sae/registry.js';
import { CONFIG_FILE, loadSaeFolder, saveSae, WEIGHTS_FILE } from '../../src/sae/saelens.js';
import type { SaeConfig, SaeTensors } from '../../src/sae/types.js';
import { filled } from '../support/filled.js';
import { memoryStorage } from '../support/memory-storage.js';
import { randomNormal } from '../support/random.js';
import { rejection } from '../support/rejection.js';

const test = suite('sae/saelens');
const config: SaeConfig = { architecture: 'topk', dIn: 3, dSae: 5, k: 2 };
const tensors: SaeTensors = {
  W_enc: { shape: [3, 5], data: randomNormal(15, 1) },
  W_dec: { shape: [5, 3], data: randomNormal(15, 2) },
  b_enc: { shape: [5], data: randomNormal(5, 3) },
  b_dec: { shape: [3], data: randomNormal(3, 4) },
};

async function saved(c = config): Promise<Storage> {
  const storage = memoryStorage();
  await saveSae(storage, c, tensors, { model_name: 'm', hook_name: 'mixed3b_5x5' });
  return storage;
}
const cfgOf = async (s: Storage) => JSON.parse(new TextDecoder().decode(await s.read(CONFIG_FILE)));

async function refusal(change: (cfg: Record<string, unknown>, t: SaeTensors) => void): Promise<string> {
  const storage = await saved();
  const cfg = await cfgOf(storage);
  const copy = structuredClone(tensors);
  change(cfg, copy);
  await storage.write(CONFIG_FILE, JSON.stringify(cfg));
  await storage.write(WEIGHTS_FILE, encodeSafetensors(copy));
  try {
    await loadSaeFolder(storage);
  } catch (error) {
    assert.ok([2, 3].includes((error as { exitCode: number }).exitCode), String(error));
    return (error as Error).message;
  }
  throw new Error('accepted');
}

test('round trip, with exactly the keys SAELens wants', async () => {
  const storage = await saved();
  const { config: c, tensors: t } = await loadSaeFolder(storage);
  assert.equal(c, config);
  assert.equal(t, tensors);
  assert.equal([...parseSafetensors(await storage.read(WEIGHTS_FILE), 'w').tensors.keys()].sort(), [
    'W_dec',
    'W_enc',
    'b_dec',
    'b_enc',
  ]);
  const cfg = await cfgOf(storage);
  assert.is(cfg.d_in, 3);
  assert.is(cfg.d_sae, 5);
  assert.is(cfg.k, 2);
  assert.is(cfg.dtype, 'float32');
  assert.is(cfg.apply_b_dec_to_input, true);
  assert.is(cfg.normalize_activations, 'none');
  assert.is(cfg.reshape_activations, 'none');
  assert.ok(cfg.metadata.sae_lens_version >= '6.0.0');
  const relu = await cfgOf(await saved({ architecture: 'relu', dIn: 3, dSae: 5 }));
  assert.is(relu.architecture, 'standard');
  assert.is(relu.apply_b_dec_to_input, false);
  assert.not.ok('k' in relu);
});

test('each kind has exactly its tensors; what is trained as another kind says so', async () => {
  const vector = (seed: number) => ({ shape: [5], data: randomNormal(5, seed) });
  const { b_enc: _, ...core } = tensors;
  const extra: Record<string, SaeTensors> = {
    gated: { b_gate: vector(1), b_mag: vector(2), r_mag: vector(3) },
    jumprelu: { b_enc: vector(4), threshold: vector(5) },
    standard: { b_enc: vector(6) },
    topk: { b_enc: vector(7) },
  };
  for (const { name, kind, centresInput } of architectures()) {
    const storage = memoryStorage();
    const own: SaeConfig = { architecture: name, dIn: 3, dSae: 5, ...(kind === 'topk' && { k: 2 }) };
    await saveSae(storage, own, { ...core, ...extra[kind] }, {});
    const cfg = await cfgOf(storage);
    assert.is(cfg.architecture, kind);
    assert.is(cfg.apply_b_dec_to_input, centresInput);
    const read = await loadSaeFolder(storage);
    assert.equal(read.config, own, name);
    assert.equal(read.tensors, { ...core, ...extra[kind] });
    // A folder that says nothing about its training is the kind's first architecture, encoded the same.
    delete cfg.metadata.training_architecture;
    await storage.write(CONFIG_FILE, JSON.stringify(cfg));
    const foreign = (await loadSaeFolder(storage)).config;
    assert.is(architecture(foreign.architecture).kind, kind);
    assert.is(foreign.applyBDecToInput ?? architecture(foreign.architecture).centresInput, centresInput);
    // Every other kind's tensors are refused.
    for (const other of Object.keys(extra)) {
      if (Object.keys(extra[other]).join() === Object.keys(extra[kind]).join()) continue;
      await storage.write(WEIGHTS_FILE, encodeSafetensors({ ...core, ...extra[other] }));
      const error = await rejection(loadSaeFolder(storage));
      assert.match(error.message, /wrong tensors for architecture/);
      assert.match(error.message, kind);
    }
    await storage.write(
      WEIGHTS_FILE,
      encodeSafetensors({
        ...core,
        ...extra[kind],
        [Object.keys(extra[kind])[0]]: { shape: [4], data: new Float32Array(4) },
      }),
    );
    assert.match((await rejection(loadSaeFolder(storage))).message, /has shape \[4\], not \[5\]/);
  }
});

test('f16, bf16 and f64 weights are read', async () => {
  const storage = await saved();
  const halves = { W_dec: Float32Array.from([1, -2, 0.5, 0, 3, 0.25, 1, 1, 1, 1, 1, 1, 1, 1, 1]) };
  const as = (dtype: 'F64' | 'BF16' | 'F16', data: Float32Array) => {
    if (dtype === 'F64') return new Uint8Array(Float64Array.from(data).buffer);
    const out = new Uint8Array(2 * data.length);
    const view = new DataView(out.buffer);
    data.forEach((v, i) => {
      const bits = new Uint32Array(Float32Array.of(v).buffer)[0];
      const exponent = (bits >>> 23) & 255;
      const half =
        v === 0 ? 0 : ((bits >>> 16) & 0x8000) | ((exponent - 112) << 10) | ((bits >>> 13) & 0x3ff);
      view.setUint16(2 * i, dtype === 'BF16' ? bits >>> 16 : half, true);
    });
    return out;
  };
  for (const dtype of ['F64', 'BF16', 'F16'] as const) {
    const plain = encodeSafetensors({ ...tensors, W_dec: { shape: [5, 3], data: halves.W_dec } });
    const parsed = parseSafetensors(plain, 'w').tensors;
    const parts = [...parsed].map(([name, t]) => ({
      name,
      shape: t.shape,
      dtype: name === 'W_dec' ? dtype : 'F32',
      bytes: name === 'W_dec' ? as(dtype, halves.W_dec) : t.bytes,
    }));
    let at = 0;
    const header: Record<string, unknown> = {};
    for (const p of parts) {
      header[p.name] = { dtype: p.dtype, shape: p.shape, data_offsets: [at, at + p.bytes.length] };
      at += p.bytes.length;
    }
    const json = new TextEncoder().encode(JSON.stringify(header));
    const file = new Uint8Array(8 + json.length + at);
    new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
    file.set(json, 8);
    let to = 8 + json.length;
    for (const p of parts) {
      file.set(p.bytes, to);
      to += p.bytes.length;
    }
    await storage.write(WEIGHTS_FILE, file);
    assert.equal((await loadSaeFolder(storage)).tensors.W_dec.data, halves.W_dec, dtype);
  }
});

test('everything else is refused with the reason', async () => {
  assert.match(await refusal((c) => delete c.k), /no 'k'/);
  assert.match(await refusal((c) => (c.k = 6)), /k 6 is larger than the 5 latents/);
  assert.match(await refusal((c) => (c.k = 1.5)), /whole number/);
  assert.match(await refusal((c) => (c.architecture = 'temporal')), /'temporal'.*known/);
  assert.match(await refusal((c) => (c.d_in = 4)), /shape \[3,5\], not \[4,5\]/);
  assert.match(await refusal((c) => (c.d_sae = -1)), /'d_sae' must be a whole number from 1/);
  assert.match(
    await refusal((c) => (c.apply_b_dec_to_input = 1)),
    /apply_b_dec_to_input must be true or false/,
  );
  const rescaled = await refusal((c) => {
    Object.assign(c, { architecture: 'standard', rescale_acts_by_decoder_norm: true });
  });
  assert.match(rescaled, /rescale_acts_by_decoder_norm is read for topk, not for standard/);
  assert.match(await refusal((_c, t) => (t.W_dec.shape = [3, 5])), /transposed/);
  assert.match(await refusal((_c, t) => delete t.b_enc), /missing b_enc/);
  assert.match(await refusal((_c, t) => (t.r_mag = t.b_enc)), /unexpected r_mag/);
  assert.match(await refusal((_c, t) => (t.b_dec.data[1] = Number.NaN)), /b_dec holds NaN at element 1/);
  const storage = await saved();
  await storage.write(CONFIG_FILE, '{"architecture":');
  await loadSaeFolder(storage).then(
    () => assert.unreachable(),
    (e) => assert.match(e.message, /not valid JSON/),
  );
  await storage.write(CONFIG_FILE, 'null');
  await loadSaeFolder(storage).then(
    () => assert.unreachable(),
    (e) => assert.match(e.message, /not an object/),
  );
  await storage.remove(CONFIG_FILE);
  await loadSaeFolder(storage).then(
    () => assert.unreachable(),
    (e) => assert.match(e.message, /not a finished SAE/),
  );
});

test('topk with rescale_acts_by_decoder_norm: the norms are folded, the function is SAELens’ own', async () => {
  const storage = await saved();
  const cfg = await cfgOf(storage);
  await storage.write(CONFIG_FILE, JSON.stringify({ ...cfg, rescale_acts_by_decoder_norm: true }));
  const silent = structuredClone(tensors);
  silent.W_dec.data.fill(0, 9, 12); // latent 3 has no direction
  await storage.write(WEIGHTS_FILE, encodeSafetensors(silent));
  const folder = await loadSaeFolder(storage);
  assert.is(folder.metadata.folded_decoder_norms, true);
  const sae = new LoadedSae(await init({ workers: 1 }), folder.config, folder.tensors);
  const [n, x] = [40, randomNormal(120, 9)];
  const codes = sae.encode(x, n);
  const xhat = sae.decode(codes, n);
  const [e, b, w, c] = [silent.W_enc, silent.b_enc, silent.W_dec, silent.b_dec].map((t) => t.data);
  const norms = Array.from({ length: 5 }, (_, i) => Math.hypot(...w.subarray(3 * i, 3 * i + 3)));
  for (let s = 0; s < n; s++) {
    const pre = norms.map(
      (norm, i) => norm * [0, 1, 2].reduce((sum, j) => sum + (x[3 * s + j] - c[j]) * e[5 * j + i], b[i]),
    );
    const kept = [...pre.keys()].sort((p, q) => pre[q] - pre[p]).slice(0, 2);
    const f = pre.map((v, i) => (kept.includes(i) ? Math.max(0, v) : 0));
    for (const [i, v] of filled(f.entries()))
      assert.ok(Math.abs(v - codes[5 * s + i]) < 1e-4, `sample ${s}, latent ${i}`);
    for (let j = 0; j < 3; j++) {
      const expected = f.reduce(
        (sum, v, i) => sum + (norms[i] > 0 ? (v / norms[i]) * w[3 * i + j] : 0),
        c[j],
      );
      assert.ok(Math.abs(xhat[3 * s + j] - expected) < 1e-4);
    }
  }
  // What is written again says what it is: of unit rows, nothing left to rescale.
  const out = memoryStorage();
  await saveSae(out, folder.config, folder.tensors, {});
  assert.is((await cfgOf(out)).rescale_acts_by_decoder_norm, false);
  sae.dispose();
});

test.run();
