// The live network: a run's network and autoencoder on pictures and curves that someone makes,
// with the core of this package. The same code in a worker of a page and in tests.

import { description } from '../../models/registry.js';
import { STEM, stemPart } from '../../models/stem.js';
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { InputError } from '../core/errors.js';
import type { Tensor } from '../formats/safetensors.js';
import { prepareImage } from '../images/prepare.js';
import { drawStimulus, greyToRgb } from '../images/stimuli.js';
import type { RgbImage } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { createSession } from '../network/session.js';
import { tapInfo } from '../network/taps.js';
import type { Model, Parameters, Session } from '../network/types.js';
import { LoadedSae } from '../sae/inference.js';
import type { SaeTensors } from '../sae/types.js';
import { type Placement, placeStimulus } from '../study/curves/placement.js';
import type { ExplorerIndex } from '../study/facts/format.js';
import { Painter } from '../study/visualize/painter.js';
import { type PaintState, PICTURE_DEFAULTS } from '../study/visualize/types.js';
import { parseObjective, type Vocabulary } from '../study/visualize/units.js';
import { firingOf, firingOfSae, type Maxima, peaksOf } from '../units/firing.js';
import { formatUnit, type Unit } from '../units/unit.js';

export interface Curve {
  orientationDeg: number;
  radius: number;
  lineWidth: number;
}

export interface CurveAnswer {
  /** Grey, 0..255, [size][size]. */
  grey: Uint8Array;
  size: number;
  neurons: Float32Array;
  /** Empty without an autoencoder. */
  features: Float32Array;
}

export interface PictureAnswer {
  /** What the network saw: RGBA [size][size]. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
  size: number;
  neurons: Maxima;
  features: Maxima | undefined;
}

export interface PaintRequest {
  unit: Unit;
  /** Side in pixels. */
  size: number;
  steps: number;
  /** Step to stop at. */
  to: number;
  from?: PaintState;
}

export class LiveNetwork {
  readonly placement: Placement;
  #engine: Engine;
  #tap: string;
  #size: number;
  #whole: Session;
  #small: Session;
  #sae: LoadedSae | undefined;
  #model: Model;
  #painter: Painter | undefined;
  #scratch: Core;
  #held: { dispose(): void }[] = [];
  /** Values of the last picture: of the tap, and the active features of each position. */
  #x: Float32Array | undefined;
  #active: { start: Int32Array; index: Int32Array; value: Float32Array } | undefined;

  /** `weights`: tensors as model.safetensors has them; `sae`: those of sae.safetensors. */
  constructor(engine: Engine, index: ExplorerIndex, weights: Map<string, Tensor>, sae?: Map<string, Tensor>) {
    const model = modelOf(index, weights);
    this.#engine = engine;
    this.#model = model;
    this.#tap = index.run.tap;
    this.#size = imageInput(model.description).size;
    const info = tapInfo(model.description, this.#tap);
    this.placement = placeStimulus(info, this.#size, 'centred');
    const { size } = this.placement;
    try {
      this.#whole = this.#hold(createSession(engine, model, { taps: [this.#tap] }));
      this.#small = this.#hold(
        createSession(engine, model, { taps: [this.#tap], height: size, width: size }),
      );
      this.#scratch = this.#hold(engine.acquire());
      const loaded = loadedSae(engine, index, sae);
      if (loaded) this.#sae = this.#hold(loaded);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  #hold<T extends { dispose(): void }>(held: T): T {
    this.#held.push(held);
    return held;
  }

  /** What every unit does where the apex of a curve lies. */
  curve(curve: Curve): CurveAnswer {
    const { size, apex } = this.placement;
    return this.drawing(
      drawStimulus(
        this.#engine.math,
        { kind: 'curve', orientationDeg: curve.orientationDeg, radius: curve.radius },
        { size, apexX: apex, apexY: apex, lineWidth: curve.lineWidth },
      ),
    );
  }

  /** The same for any grey picture of the placement's size, 0..255. */
  drawing(grey: Float32Array): CurveAnswer {
    const neurons = this.#at(grey);
    return {
      grey: Uint8Array.from(grey, Math.round),
      size: this.placement.size,
      neurons,
      features: this.#sae?.encode(neurons, 1) ?? new Float32Array(0),
    };
  }

  /** Responses of some units to curves of several directions, [direction][unit]. */
  sweep(curves: readonly Curve[], units: readonly Unit[]): Float32Array {
    const out = new Float32Array(curves.length * units.length);
    curves.forEach((curve, c) => {
      const answer = this.curve(curve);
      units.forEach(({ kind, index }, u) => {
        out[c * units.length + u] = answer[kind][index] ?? 0;
      });
    });
    return out;
  }

  #at(grey: Float32Array): Float32Array {
    const { index } = this.placement;
    this.#small.run(greyToRgb(grey));
    const { channels, width } = this.#small.info(this.#tap);
    const from = (index * width + index) * channels;
    return this.#small.tap(this.#tap).slice(from, from + channels);
  }

  /** A picture through network and autoencoder; its values are kept for maps(). */
  picture(image: RgbImage): PictureAnswer {
    const size = this.#size;
    const prepared = prepareImage(this.#scratch, image, size);
    this.#whole.run(prepared);
    const x = this.#whole.tap(this.#tap);
    const { channels } = this.#whole.info(this.#tap);
    this.#x = x;
    this.#active = this.#sae && activeOf(this.#sae, x, x.length / channels);
    const pixels = new Uint8ClampedArray(4 * size * size).fill(255);
    for (let i = 0; i < size * size; i++)
      for (let c = 0; c < 3; c++) pixels[4 * i + c] = Math.round(prepared[3 * i + c]);
    return {
      pixels,
      size,
      neurons: peaksOf(firingOf(x, channels)),
      features: this.#sae && peaksOf(firingOfSae(this.#sae, x)),
    };
  }

  /** Values of units at every position of the last picture, [unit][H][W]. */
  maps(units: readonly Unit[]): Float32Array {
    const { channels, height, width } = this.#whole.info(this.#tap);
    const n = height * width;
    const out = new Float32Array(units.length * n);
    units.forEach(({ kind, index: wanted }, u) => {
      for (let i = 0; i < n; i++) {
        if (kind === 'neurons') out[u * n + i] = this.#x?.[i * channels + wanted] ?? 0;
        else if (this.#active) {
          const { start, index, value } = this.#active;
          for (let e = start[i]; e < start[i + 1]; e++) if (index[e] === wanted) out[u * n + i] = value[e];
        }
      }
    });
    return out;
  }

  /** A picture of what a unit looks for (study/visualize), from where it was to step `to`. */
  paint({ unit, size, steps, to, from }: PaintRequest): PaintState {
    const model = this.#model;
    const words: Vocabulary = {
      ...{ math: this.#engine.math, description: model.description },
      ...(this.#sae && {
        sae: { config: this.#sae.config, tensors: this.#sae.tensors, tap: this.#tap },
      }),
    };
    const objective = parseObjective(formatUnit(unit, this.#tap), words, {
      where: 'centre',
      afterRelu: false,
    });
    const options = { ...PICTURE_DEFAULTS, size, steps };
    this.#painter ??= this.#hold(new Painter(this.#engine, model, objective, options));
    return this.#painter.paint(objective, options, to, from);
  }

  dispose(): void {
    for (const held of this.#held.splice(0)) held.dispose();
  }
}

function activeOf(sae: LoadedSae, x: Float32Array, n: number) {
  const start = new Int32Array(n + 1);
  const indices: Int32Array[] = [];
  const values: Float32Array[] = [];
  let total = 0;
  sae.visit(x, n, (first, count, lists) => {
    for (let s = 0; s <= count; s++) start[first + s] = total + lists.start[s];
    indices.push(lists.index.slice());
    values.push(lists.value.slice());
    total += lists.start[count];
  });
  const index = new Int32Array(total);
  const value = new Float32Array(total);
  let at = 0;
  indices.forEach((part, i) => {
    index.set(part, at);
    value.set(values[i], at);
    at += part.length;
  });
  return { start, index, value };
}

/** The autoencoder, ready to encode; undefined where the data have none. */
export function loadedSae(
  engine: Engine,
  { sae: config }: ExplorerIndex,
  sae: Map<string, Tensor> | undefined,
): LoadedSae | undefined {
  if (!sae || !config) return undefined;
  const tensors: SaeTensors = {};
  for (const [name, tensor] of sae) tensors[name] = { shape: tensor.shape, data: tensor.f32() };
  return new LoadedSae(engine, config, tensors);
}

/** The network as far as there are weights: up to its tap, or whole. */
export function modelOf(index: ExplorerIndex, weights: Map<string, Tensor>): Model {
  const { name, architecture, sha256 } = index.run.model;
  const parameters: Parameters = new Map();
  for (const [label, tensor] of weights) {
    if (!label.endsWith('.weight')) continue;
    const layer = label.slice(0, -'.weight'.length);
    const bias = weights.get(`${layer}.bias`);
    if (!bias)
      throw new InputError(`the model's weights lack '${layer}.bias'; make the explorer's data again`);
    parameters.set(layer, { weight: tensor.f32(), bias: bias.f32() });
  }
  const network = architecture === STEM ? stemPart(weights) : description(architecture);
  return {
    name,
    description: network,
    parameters,
    sha256,
    lastTap: network.layers[network.layers.length - 1].out,
  };
}
