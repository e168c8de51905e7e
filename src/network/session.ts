// A network on one input size: weights packed, memory laid out, one closure per layer.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { NumericError, UsageError, unknownName } from '../core/errors.js';
import { backwardScratch, Gradients } from './gradients.js';
import { inputOpOf } from './ops/index.js';
import { isSequence, type Place, type Shape, type Site, type Span, sizeOf, type View } from './ops/op.js';
import { type Plan, plan } from './plan.js';
import { buildSteps, type SessionStep, scratchBytes } from './steps.js';
import { baseOf, isPreRelu, rectifiedOf, tapInfo } from './taps.js';
import type { BackwardCall, Given, Model, Session, TapInfo } from './types.js';
import { interleave, readView, writeView } from './view.js';
import type { BackwardOptions } from './way-back.js';

export interface SessionOptions {
  /** Size of the picture in pixels; by default the network's own (224). Of a text, `width` is the number of its tokens. */
  height?: number;
  width?: number;
  /** Names of the taps to keep; only the layers these need are computed. */
  taps: string[];
  /** A post-ReLU tap whose values runSpliced() will replace; it is kept as well. */
  splice?: string;
  /**
   * Of networks that read text: keys and values of this many tokens are kept from run to run. A run then takes 1 to
   * `width` tokens, which follow those of the runs before.
   */
  cache?: number;
  /** Makes backward() possible, between these taps and inputs, and to the parameters of layers; what it needs is kept, the taps of `from` as if named in `taps`. */
  backward?: BackwardOptions;
}

/**
 * Throws UsageError for a description that makes no sense, unknown taps, taps beyond the model's last one, inputs too
 * small for a tap, a splice that reaches none of the taps and gradients between taps of which none is computed from the other; InputError for missing parameters; MemoryLimitError where
 * the memory cannot be had.
 */
export function createSession(engine: Engine, model: Model, options: SessionOptions): Session {
  return new NetworkSession(engine, model, options);
}

export class NetworkSession implements Session {
  readonly height: number;
  readonly width: number;
  readonly steps: SessionStep[] = [];
  #model: Model;
  #size: Pick<SessionOptions, 'height' | 'width'>;
  #core: Core | undefined;
  #plan: Plan;
  #taps: Set<string>;
  #splice: string | undefined;
  #loads = new Map<string, (values: Float32Array) => void>();
  #places = new Map<View['block'], number>();
  #ran = false;
  #span: Span;
  #past = 0;
  /** The way back, where one was asked for. */
  gradients: Gradients | undefined;

  constructor(engine: Engine, model: Model, options: SessionOptions) {
    const { height, width, splice, backward } = options;
    const taps = [...options.taps, ...(backward?.from ?? [])];
    this.#model = model;
    this.#size = { height, width };
    this.#taps = new Set(taps);
    this.#splice = splice;
    this.#plan = plan(model, height, width, taps, splice, backward);
    if (splice !== undefined) this.#taps.add(splice);
    const { inputs, shapes } = this.#plan;
    const first = inputs.find((input) => inputOpOf(input).isSized) ?? inputs[0];
    ({ height: this.height, width: this.width } = shapes.get(first.out)!);
    this.#span = spanOf(shapes.get(first.out)!, options.cache);
    const core = engine.acquire();
    try {
      this.#build(core, backward);
    } catch (error) {
      core.dispose();
      throw error;
    }
    this.#core = core;
  }

  #build(core: Core, options: BackwardOptions | undefined): void {
    const { views, pre, shapes, staging, inputs, back, shared: bytes } = this.#plan;
    const shared = core.alloc(bytes);
    const gradients = back ? [...back.views.values(), ...back.given.values(), ...back.wanted.values()] : [];
    for (const { block, own } of [...views.values(), ...pre.values(), ...gradients])
      if (!this.#places.has(block))
        this.#places.set(block, own ? core.alloc(block.bytes) : shared + block.offset);
    for (const { work } of back?.steps ?? []) this.#places.set(work, shared + work.offset);
    const site: Site = {
      ...{ core, parameters: this.#model.parameters, shapes, span: this.#span, kept: new Map() },
      scratch: core.alloc(
        Math.max(
          scratchBytes(core, this.#plan, this.#span),
          back ? backwardScratch(core, back, this.#span) : 0,
        ),
      ),
      at: (name) => this.#place(views.get(name)!),
      before: (name) => (pre.has(name) ? this.#place(pre.get(name)!) : undefined),
    };
    for (const input of inputs) {
      const { out } = input;
      const load = inputOpOf(input).load(
        core,
        input,
        shapes.get(out)!,
        site.at(out),
        shared + staging.offset,
        this.#span,
      );
      this.#loads.set(out, load);
    }
    this.steps.push(...buildSteps(site, this.#plan));
    if (!back || !options) return;
    const { description } = this.#model;
    const place = (view: View): Place => this.#place(view);
    this.gradients = new Gradients({ core, description, inputs, site, plan: back, options, place });
  }

  /** Bytes of WebAssembly memory this session holds. */
  get bytes(): number {
    return this.#live().bytesUsed;
  }

  /** Bytes of the whole WebAssembly memory behind this session. */
  get capacity(): number {
    return this.#live().capacity;
  }

  run(given: Given): void {
    this.#ran = false;
    this.#span.past = this.#past;
    this.load(given);
    for (const step of this.steps) step.run();
    if (this.#span.cached) this.#past += this.#span.count;
    this.#ran = true;
  }

  runSpliced(values: Float32Array): void {
    const core = this.#live();
    const tap = this.#splice;
    if (tap === undefined)
      throw new UsageError('this session splices nothing; name the tap as `splice` at its creation');
    if (!this.#ran) throw new UsageError(`values for tap '${tap}' were given before run(image)`);
    const shape = this.#plan.shapes.get(tap)!;
    const { channels } = shape;
    // Of a text as many tokens as were run; what lies beyond them is looked at by nothing.
    const dims = isSequence(shape) ? [this.#span.count, channels] : shape.dims;
    const n = dims.reduce((a, b) => a * b);
    if (values.length !== n)
      throw new UsageError(`${values.length} values for tap '${tap}', which is ${dims.join('x')} = ${n}`);
    const bad = values.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0)
      throw new NumericError(
        `values for tap '${tap}': ${values[bad]} at position ${Math.floor(bad / channels)}, channel ${bad % channels}`,
      );
    const place = this.#place(this.#plan.views.get(tap)!);
    const whole = place.shape.width * place.shape.height * channels;
    writeView(core, place, n === whole ? values : padded(values, whole));
    for (const step of this.steps) if (this.#plan.dependents.has(step.name)) step.run();
  }

  backward(
    given: Readonly<Record<string, Float32Array>>,
    { redirect = false, into }: BackwardCall = {},
  ): Record<string, Float32Array> {
    this.#live();
    if (!this.gradients)
      throw new UsageError(
        'this session goes no way back; name where from and where to as `backward` at its creation',
      );
    if (!this.#ran) throw new UsageError('backward() was called before run(image)');
    if (this.#span.cached && this.#span.count !== this.width)
      throw new UsageError(`backward() needs a run of ${this.width} tokens, not of ${this.#span.count}`);
    return this.gradients.run(given, { redirect }, into);
  }

  /** The first part of run(): what is given, preprocessed, into the input tensors. */
  load(given: Given): void {
    this.#live();
    if (ArrayBuffer.isView(given)) {
      const [[first, load], ...others] = this.#loads;
      if (others.length)
        throw new UsageError(
          `this session takes ${[...this.#loads.keys()].join(', ')}; give { ${first}: values, ... }`,
        );
      load(given as Float32Array);
      return;
    }
    const { inputs } = this.#model.description;
    const known = inputs.map((input): string => input.out);
    for (const name of Object.keys(given))
      if (!known.includes(name))
        throw unknownName(`input of ${this.#model.description.architecture}`, name, known);
    for (const [name, load] of this.#loads) {
      if (!Object.hasOwn(given, name))
        throw new UsageError(`input '${name}' is missing; give { ${name}: values }`);
      load((given as Record<string, Float32Array>)[name]);
    }
  }

  tap(name: string, into?: Float32Array): Float32Array {
    const core = this.#live();
    if (!this.#taps.has(name)) throw this.#notKept(name);
    if (!this.#ran) throw new UsageError(`tap '${name}' was asked for before run(image)`);
    const { views, pre } = this.#plan;
    const base = baseOf(name);
    const view = isPreRelu(name) ? undefined : views.get(base)!;
    if (view && into && !isSequence(view.shape)) {
      checkRoom(name, into, sizeOf(view.shape));
      return readView(core, this.#place(view), into);
    }
    const values = view ? this.#values(view) : this.#beforeRelu(base, pre);
    if (!into) return values;
    checkRoom(name, into, values.length);
    into.set(values);
    return into;
  }

  #values(view: View): Float32Array {
    const values = readView(this.#live(), this.#place(view));
    return isSequence(view.shape) ? values.slice(0, this.#span.count * view.shape.channels) : values;
  }

  #beforeRelu(base: string, pre: ReadonlyMap<string, View>): Float32Array {
    const core = this.#live();
    const parts = rectifiedOf(this.#model.description, base).map((part) => this.#place(pre.get(part)!));
    const { height, width } = parts[0].shape;
    return interleave(
      parts.map((part) => readView(core, part)),
      height * width,
    );
  }

  info(name: string): TapInfo {
    return tapInfo(this.#model.description, name, this.#size.height, this.#size.width);
  }

  get past(): number {
    return this.#past;
  }

  rewind(tokens = 0): void {
    if (!Number.isInteger(tokens) || tokens < 0 || tokens > this.#past)
      throw new UsageError(`rewind: ${tokens} tokens, must be 0 to ${this.#past}`);
    this.#past = tokens;
  }

  dispose(): void {
    this.#core?.dispose();
    this.#core = undefined;
    this.#loads.clear();
    this.gradients = undefined;
    this.steps.length = 0;
  }

  #live(): Core {
    if (!this.#core) throw new UsageError('the session was disposed; create another');
    return this.#core;
  }

  #notKept(name: string): UsageError {
    this.info(name);
    return unknownName('tap of this session (it keeps only those named at its creation)', name, this.#taps);
  }

  #place(view: View): Place {
    return { ...view, ptr: this.#places.get(view.block)! + view.start };
  }
}

function checkRoom(tap: string, into: Float32Array, values: number): void {
  if (into.length !== values)
    throw new UsageError(`tap '${tap}' has ${values} values; the array to write them to has ${into.length}`);
}

function spanOf({ dims, width }: Shape, cache: number | undefined): Span {
  if (cache === undefined) return { past: 0, count: width, capacity: width, cached: false };
  if (dims.length > 2) throw new UsageError('cache: this network reads no text, so that nothing can be kept');
  if (!Number.isInteger(cache) || cache < width)
    throw new UsageError(`cache of ${cache} tokens: must be a whole number from ${width}, what a run takes`);
  return { past: 0, count: width, capacity: cache, cached: true };
}

function padded(values: Float32Array, length: number): Float32Array {
  const out = new Float32Array(length);
  out.set(values);
  return out;
}
