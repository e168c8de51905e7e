// GPT-2 against PyTorch: logits, taps and gradients, with random weights in Hugging Face's own names.
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { modelFromBytes } from '../../models/from-bytes.js';
import { GPT2_SMALL, type Gpt2Sizes } from '../../models/gpt2/description.js';
import { randomGpt2 } from '../../models/gpt2/random.js';
import { parseSafetensors } from '../../src/formats/safetensors.js';
import { createSession, init } from '../../src/index.js';
import { crossEntropy } from '../../src/network/loss.js';
import { huggingFaceFile } from '../support/gpt2.js';
import { relativeError } from '../support/guarded.js';
import { LONG } from '../support/long.js';
import { ROOT } from '../support/paths.js';
import { torchFile, torchTest } from '../support/torch.js';

const test = suite('models/gpt2-torch');
const engine = await init({ build: 'simd' });
const TINY: Gpt2Sizes = { blocks: 2, width: 32, heads: 4, hidden: 128, context: 40, vocabulary: 101 };

async function against(sizes: Gpt2Sizes, length: number, seed: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'gpt2-'));
  try {
    const bytes = huggingFaceFile(randomGpt2(sizes, seed, seed ? 0.2 : undefined));
    const weights = join(folder, 'model.safetensors');
    writeFileSync(weights, bytes);
    const tokens = Array.from({ length }, (_, i) => (i * 7919 + 13) % sizes.vocabulary);
    const json = join(folder, 'tokens.json');
    writeFileSync(json, JSON.stringify({ tokens }));
    const out = join(folder, 'out.safetensors');
    torchFile(join(ROOT, 'bench/peers/torch_gpt2.py'), weights, String(sizes.heads), json, out);
    const { tensors } = parseSafetensors(new Uint8Array(readFileSync(out)), out);
    const model = await modelFromBytes(bytes, weights, { name: 'gpt2', heads: sizes.heads });
    const names = [...tensors.keys()].filter((name) => !name.startsWith('grad/'));
    assert.ok(names.length > 6 * sizes.blocks);
    const to = names.filter((name) => name !== 'logits');
    const session = createSession(engine, model, {
      width: length,
      taps: names,
      backward: { from: ['logits'], to },
    });
    session.run(Float32Array.from(tokens));
    for (const name of names)
      assert.ok(relativeError(session.tap(name), tensors.get(name)!.f32()) < 1e-4, name);
    const logits = session.tap('logits');
    const { vocabulary } = sizes;
    const d = new Float32Array(logits.length);
    for (let t = 0; t + 1 < length; t++)
      d.set(
        crossEntropy(engine, logits.slice(t * vocabulary, (t + 1) * vocabulary), tokens[t + 1]).gradient,
        t * vocabulary,
      );
    const gradients = session.backward({ logits: d });
    for (const name of to) {
      const error = relativeError(gradients[name], tensors.get(`grad/${name}`)!.f32());
      assert.ok(error < 1e-4, `gradient by ${name}: ${error}`);
    }
    session.dispose();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

torchTest(test, 'tiny, 21 tokens: every tap and gradient within 1e-4', () => against(TINY, 21, 5));
if (LONG)
  torchTest(test, 'the shape of GPT-2 small, 32 tokens: every tap and gradient within 1e-4', () =>
    against(GPT2_SMALL, 32, 0),
  );

test.run();
