// A network on one input size: weights packed, memory laid out, one closure per layer.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { NumericError, UsageError, unknownName } from '../core/errors.js';
import { inputOpOf } from './ops/index.js';
import type { Place, Site, View } from './ops/op.js';
import { type Plan, plan } from './plan.js';
import { buildSteps, type SessionStep, scratchBytes } from './steps.js';
import { baseOf, isPreRelu, rectifiedOf, tapInfo } from './taps.js';
import type { Given, Model, Session, TapInfo } from './types.js';
import { interleave, readView, writeView } from './view.js';

export interface SessionOptions {
  /** Size of the picture in pixels; by default the network's own (224). */
  height?: number;
  width?: number;
  /** Names of the taps to keep; only the layers these need are computed. */
  taps: string[];
  /** A post-ReLU tap whose values runSpliced() will replace; it is kept as well. */
  splice?: string;
}

/**
 * Throws UsageError for a description that makes no sense, unknown taps, taps beyond the model's last one, inputs too
 * small for a tap and a splice that reaches none of the taps; InputError for missing parameters; MemoryLimitError where
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

  constructor(engine: Engine, model: Model, { height, width, taps, splice }: SessionOptions) {
    this.#model = model;
    this.#size = { height, width };
    this.#taps = new Set(taps);
    this.#splice = splice;
    this.#plan = plan(model, height, width, taps, splice);
    if (splice !== undefined) this.#taps.add(splice);
    const { inputs, shapes } = this.#plan;
    const first = inputs.find((input) => inputOpOf(input).isSized) ?? inputs[0];
    ({ height: this.height, width: this.width } = shapes.get(first.out)!);
    const core = engine.acquire();
    try {
      this.#build(core);
    } catch (error) {
      core.dispose();
      throw error;
    }
    this.#core = core;
  }

  #build(core: Core): void {
    const { views, pre, shapes, staging, inputs, shared: bytes } = this.#plan;
    const shared = core.alloc(bytes);
    for (const { block, own } of [...views.values(), ...pre.values()])
      if (!this.#places.has(block))
        this.#places.set(block, own ? core.alloc(block.bytes) : shared + block.offset);
    const site: Site = {
      ...{ core, parameters: this.#model.parameters, shapes },
      scratch: core.alloc(scratchBytes(core, this.#plan)),
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
      );
      this.#loads.set(out, load);
    }
    this.steps.push(...buildSteps(site, this.#plan));
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
    this.load(given);
    for (const step of this.steps) step.run();
    this.#ran = true;
  }

  runSpliced(values: Float32Array): void {
    const core = this.#live();
    const tap = this.#splice;
    if (tap === undefined)
      throw new UsageError('this session splices nothing; name the tap as `splice` at its creation');
    if (!this.#ran) throw new UsageError(`values for tap '${tap}' were given before run(image)`);
    const { dims, channels } = this.#plan.shapes.get(tap)!;
    const n = dims.reduce((a, b) => a * b);
    if (values.length !== n)
      throw new UsageError(`${values.length} values for tap '${tap}', which is ${dims.join('x')} = ${n}`);
    const bad = values.findIndex((v) => !Number.isFinite(v));
    if (bad >= 0)
      throw new NumericError(
        `values for tap '${tap}': ${values[bad]} at position ${Math.floor(bad / channels)}, channel ${bad % channels}`,
      );
    writeView(core, this.#place(this.#plan.views.get(tap)!), values);
    for (const step of this.steps) if (this.#plan.dependents.has(step.name)) step.run();
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

  tap(name: string): Float32Array {
    const core = this.#live();
    if (!this.#taps.has(name)) throw this.#notKept(name);
    if (!this.#ran) throw new UsageError(`tap '${name}' was asked for before run(image)`);
    const base = baseOf(name);
    const { views, pre } = this.#plan;
    if (!isPreRelu(name)) return readView(core, this.#place(views.get(base)!));
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

  dispose(): void {
    this.#core?.dispose();
    this.#core = undefined;
    this.#loads.clear();
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
