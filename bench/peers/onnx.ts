// ONNX Runtime, native and in WebAssembly, on the network as an ONNX model.
import type { ForwardCase } from '../../src/bench/forward.js';
import type { Impl } from '../../src/bench/types.js';
import type { Model } from '../../src/index.js';
import { installed } from './installed.js';
import { channelsOf, pixels, planes } from './layout.js';
import { onnxGpt2 } from './onnx-gpt2.js';
import { onnxModel } from './onnx-model.js';

/** The little of onnxruntime's API that is used here; -node and -web share it. */
interface Ort {
  env: { wasm: { numThreads: number }; logLevel: string };
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  Tensor: new (type: string, data: Float32Array | BigInt64Array, dims: number[]) => object;
}
interface OrtSession {
  handler?: { constructor: { name: string } };
  run(feeds: Record<string, object>): Promise<Record<string, { data: Float32Array }>>;
  release(): Promise<void>;
}

const SIDE = 224;

/** Both runtimes with a session each, one thread; what is not installed is said and left out. */
async function* sessions(
  bytes: Uint8Array,
  say: (text: string) => void,
): AsyncGenerator<{ name: string; build: string; version: string; ort: Ort; session: OrtSession }> {
  // Both packages register their backends in one onnxruntime-common. Where -web is loaded
  // first, -node silently computes with the wasm backend: so native first, and checked.
  for (const [name, build] of [
    ['onnxruntime-node', 'native'],
    ['onnxruntime-web', 'wasm simd'],
  ]) {
    const peer = await installed(name, say);
    if (!peer) continue;
    const ort = peer.module as Ort;
    if (name === 'onnxruntime-web') ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: [name === 'onnxruntime-web' ? 'wasm' : 'cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
    });
    const native = session.handler?.constructor.name === 'OnnxruntimeSessionHandler';
    if (native !== (name === 'onnxruntime-node'))
      throw new Error(`${name} runs on the backend of another package; its time would be that one's`);
    yield { name, build, version: peer.version, ort, session };
  }
}

/** `prepared`: each image preprocessed, [H][W][3]. One thread each. */
export async function onnxPeers(
  { model, taps, batch }: ForwardCase,
  prepared: readonly ArrayLike<number>[],
  say: (text: string) => void,
): Promise<Impl[]> {
  const impls: Impl[] = [];
  const [tap] = taps;
  const bytes = onnxModel(model, taps, batch, SIDE, SIDE);
  const nchw = Float32Array.from(prepared.flatMap((image) => [...planes(image, 3)]));
  for await (const { name, build, version, ort, session } of sessions(bytes, say)) {
    const input = new ort.Tensor('float32', nchw, [batch, 3, SIDE, SIDE]);
    let result: Float32Array = new Float32Array(0);
    impls.push({
      impl: name,
      ...{ version, build, threads: 1, batch },
      run: async () => {
        result = (await session.run({ input }))[tap].data;
      },
      // The last image, as ours keeps it: [H][W][C].
      output: () => {
        const one = result.slice((result.length / batch) * (batch - 1));
        return tap === 'logits' ? one : pixels(one, channelsOf(model, tap));
      },
      dispose: () => session.release(),
    });
  }
  return impls;
}

/** Logits of a text at every token. */
export async function onnxText(
  model: Model,
  tokens: Float32Array,
  say: (text: string) => void,
): Promise<Impl[]> {
  const impls: Impl[] = [];
  const ids = BigInt64Array.from(tokens, BigInt);
  for await (const { name, build, version, ort, session } of sessions(onnxGpt2(model, ids.length), say)) {
    const given = { tokens: new ort.Tensor('int64', ids, [ids.length]) };
    let logits: Float32Array = new Float32Array(0);
    impls.push({
      ...{ impl: name, version, build, threads: 1, batch: 1 },
      run: async () => {
        ({ data: logits } = (await session.run(given)).logits);
      },
      output: () => logits,
      dispose: () => session.release(),
    });
  }
  return impls;
}
