// TensorFlow.js on its WebAssembly backend: the network layer by layer with its fused
// convolutions, NHWC, one thread.

import type { ForwardCase } from '../../src/bench/forward.js';
import type { Impl } from '../../src/bench/types.js';
import type { Layer } from '../../src/index.js';
import { shapes } from '../../src/network/geometry.js';
import { inputsOf } from '../../src/network/ops/index.js';
import { neededLayers } from '../../src/network/taps.js';
import { installed } from './installed.js';

/** The little of the library that is used here: its types would come with it, and it is not always installed. */
export interface Tensor {
  shape: number[];
  data(): Promise<Float32Array>;
  dataSync(): Float32Array;
  dispose(): void;
}
type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor | number) => Tensor;
type Pool = (x: Tensor, size: number, stride: number, pad: 'valid') => Tensor;
export interface Tf {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  env(): { getAsync(flag: string): Promise<boolean> };
  tidy<T>(f: () => T): T;
  dispose(tensors: Tensor[]): void;
  tensor(data: Float32Array, shape?: number[]): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  transpose(x: Tensor, order: number[]): Tensor;
  fused: { conv2d(o: object): Tensor };
  pad(x: Tensor, sizes: number[][]): Tensor;
  concat(x: Tensor[], axis: number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  maxPool: Pool;
  avgPool: Pool;
  square: Unary;
  sqrt: Unary;
  softmax: Unary;
  sum: Unary;
  grad(f: Unary): Unary;
  add: Binary;
  mul: Binary;
  div: Binary;
}

let started: Promise<{ tf: Tf; version: string; build: string } | undefined> | undefined;

/** The library with its WebAssembly backend ready; undefined where it is not installed. */
export function tfjs(say: (text: string) => void): typeof started {
  started ??= (async () => {
    // The whole library, for its gradients: the core alone has none.
    const core = await installed('@tensorflow/tfjs', say);
    const backend = core && (await installed('@tensorflow/tfjs-backend-wasm', say));
    if (!core || !backend) return undefined;
    const tf = core.module as Tf;
    const { setThreadsCount } = backend.module as { setThreadsCount(n: number): void };
    setThreadsCount(1);
    if (!(await tf.setBackend('wasm'))) {
      say('tfjs-backend-wasm: not measured (its backend did not start)');
      return undefined;
    }
    await tf.ready();
    const simd = await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT');
    return { tf, version: backend.version, build: simd ? 'wasm simd' : 'wasm' };
  })();
  return started;
}

const SIDE = 224;

export async function tfjsForward(
  { model, taps, batch }: ForwardCase,
  prepared: readonly ArrayLike<number>[],
  say: (text: string) => void,
  start?: Float32Array,
): Promise<Impl | undefined> {
  const peer = await tfjs(say);
  if (!peer) return undefined;
  const { tf } = peer;
  const layers = neededLayers(model.description, taps);
  const sizes = shapes(model.description, layers, SIDE, SIDE);
  const weights = new Map<string, { w: Tensor; b: Tensor }>();
  const bands = new Map<string, Tensor>();
  for (const layer of layers) {
    if (layer.op === 'lrn') {
      // LRN is no kernel of this backend: its window is a product with a banded matrix.
      const c = sizes.get(layer.in)!.channels;
      const near = (i: number): number => Number(Math.abs(Math.floor(i / c) - (i % c)) <= layer.radius);
      bands.set(
        layer.out,
        tf.tensor(
          Float32Array.from({ length: c * c }, (_, i) => layer.alpha * near(i)),
          [c, c],
        ),
      );
    }
    if (layer.op !== 'conv' && layer.op !== 'linear') continue;
    const { weight, bias } = model.parameters.get(layer.out)!;
    const cin = sizes.get(layer.in)!.channels;
    const side = layer.op === 'conv' ? layer.size : 1;
    const out = bias.length;
    // [Cout][Cin][H][W] -> [H][W][Cin][Cout]
    const w = tf.tidy(() => tf.transpose(tf.tensor(weight, [out, cin, side, side]), [2, 3, 1, 0]));
    weights.set(layer.out, { w: layer.op === 'linear' ? tf.reshape(w, [cin, out]) : w, b: tf.tensor(bias) });
  }
  const input = tf.tensor(Float32Array.from(prepared.flatMap((p) => [...Float32Array.from(p)])), [
    batch,
    SIDE,
    SIDE,
    3,
  ]);
  const through = (x: Tensor): Tensor => {
    const values = new Map<string, Tensor>([['input', x]]);
    for (const layer of layers) values.set(layer.out, apply(layer, values));
    return values.get(taps[0])!;
  };
  const { height, width, channels } = sizes.get(taps[0])!;
  const seed = start && tf.tensor(start, [batch, height, width, channels]);
  // There and back: the gradient of the tap's product with the seed.
  const back = seed && tf.grad((x) => tf.sum(tf.mul(through(x), seed)));
  const forward = (): Tensor => tf.tidy(() => (back ? back(input) : through(input)));
  const padOf = (layer: Extract<Layer, { size: number }>): number[][] => {
    const [from, to] = [sizes.get(layer.in)!, sizes.get(layer.out)!];
    const after = (n: number, o: number, before: number): number =>
      Math.max(0, (o - 1) * layer.stride + layer.size - n - before);
    return [
      [0, 0],
      [to.beforeY, after(from.height, to.height, to.beforeY)],
      [to.beforeX, after(from.width, to.width, to.beforeX)],
      [0, 0],
    ];
  };
  const apply = (layer: Layer, values: Map<string, Tensor>): Tensor => {
    const [from] = inputsOf(layer).map((name) => values.get(name)!);
    switch (layer.op) {
      case 'conv': {
        const { w, b } = weights.get(layer.out)!;
        return tf.fused.conv2d({
          ...{ x: from, filter: w, strides: layer.stride },
          ...{ pad: padOf(layer), bias: b, activation: 'relu' },
        });
      }
      case 'maxpool':
        // Values are >= 0 here, so that zeros pad as -inf would.
        return tf.maxPool(tf.pad(from, padOf(layer)), layer.size, layer.stride, 'valid');
      case 'avgpool':
        return tf.avgPool(from, layer.size, layer.stride, 'valid');
      case 'lrn': {
        const flat = tf.reshape(from, [-1, from.shape[3]]);
        const scale = tf.add(tf.matMul(tf.square(flat), bands.get(layer.out)!), layer.bias);
        const root = tf.sqrt(scale);
        const by = layer.beta === 0.5 ? root : tf.mul(root, tf.sqrt(root));
        return tf.reshape(tf.div(flat, by), from.shape);
      }
      case 'concat':
        return tf.concat(
          layer.in.map((name) => values.get(name)!),
          3,
        );
      case 'linear': {
        const { w, b } = weights.get(layer.out)!;
        return tf.add(tf.matMul(tf.reshape(from, [batch, -1]), w), b);
      }
      case 'softmax':
        return tf.softmax(from);
      default:
        throw new Error(`${layer.op}: not an operation of pictures`);
    }
  };
  let result: Float32Array = new Float32Array(0);
  return {
    impl: 'tfjs-backend-wasm',
    ...{ version: peer.version, build: peer.build, threads: 1, batch },
    run: async () => {
      const out = forward();
      result = (await out.data()) as Float32Array;
      out.dispose();
    },
    output: () => result.slice((result.length / batch) * (batch - 1)),
    dispose: () => {
      for (const { w, b } of weights.values()) tf.dispose([w, b]);
      tf.dispose([...bands.values(), input, ...(seed ? [seed] : [])]);
    },
  };
}
