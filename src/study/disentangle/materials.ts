// What tasks make entities of: drawn curves before a network, or the rows of a matrix.
import type { Engine } from '../../core/engine.js';
import { type Cut, tailOf } from '../../network/tail.js';
import type { SaeConfig, SaeTensors } from '../../sae/types.js';
import { type Hiding, hide, hidingMatrix } from '../../vectors/hiding.js';
import { picked } from '../../vectors/matrix.js';
import type { TaskContext } from '../../vectors/task-context.js';
import { HiddenReading } from './hidden-reading.js';
import type { Material } from './job.js';
import { NetworkReading, ofTap } from './network-reading.js';
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
  /** Parts along a side of the read map, whose means are read. */
  grid: number;
  pictures: readonly CurvePicture[];
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
  readonly #tensors: Float32Array[] = [];
  readonly #see: (i: number) => Float32Array;

  constructor(context: TaskContext, { tap, read, size, apex, grid, pictures }: VisionEntities) {
    const { engine, model } = context;
    const tail = tailOf(model, tap, read, size, size);
    this.cut = tail.cut;
    const { input } = tail.cut;
    const session = context.session(size, [input]);
    this.#see = (i) => {
      session.run(drawCurve(engine.math, pictures[i], size, apex));
      return session.tap(input);
    };
    this.reading = new NetworkReading(engine, tail, read, grid, (i) => this.tensor(i));
  }

  tensor(i: number): Float32Array {
    this.#tensors[i] ??= this.#see(i);
    return this.#tensors[i];
  }

  dispose(): void {
    this.reading.dispose();
    this.#tensors.length = 0;
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
  const plain = (i: number) => ofTap(seen.tensor(i), cut);
  const vectors = matrix ? (i: number) => hide(core, plain(i), matrix, d) : plain;
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
