// A tap that is changed, read at a later tap: the network between them, then means over the parts of a map.
import type { Engine } from '../../core/engine.js';
import { createSession } from '../../network/session.js';
import type { Cut, Tail } from '../../network/tail.js';
import type { Session } from '../../network/types.js';
import type { Reading } from './types.js';

/** The tensor that an entity's tail begins with, [positions][cut.width], to be written over. */
export type TensorOf = (entity: number) => Float32Array;

/** The tap's channels of a tensor, [positions][channels]. */
export function ofTap(tensor: Float32Array, { from, channels, width }: Cut): Float32Array {
  const n = tensor.length / width;
  const out = new Float32Array(n * channels);
  for (let i = 0; i < n; i++)
    out.set(tensor.subarray(i * width + from, i * width + from + channels), i * channels);
  return out;
}

/** Writes the tap's channels of a tensor. */
export function intoTap(tensor: Float32Array, values: Float32Array, { from, channels, width }: Cut): void {
  for (let i = 0; i * channels < values.length; i++)
    tensor.set(values.subarray(i * channels, (i + 1) * channels), i * width + from);
}

export class NetworkReading implements Reading {
  readonly width: number;
  readonly #session: Session;
  readonly #read: string;
  readonly #cut: Cut;
  readonly #parts: Parts;
  readonly #tensorOf: TensorOf;

  constructor(engine: Engine, { model, cut }: Tail, read: string, grid: Grid, tensorOf: TensorOf) {
    this.#session = createSession(engine, model, {
      taps: [read],
      backward: { from: [read], to: [cut.input] },
    });
    const { height, width, channels } = this.#session.info(read);
    this.#parts = new Parts(height, width, channels, grid);
    this.width = this.#parts.size;
    this.#read = read;
    this.#cut = cut;
    this.#tensorOf = tensorOf;
  }

  /** What is read of an entity that nothing was changed of. */
  plain(entity: number): Float32Array {
    this.#session.run(this.#tensorOf(entity));
    return this.#parts.means(this.#session.tap(this.#read));
  }

  pass(
    h: Float32Array,
    bases: readonly number[],
    each: (i: number, values: Float32Array) => Float32Array | undefined,
  ): Float32Array | undefined {
    const { input } = this.#cut;
    const n = h.length / bases.length;
    let gradient: Float32Array | undefined;
    for (const [i, base] of bases.entries()) {
      const tensor = this.#tensorOf(base);
      intoTap(tensor, h.subarray(i * n, (i + 1) * n), this.#cut);
      this.#session.run(tensor);
      const by = each(i, this.#parts.means(this.#session.tap(this.#read)));
      if (!by) continue;
      gradient ??= new Float32Array(h.length);
      const back = this.#session.backward(
        { [this.#read]: this.#parts.spread(by) },
        { into: { [input]: tensor } },
      );
      gradient.set(ofTap(back[input], this.#cut), i * n);
    }
    return gradient;
  }

  dispose(): void {
    this.#session.dispose();
  }
}

/** What is read of a map: means over n x n parts of it, or its middle (one position of an odd side, two of an even one). */
export type Grid = number | 'middle';

/** Means of a map's values over its parts, [parts][channels]. */
export class Parts {
  /** -1: of none. */
  readonly #partOf: Int32Array;
  readonly #sizes: Float64Array;

  constructor(
    height: number,
    width: number,
    readonly channels: number,
    grid: Grid,
  ) {
    const n = grid === 'middle' ? 1 : grid;
    const middle = (i: number, side: number) => Math.abs(2 * i + 1 - side) <= 1;
    this.#partOf = new Int32Array(height * width).fill(-1);
    this.#sizes = new Float64Array(n * n);
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        if (grid === 'middle' && !(middle(y, height) && middle(x, width))) continue;
        const part = Math.floor((y * n) / height) * n + Math.floor((x * n) / width);
        this.#partOf[y * width + x] = part;
        this.#sizes[part]++;
      }
  }

  get size(): number {
    return this.#sizes.length * this.channels;
  }

  means(map: Float32Array): Float32Array {
    const { channels } = this;
    const sums = new Float64Array(this.size);
    for (const [p, part] of this.#partOf.entries()) {
      if (part < 0) continue;
      for (let c = 0; c < channels; c++) sums[part * channels + c] += map[p * channels + c];
    }
    const out = new Float32Array(sums.length);
    for (const [part, size] of this.#sizes.entries())
      for (let i = part * channels; i < (part + 1) * channels; i++) out[i] = sums[i] / size;
    return out;
  }

  /** From the gradient by means to that by the map. */
  spread(by: Float32Array): Float32Array {
    const { channels } = this;
    const out = new Float32Array(this.#partOf.length * channels);
    for (const [p, part] of this.#partOf.entries()) {
      if (part < 0) continue;
      for (let c = 0; c < channels; c++) out[p * channels + c] = by[part * channels + c] / this.#sizes[part];
    }
    return out;
  }
}
