// TensorFlow.js training an SAE on its WebAssembly backend: TopK and ReLU-L1, dense, gradients
// by its own tape, Adam. tf.topk has no gradient: the mask is made inside a custom gradient.
import type { Impl } from '../../src/bench/types.js';
import { type Tensor, type Tf, tfjs } from './tfjs.js';

interface Variable extends Tensor {
  assign(value: Tensor): void;
  name: string;
}
interface Training extends Tf {
  variable(initial: Tensor, trainable: boolean, name: string): Variable;
  sub(a: Tensor, b: Tensor | number): Tensor;
  sum(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  mean(x: Tensor, axis: number): Tensor;
  relu(x: Tensor): Tensor;
  greaterEqual(a: Tensor, b: Tensor): Tensor;
  cast(x: Tensor, type: 'float32'): Tensor;
  slice(x: Tensor, begin: number[], size: number[]): Tensor;
  topk(x: Tensor, k: number): { values: Tensor };
  customGrad(f: (x: Tensor, save: (t: Tensor[]) => void) => object): (x: Tensor) => Tensor;
  variableGrads(f: () => Tensor): { value: Tensor; grads: Record<string, Tensor> };
  train: { adam(rate: number): { applyGradients(grads: Record<string, Tensor>): void } };
}

export interface SaeCase {
  arch: 'topk' | 'relu';
  batch: number;
  d: number;
  f: number;
  k: number;
  l1: number;
  /** W_enc, W_dec [F][D], b_enc, b_dec and x [B][D], once the step's memory is taken. */
  tensors(): Record<'W_enc' | 'W_dec' | 'b_enc' | 'b_dec' | 'x', Float32Array>;
}

/** undefined where the library is not installed. */
export async function tfjsStep(c: SaeCase, say: (text: string) => void): Promise<Impl | undefined> {
  const peer = await tfjs(say);
  if (!peer) return undefined;
  const tf = peer.tf as Training;
  let step: (() => [number, number]) | undefined;
  let last: [number, number] = [0, 0];
  let free = (): void => {};
  const prepare = (): (() => [number, number]) => {
    const { x: data, ...values } = c.tensors();
    const x = tf.tensor(data, [c.batch, c.d]);
    const p = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        tf.variable(
          tf.tensor(value, name.startsWith('W') ? [c.f, c.d] : [value.length]),
          true,
          `${name}-${c.arch}-${c.f}`,
        ),
      ]),
    ) as Record<'W_enc' | 'W_dec' | 'b_enc' | 'b_dec', Variable>;
    const adam = tf.train.adam(1e-9);
    const spread = tf.tidy(() => tf.sum(tf.square(tf.sub(x, tf.mean(x, 0)))).dataSync()[0]);
    free = () => tf.dispose([x, ...Object.values(p)]);
    const topk = tf.customGrad((pre, save) => {
      const { values } = tf.topk(pre, c.k);
      const least = tf.slice(values, [0, c.k - 1], [c.batch, 1]);
      const mask = tf.mul(
        tf.cast(tf.greaterEqual(pre, least), 'float32'),
        tf.cast(tf.greaterEqual(pre, tf.tensor(new Float32Array(1))), 'float32'),
      );
      save([mask]);
      return { value: tf.mul(pre, mask), gradFunc: (dy: Tensor, [m]: Tensor[]) => tf.mul(dy, m) };
    });
    const loss = (): Tensor => {
      const input = c.arch === 'topk' ? tf.sub(x, p.b_dec) : x;
      const pre = tf.add(tf.matMul(input, p.W_enc, false, true), p.b_enc);
      const f = c.arch === 'topk' ? topk(pre) : tf.relu(pre);
      const error = tf.sum(tf.square(tf.sub(tf.add(tf.matMul(f, p.W_dec), p.b_dec), x)));
      if (c.arch === 'topk') return tf.div(error, spread);
      const norms = tf.sqrt(tf.sum(tf.square(p.W_dec), 1));
      return tf.div(tf.add(error, tf.mul(tf.sum(tf.mul(f, norms)), c.l1)), c.batch);
    };
    return () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss);
        const w = p.W_dec;
        if (c.arch === 'topk') {
          // The part of the gradient that only changes the norm of a unit row.
          const g = grads[w.name];
          grads[w.name] = tf.sub(g, tf.mul(tf.sum(tf.mul(g, w), 1, true), w));
        }
        const squares = Object.values(grads).map((g) => tf.sum(tf.square(g)).dataSync()[0]);
        const norm = Math.sqrt(squares.reduce((a, b) => a + b, 0));
        // Clipped to norm 1, as ours.
        if (norm > 1) for (const name of Object.keys(grads)) grads[name] = tf.div(grads[name], norm);
        adam.applyGradients(grads);
        if (c.arch === 'topk') w.assign(tf.div(w, tf.sqrt(tf.sum(tf.square(w), 1, true))));
        return [value.dataSync()[0], norm];
      });
  };
  return {
    impl: 'tfjs-backend-wasm',
    ...{ version: peer.version, build: `${peer.build}, dense`, threads: 1, batch: c.batch },
    // Seconds a step.
    maxRuns: 3,
    run: () => {
      step ??= prepare();
      last = step();
    },
    output: () => last,
    dispose: () => free(),
  };
}
