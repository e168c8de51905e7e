// GPT-2 small of random weights: the logits of a text at every token, by ours and by the peers.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GPT2_SMALL } from '../models/gpt2/description.js';
import { randomGpt2 } from '../models/gpt2/random.js';
import type { Environment, Impl, Work } from '../src/bench/types.js';
import { createSession, type Model } from '../src/index.js';
import { huggingFaceFile } from '../test/support/gpt2.js';
import { ROOT } from '../test/support/paths.js';
import { onnxText } from './peers/onnx.js';
import { PythonPeer } from './peers/python.js';

const TOKENS = 128;
/** Products of the blocks' matrices, of attention, and of the unembedding. */
const FLOP = 2 * TOKENS * (12 * 12 * 768 ** 2 + 12 * 2 * 768 * TOKENS + 768 * 50257);

export async function* gpt2(env: Environment): AsyncGenerator<Work> {
  const model = randomGpt2(GPT2_SMALL, 1);
  const tokens = Float32Array.from({ length: TOKENS }, (_, i) => (i * 7919 + 13) % GPT2_SMALL.vocabulary);
  const [{ engine, build }] = env.variants;
  const session = createSession(engine, model, { width: TOKENS, taps: ['logits'] });
  const torch = await torchText(model, tokens, env.say);
  yield {
    work: `GPT-2 small, logits of ${TOKENS} tokens`,
    tolerance: 1e-5,
    about: { flop: FLOP },
    impls: [
      {
        ...{ impl: 'curvesae', version: env.version, build, threads: 1, batch: 1 },
        run: () => session.run(tokens),
        output: () => session.tap('logits'),
        dispose: () => session.dispose(),
      },
      ...(await onnxText(model, tokens, env.say)),
      ...(torch ? [torch] : []),
    ],
  };
}

async function torchText(
  model: Model,
  tokens: Float32Array,
  say: (text: string) => void,
): Promise<Impl | undefined> {
  const torch = await PythonPeer.start(join(ROOT, 'bench/peers/torch_gpt2.py'), say);
  if (!torch) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'curvesae-gpt2-'));
  const file = join(folder, 'weights.safetensors');
  writeFileSync(file, huggingFaceFile(model));
  await torch.ask({ do: 'setup', file, heads: GPT2_SMALL.heads, tokens: [...tokens] });
  return {
    ...{ impl: 'pytorch', version: torch.version, build: 'cpu', threads: 1, batch: 1 },
    run: () => torch.ask({ do: 'run' }),
    output: async () => {
      const out = join(folder, 'logits');
      await torch.ask({ do: 'output', file: out });
      const bytes = readFileSync(out);
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    },
    dispose: () => {
      torch.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
