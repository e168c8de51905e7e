// A network on one input size: weights packed, memory laid out, one closure per layer.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { CurvesaeError, InputError, NumericError, UsageError, unknownName } from '../core/errors.js';
import { type Place, type Site, scratchFor } from './convolution.js';
import { buildSteps, type SessionStep } from './layers.js';
import { type Plan, plan, type View } from './plan.js';
import { baseOf, isPreRelu, tapInfo } from './taps.js';
import type { Model, Session, TapInfo } from './types.js';

export interface SessionOptions {
  /** Input size in pixels; by default the network's own (224). */
  height?: number;
  width?: number;
  /** Names of the taps to keep; only the layers these need are computed. */
  taps: string[];
  /** A post-ReLU tap whose values runSpliced() will replace; it is kept as well. */
  splice?: string;
}

/**
 * Throws UsageError for unknown taps, taps beyond the model's last one, inputs too small
 * for a tap and a splice that reaches none of the taps; MemoryLimitError where the memory cannot be had.
 */
export function createSession(engine: Engine, model: Model, options: SessionOptions): Session {
  return new NetworkSession(engine, model, options);
}

export class NetworkSession implements Session {
  readonly height: number;
  readonly width: number;
  readonly steps: SessionStep[] = [];
  #model: Model;
  #core: Core | undefined;
  #plan: Plan;
  #taps: Set<string>;
  #splice: string | undefined;
  #image: number;
  #places = new Map<View['block'], number>();
  #ran = false;

  constructor(engine: Engine, model: Model, options: SessionOptions) {
    const { size } = model.description;
    this.height = options.height ?? size;
    this.width = options.width ?? size;
    this.#model = model;
    this.#taps = new Set(options.taps);
    this.#splice = options.splice;
    this.#plan = plan(model, this.height, this.width, options.taps, options.splice);
    if (options.splice !== undefined) this.#taps.add(options.splice);
    const core = engine.acquire();
    try {
      const shared = core.alloc(this.#plan.shared);
      for (const { block, own } of [...this.#plan.views.values(), ...this.#plan.pre.values()])
        if (!this.#places.has(block))
          this.#places.set(block, own ? core.alloc(block.bytes) : shared + block.offset);
      this.#image = shared + this.#plan.image.offset;
      const { views, pre, shapes } = this.#plan;
      const site: Site = {
        ...{ core, parameters: model.parameters, shapes, scratch: scratchFor(core, this.#plan) },
        at: (name) => this.#place(views.get(name)!),
        before: (name) => (pre.has(name) ? this.#place(pre.get(name)!) : undefined),
      };
      this.steps.push(...buildSteps(site, this.#plan));
    } catch (error) {
      core.dispose();
      throw error;
    }
    this.#core = core;
  }

  /** Bytes of WebAssembly memory this session holds. */
  get bytes(): number {
    return this.#live().bytesUsed;
  }

  /** Bytes of the whole WebAssembly memory behind this session. */
  get capacity(): number {
    return this.#live().capacity;
  }

  run(image: Float32Array): void {
    this.#ran = false;
    this.load(image);
    for (const step of this.steps) step.run();
    this.#ran = true;
  }

  runSpliced(values: Float32Array): void {
    const core = this.#live();
    const tap = this.#splice;
    if (tap === undefined)
      throw new UsageError('this session splices nothing; name the tap as `splice` at its creation');
    if (!this.#ran) throw new UsageError(`values for tap '${tap}' were given before run(image)`);
    const view = this.#plan.views.get(tap)!;
    const { height, width, channels } = view.shape;
    if (values.length !== height * width * channels)
      throw new UsageError(
        `${values.length} values for tap '${tap}', which is ${height}x${width}x${channels} = ${height * width * channels}`,
      );
    const bad = values.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0)
      throw new NumericError(
        `values for tap '${tap}': ${values[bad]} at position ${Math.floor(bad / channels)}, channel ${bad % channels}`,
      );
    this.#write(core, view, values);
    for (const step of this.steps) if (this.#plan.dependents.has(step.name)) step.run();
  }

  /** The first part of run(): the image, preprocessed, into the input tensor. */
  load(image: Float32Array): void {
    const core = this.#live();
    const n = this.height * this.width * 3;
    if (image.length !== n)
      throw new UsageError(
        `image of ${image.length} values: this session takes ${this.height}x${this.width}x3 = ${n}, RGB, 0..255`,
      );
    core.f32(this.#image, n).set(image);
    const { channels, mean } = this.#model.description;
    const first = this.#plan.layers.find((l) => l.op !== 'concat' && l.in === 'input')!;
    const { beforeY, beforeX } = this.#plan.shapes.get(first.out)!;
    const input = this.#plan.views.get('input')!;
    const fold = input.shape.channels === 12;
    const finite = core.exports.f32_image_input(
      this.#image,
      this.height,
      this.width,
      this.#places.get(input.block)!,
      input.row,
      fold ? beforeY : input.before,
      fold ? beforeX : input.before,
      Number(fold),
      Number(channels === 'bgr'),
      ...mean,
    );
    if (!finite) throw new InputError('the image holds NaN or infinite values; give RGB from 0 to 255');
  }

  tap(name: string): Float32Array {
    const core = this.#live();
    if (!this.#taps.has(name)) throw this.#notKept(name);
    if (!this.#ran) throw new UsageError(`tap '${name}' was asked for before run(image)`);
    const base = baseOf(name);
    if (!isPreRelu(name)) return this.#copy(core, this.#plan.views.get(base)!);
    const single = this.#plan.pre.get(base);
    if (single) return this.#copy(core, single);
    const concat = this.#model.description.layers.find((l) => l.out === base);
    if (concat?.op !== 'concat') throw new CurvesaeError(`tap '${name}' has no values`);
    const branches = concat.in.map((branch) => this.#plan.pre.get(branch)!);
    const { height, width } = branches[0].shape;
    return interleave(
      branches.map((view) => this.#copy(core, view)),
      height * width,
    );
  }

  info(name: string): TapInfo {
    return tapInfo(this.#model.description, name, this.height, this.width);
  }

  dispose(): void {
    this.#core?.dispose();
    this.#core = undefined;
    this.steps.length = 0;
  }

  #live(): Core {
    if (!this.#core) throw new UsageError('the session was disposed; create another');
    return this.#core;
  }

  #notKept(name: string): UsageError {
    tapInfo(this.#model.description, name, this.height, this.width);
    return unknownName('tap of this session (it keeps only those named at its creation)', name, this.#taps);
  }

  #place(view: View): Place {
    return { ...view, ptr: this.#places.get(view.block)! + view.start };
  }

  #copy(core: Core, view: View): Float32Array {
    const { height, width, channels } = view.shape;
    const out = new Float32Array(height * width * channels);
    this.#runs(core, view, (values, at) => out.set(values, at));
    return out;
  }

  #write(core: Core, view: View, from: Float32Array): void {
    this.#runs(core, view, (values, at) => values.set(from.subarray(at, at + values.length)));
  }

  /** The contiguous pieces of a tensor, each with its index in the tensor without padding. */
  #runs(core: Core, view: View, each: (values: Float32Array, at: number) => void): void {
    const { height, width, channels } = view.shape;
    const { ptr, pixel, row } = this.#place(view);
    for (let y = 0; y < height; y++) {
      if (pixel === 4 * channels) {
        each(core.f32(ptr + y * row, width * channels), y * width * channels);
        continue;
      }
      const line = core.f32(ptr + y * row, ((width - 1) * pixel) / 4 + channels);
      for (let x = 0; x < width; x++) {
        const at = (x * pixel) / 4;
        each(line.subarray(at, at + channels), (y * width + x) * channels);
      }
    }
  }
}

/** Branches [pixels][C_i] side by side: [pixels][sum C_i]. */
function interleave(parts: Float32Array[], pixels: number): Float32Array {
  const channels = parts.reduce((n, p) => n + p.length, 0) / pixels;
  const out = new Float32Array(pixels * channels);
  let offset = 0;
  for (const part of parts) {
    const c = part.length / pixels;
    for (let i = 0; i < pixels; i++) out.set(part.subarray(i * c, (i + 1) * c), i * channels + offset);
    offset += c;
  }
  return out;
}
