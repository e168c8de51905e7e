// What tasks make entities of: drawn curves before a network, or the rows of a matrix.
import type { Engine } from '../../core/engine.js';
import { type Cut, tailOf } from '../../network/tail.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import { type Hiding, hide, hidingMatrix } from '../../vectors/hiding.js';
import { picked } from '../../vectors/matrix.js';
import type { TaskContext } from '../../vectors/task-context.js';
import { HiddenReading } from './hidden-reading.js';
import type { Material } from './job.js';
import { type Grid, intoTap, NetworkReading, ofTap } from './network-reading.js';
import type { PatchPicture } from './patches.js';
import { PlainReading } from './plain-reading.js';
import { type CurvePicture, drawCurve } from './stimuli.js';
import type { Attribute, EntitySplit, Probe } from './types.js';

/** Plain data, the same for every mask of a task. */
export interface VisionEntities {
  kind: 'vision';
  tap: string;
  /** Where it is read. */
  read: string;
  /** Side of the pictures, and the pixel about which apexes lie. */
  size: number;
  apex: number;
  /** Of the read map. */
  grid: Grid;
  pictures: readonly (CurvePicture | PatchPicture)[];
  /**
   * What the channels beside the tap hold, where it is a branch of a block: the base's own values, or the mean over these
   * pictures, so that what is read came through the tap.
   */
  beside: { hold: 'base' } | { hold: 'mean'; over: Int32Array };
  /** The tap's vectors are seen behind a rotation. */
  hiding?: Hiding;
}

export interface VectorEntities {
  kind: 'vectors';
  d: number;
  /** [n][d] */
  x: Float32Array;
}

export interface TaskData {
  entities: VisionEntities | VectorEntities;
  attributes: readonly Attribute[];
  split: EntitySplit;
  probes: readonly Probe[];
  sae?: { config: SaeConfig; tensors: SaeTensors };
}

/** Rows that principal components, and how many latents fire, are taken of. */
const MOST_SAMPLED = 4096;

/** A material and its own memory. */
export interface OwnedMaterial {
  material: Material;
  dispose(): void;
}

/** The pictures' tensors where the tail begins, each computed when it is first asked for, and what is read of them. */
export class SeenPictures {
  readonly cut: Cut;
  readonly reading: NetworkReading;
  readonly #see: (i: number) => Float32Array;
  readonly #kept = new Map<number, Float32Array>();
  /** What is beside the tap in every picture. */
  readonly #mean: Float32Array | undefined;

  constructor(context: TaskContext, { tap, read, size, apex, grid, pictures, beside }: VisionEntities) {
    const { engine, model } = context;
    const tail = tailOf(model, tap, read, size, size);
    this.cut = tail.cut;
    const { input, channels, width } = tail.cut;
    const session = context.session(size, [input]);
    this.#see = (i) => {
      const picture = pictures[i];
      session.run(
        'pixels' in picture ? Float32Array.from(picture.pixels) : drawCurve(engine.math, picture, size, apex),
      );
      return session.tap(input);
    };
    if (beside.hold === 'mean' && channels < width) this.#mean = this.#meanOver(beside.over);
    this.reading = new NetworkReading(engine, tail, read, grid, (i) => this.#tensor(i));
  }

  #meanOver(pictures: Int32Array): Float32Array {
    let sums = new Float64Array(0);
    for (const i of pictures) {
      const tensor = this.#see(i);
      if (!sums.length) sums = new Float64Array(tensor.length);
      for (let k = 0; k < tensor.length; k++) sums[k] += tensor[k] / pictures.length;
      this.#kept.set(i, ofTap(tensor, this.cut));
    }
    return Float32Array.from(sums);
  }

  /** The tap's own values, [positions][channels]. */
  values(i: number): Float32Array {
    return this.#mean ? this.#keep(i, (tensor) => ofTap(tensor, this.cut)) : ofTap(this.#tensor(i), this.cut);
  }

  /** A tensor of its own. */
  #tensor(i: number): Float32Array {
    if (!this.#mean) return this.#keep(i, (tensor) => tensor).slice();
    const out = this.#mean.slice();
    intoTap(out, this.values(i), this.cut);
    return out;
  }

  #keep(i: number, part: (tensor: Float32Array) => Float32Array): Float32Array {
    let kept = this.#kept.get(i);
    if (!kept) {
      kept = part(this.#see(i));
      this.#kept.set(i, kept);
    }
    return kept;
  }

  dispose(): void {
    this.reading.dispose();
    this.#kept.clear();
  }
}

export function visionMaterial(
  engine: Engine,
  seen: SeenPictures,
  data: TaskData & { entities: VisionEntities },
): OwnedMaterial {
  const { cut } = seen;
  const d = cut.channels;
  const { hiding } = data.entities;
  const core = engine.acquire();
  const matrix = hiding && hidingMatrix(engine.math, d, hiding);
  const vectors = (i: number) => (matrix ? hide(core, seen.values(i), matrix, d) : seen.values(i));
  return {
    material: {
      ...{ engine, d, vectors, ...data },
      ...(matrix && { truth: matrix }),
      reading: matrix ? new HiddenReading(seen.reading, core, matrix, d) : seen.reading,
      sample: () => sampleOf(d, data.split, vectors),
    },
    dispose: () => core.dispose(),
  };
}

export function vectorMaterial(engine: Engine, data: TaskData & { entities: VectorEntities }): OwnedMaterial {
  const { d, x } = data.entities;
  const vectors = (i: number) => x.subarray(i * d, (i + 1) * d);
  return {
    material: {
      ...{ engine, d, vectors, ...data },
      reading: new PlainReading(d),
      sample: () => sampleOf(d, data.split, vectors),
    },
    dispose: () => {},
  };
}

/** Vectors of the train split, evenly over it. */
function sampleOf(d: number, { train }: EntitySplit, vectors: (i: number) => Float32Array): Float32Array {
  const positions = vectors(train[0]).length / d;
  const total = positions * train.length;
  const n = Math.min(MOST_SAMPLED, total);
  const out = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const row = Math.floor((i * total) / n);
    const entity = train[Math.floor(row / positions)];
    out.set(picked(vectors(entity), [row % positions], d), i * d);
  }
  return out;
}
