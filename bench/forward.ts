// Forward pass: the stem (input .. mixed3b) and the whole network, against ONNX Runtime.
// Ours takes the RGB image and includes preprocessing; the peers get the preprocessed tensor.
import { createSession, init, type Model, supportedBuilds } from '../src/index.js';
import { heModel, randomImage } from '../test/support/he.js';
import { preprocess } from '../test/support/reference.js';
import type { Context, Impl, Work, WorkFactory } from './harness.js';
import { onnxModel } from './onnx.js';

/** The little of onnxruntime's API that is used here; -node and -web share it. */
interface Ort {
  env: { wasm: { numThreads: number }; logLevel: string };
  InferenceSession: { create(model: Uint8Array, options: object): Promise<OrtSession> };
  Tensor: new (type: 'float32', data: Float32Array, dims: number[]) => object;
}
interface OrtSession {
  handler?: { constructor: { name: string } };
  run(feeds: Record<string, object>): Promise<Record<string, { data: Float32Array }>>;
  release(): Promise<void>;
}

const SIZE = 224;

export const stem: WorkFactory = async (context) => [
  await forward('stem', heModel('inceptionv1'), 'mixed3b', 1, context),
  await forward('stem', heModel('inceptionv1'), 'mixed3b', 8, context),
];

/** Computed to the softmax; compared at the logits, since random weights saturate the softmax. */
export const net: WorkFactory = async (context) =>
  forward('GoogLeNet to softmax', heModel('googlenet'), 'logits', 1, context, ['softmax']);

async function forward(
  work: string,
  model: Model,
  tap: string,
  batch: number,
  context: Context,
  further: string[] = [],
): Promise<Work> {
  const images = Array.from({ length: batch }, (_, i) => randomImage(SIZE, SIZE, i + 1));
  const impls: Impl[] = [];
  const builds = supportedBuilds().relaxed ? (['simd', 'relaxed'] as const) : (['simd'] as const);
  for (const build of builds) impls.push(await ours(build, model, [tap, ...further], images, context));
  impls.push(...(await peers(model, [tap, ...further], images, context)));
  return { work: `${work}, batch ${batch}`, tolerance: 1e-5, impls };
}

async function ours(
  build: 'simd' | 'relaxed',
  model: Model,
  taps: string[],
  images: Float32Array[],
  context: Context,
): Promise<Impl> {
  const engine = await init({ build });
  const session = createSession(engine, model, { taps });
  return {
    impl: 'curvesae',
    version: context.version,
    build: build === 'relaxed' ? 'relaxed (results may differ)' : build,
    threads: 1,
    batch: images.length,
    run: () => {
      for (const image of images) session.run(image);
    },
    output: () => session.tap(taps[0]),
    dispose: () => session.dispose(),
  };
}

async function peers(
  model: Model,
  taps: string[],
  images: Float32Array[],
  context: Context,
): Promise<Impl[]> {
  const impls: Impl[] = [];
  const batch = images.length;
  const [tap] = taps;
  const bytes = onnxModel(model, taps, batch, SIZE, SIZE);
  const nchw = Float32Array.from(
    images.flatMap((image) => [...planes(preprocess(model.description, image), 3)]),
  );
  // Both packages register their backends in one onnxruntime-common. Where -web is loaded
  // first, -node silently computes with the wasm backend: so native first, and checked.
  for (const [name, build] of [
    ['onnxruntime-node', 'native'],
    ['onnxruntime-web', 'wasm simd'],
  ]) {
    const peer = await context.peer(name);
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
    const input = new ort.Tensor('float32', nchw, [batch, 3, SIZE, SIZE]);
    let result: Float32Array = new Float32Array(0);
    impls.push({
      impl: name,
      version: peer.version,
      build,
      threads: 1,
      batch,
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

function channelsOf(model: Model, tap: string): number {
  const concat = model.description.layers.find((l) => l.out === tap);
  if (concat?.op !== 'concat') throw new Error(`${tap} is no concat`);
  return concat.in.reduce((n, name) => n + model.parameters.get(name)!.bias.length, 0);
}

/** [pixels][C] -> [C][pixels]. */
function planes(data: ArrayLike<number>, channels: number): Float32Array {
  const n = data.length / channels;
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % n) * channels + Math.floor(i / n)]);
}

/** [C][pixels] -> [pixels][C]. */
function pixels(data: ArrayLike<number>, channels: number): Float32Array {
  const n = data.length / channels;
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % channels) * n + Math.floor(i / channels)],
  );
}
