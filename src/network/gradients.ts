// The way back of a session: gradients given at taps, brought step by step to taps and inputs.
import type { Core } from '../core/core.js';
import { NumericError, UsageError, unknownName } from '../core/errors.js';
import { addStep, clearStep } from './ops/add.js';
import { inputOpOf, opOf } from './ops/index.js';
import {
  type BackwardMode,
  type BackwardSite,
  type BackwardStep,
  type Place,
  type Site,
  type Span,
  sizeOf,
  type View,
} from './ops/op.js';
import { inTurn, reluBack } from './ops/relu.js';
import { baseOf, isPreRelu, rectifiedOf } from './taps.js';
import type { Input, NetworkDescription } from './types.js';
import { interleave, readView, runs, split } from './view.js';
import type { BackwardOptions, WayBack, WayBackStep } from './way-back.js';

/** What stands behind a way back. */
interface Behind {
  core: Core;
  description: NetworkDescription;
  inputs: readonly Input[];
  site: Site;
  plan: WayBack;
  options: BackwardOptions;
  place(view: View): Place;
}

export class Gradients {
  /** In order, named after the first layer that each passes: for benchmarks. */
  readonly steps: { name: string; run: BackwardStep }[] = [];
  #behind: Behind;
  /** Of layers, from what the steps left before their ReLUs. */
  #parameters: { name: string; make(weight: Float32Array, bias: Float32Array): void }[] = [];

  constructor(behind: Behind) {
    this.#behind = behind;
    const { plan, core } = behind;
    const wanted = new Map(plan.wanted);
    const { layers } = behind.description;
    const read = (name: string, at: Pick<BackwardSite, 'gradient' | 'given'>): void => {
      const to = behind.place(wanted.get(name)!);
      wanted.delete(name);
      const layer = layers.find(({ out }) => out === name)!;
      const step = reluBack({ ...behind.site, ...at }, name, opOf(layer).relu?.(layer) === true, to);
      this.steps.push({ name, run: inTurn<[BackwardMode]>(clearStep(core, to), step) });
    };
    for (const step of plan.steps) {
      const site = this.#siteOf(step);
      for (const { out } of step.group.layers) if (wanted.has(out)) read(out, site);
      this.steps.push({ name: step.group.layers[0].out, run: step.group.step(site) });
    }
    for (const name of [...wanted.keys()]) read(name, this.#tensors());
    for (const name of behind.options.weights ?? []) {
      const layer = layers.find(({ out }) => out === name)!;
      const make = opOf(layer).backward!.parameters!(
        behind.site,
        layer,
        behind.place(plan.wanted.get(name)!),
      );
      this.#parameters.push({ name, make });
    }
  }

  #tensors() {
    const { plan, place } = this.#behind;
    const at = (views: ReadonlyMap<string, View>) => (name: string) =>
      views.has(name) ? place(views.get(name)!) : undefined;
    return { gradient: at(plan.views), given: at(plan.given) };
  }

  #siteOf({ work, aside, arrivals }: WayBackStep): BackwardSite {
    const { site, core, plan, place } = this.#behind;
    const memory = place({ block: work, start: 0 } as View).ptr;
    const tensors = this.#tensors();
    const clear = (name: string): BackwardStep[] => {
      if (arrivals.get(name) !== 'clear') return [];
      const { block } = plan.views.get(name)!;
      const { ptr } = place({ block, start: 0 } as View);
      return [() => void core.u8(ptr, block.bytes).fill(0)];
    };
    return {
      ...site,
      ...tensors,
      work: memory,
      into: (name, write) => {
        const to = tensors.gradient(name)!;
        if (arrivals.get(name) === 'write') return write(to);
        const pixel = 16 * Math.ceil(to.shape.channels / 4);
        const here = { ...to, ptr: memory + aside, pixel, row: pixel * to.shape.width };
        return inTurn<[BackwardMode]>(...clear(name), write(here), addStep(core, here, to));
      },
      onto: (name, add) => {
        const to = tensors.gradient(name)!;
        const first = arrivals.get(name) === 'write' ? [clearStep(core, to)] : clear(name);
        return inTurn<[BackwardMode]>(...first, add(to));
      },
    };
  }

  /** `into`: arrays of earlier results that these may overwrite. */
  run(
    given: Readonly<Record<string, Float32Array>>,
    mode: BackwardMode,
    into: Readonly<Record<string, Float32Array>> = {},
  ): Record<string, Float32Array> {
    const { options, site } = this.#behind;
    const outs = options.to.map((name) => {
      const n = sizeOf(site.shapes.get(baseOf(name))!);
      const out = into[name] ?? new Float32Array(n);
      if (out.length !== n) throw new UsageError(`into: ${out.length} values for '${name}', which has ${n}`);
      return out;
    });
    for (const tap of Object.keys(given))
      if (!options.from.includes(tap))
        throw unknownName(
          'start of this way back (only those named as `from` at its creation)',
          tap,
          options.from,
        );
    if (!Object.keys(given).length) throw new UsageError('backward: give a gradient for at least one tap');
    for (const [tap, values] of Object.entries(given)) this.#check(tap, values);
    this.#start(given);
    for (const step of this.steps) step.run(mode);
    const found = Object.fromEntries(options.to.map((name, i) => [name, this.#read(name, outs[i])]));
    for (const { name, make } of this.#parameters) {
      const like = site.parameters.get(name)!;
      const array = (part: 'weight' | 'bias'): Float32Array => {
        const n = like[part].length;
        const values = into[`${name}.${part}`] ?? new Float32Array(n);
        if (values.length !== n)
          throw new UsageError(`into: ${values.length} values for '${name}.${part}', which has ${n}`);
        return values;
      };
      const [weight, bias] = [array('weight'), array('bias')];
      make(weight, bias);
      found[`${name}.weight`] = weight;
      found[`${name}.bias`] = bias;
    }
    return found;
  }

  #check(tap: string, values: Float32Array): void {
    const { dims, channels } = this.#behind.site.shapes.get(baseOf(tap))!;
    const n = dims.reduce((a, b) => a * b);
    if (values.length !== n)
      throw new UsageError(
        `gradient of ${values.length} values by tap '${tap}', which is ${dims.join('x')} = ${n}`,
      );
    // 0 * v is NaN of what is not finite: the search is for the message alone.
    let sum = 0;
    for (let i = 0; i < n; i++) sum += 0 * values[i];
    if (sum === 0) return;
    const bad = values.findIndex((v) => !Number.isFinite(v));
    throw new NumericError(
      `gradient by tap '${tap}': ${values[bad]} at position ${Math.floor(bad / channels)}, channel ${bad % channels}`,
    );
  }

  /** Gradients that can be given are zero where none is. */
  #start(given: Readonly<Record<string, Float32Array>>): void {
    const { plan, place, core, description, site } = this.#behind;
    const views = [...[...plan.starts].map((tap) => plan.views.get(tap)!), ...plan.given.values()];
    for (const { block } of views) core.u8(place({ block, start: 0 } as View).ptr, block.bytes).fill(0);
    const add = (view: View, values: Float32Array): void =>
      runs(core, place(view), (here, at) => {
        for (let i = 0; i < here.length; i++) here[i] += values[at + i];
      });
    for (const [tap, values] of Object.entries(given)) {
      if (!isPreRelu(tap)) {
        add(plan.views.get(tap)!, values);
        continue;
      }
      const parts = rectifiedOf(description, baseOf(tap));
      const widths = parts.map((name) => site.shapes.get(name)!.channels);
      for (const [i, part] of split(values, widths).entries()) add(plan.given.get(parts[i])!, part);
    }
  }

  #read(name: string, out: Float32Array): Float32Array {
    const { plan, place, core, inputs, description, site } = this.#behind;
    if (isPreRelu(name)) {
      const parts = rectifiedOf(description, baseOf(name)).map((part) => place(plan.wanted.get(part)!));
      const { height, width } = parts[0].shape;
      out.set(
        interleave(
          parts.map((part) => readView(core, part)),
          height * width,
        ),
      );
      return out;
    }
    const from = place(plan.views.get(name)!);
    const input = inputs.find(({ out: made }) => made === name);
    if (input) return inputOpOf(input).gradient(core, input, site.shapes.get(name)!, from, out);
    return readView(core, from, out);
  }
}

/** Bytes of scratch that the greediest step needs. */
export const backwardScratch = (core: Core, { steps }: WayBack, span: Readonly<Span>): number =>
  Math.max(0, ...steps.map(({ group }) => group.scratch(core, span)));
