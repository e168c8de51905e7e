// What a tap's units, an SAE's features and random directions answer to a battery of drawings, and how strongly each
// fires on pictures: what a physiology sheet and a taxonomy are made of. Nothing is written.

import type { ImageFailure } from '../images/types.js';
import { imageInput } from '../network/ops/image.js';
import { tapInfo } from '../network/taps.js';
import type { LoadedSae } from '../sae/inference.js';
import { type ActivationStatistics, activationStatistics, firesOf } from '../study/curves/statistics.js';
import type { Encoder } from '../study/curves/tuning.js';
import { battery, type Series } from '../study/physiology/battery.js';
import { RandomReadOuts } from '../study/physiology/chance.js';
import { batteryResponses, unitsOf } from '../study/physiology/responses.js';
import { evenRows } from '../vectors/even-rows.js';
import { type Hiding, hide, hidingMatrix } from '../vectors/hiding.js';
import { encoderOf } from './curves.js';
import type { StageProgress } from './progress.js';
import { type Referred, referenceSample } from './reference.js';

export interface PhysiologyJob extends Omit<Referred, 'excludeBorder' | 'weightsSeed' | 'progress'> {
  sae?: LoadedSae;
  /** How the tap's neurons are hidden from the SAE. */
  hiding?: Hiding;
  /** Of the drawings, over the circle. */
  orientations: number;
  progress: StageProgress;
}

/** Read-outs of one kind, and what they do on pictures. */
export interface Asked {
  readOuts: Encoder;
  percentile999: Float32Array;
  /** Positions of pictures that fire each. */
  fires: number[];
}

export interface Physiology {
  series: Series[];
  /** [drawings][channels] */
  responses: Float32Array;
  channels: number;
  units: Asked;
  features?: Asked;
  random: Asked;
  /** Vectors of pictures, and pictures. */
  vectors: number;
  used: number;
  failures: ImageFailure[];
  dispose(): void;
}

/** Vectors by which the thresholds of random directions are set: more would change their third digit. */
const MOST_VECTORS = 16_384;

/** InputError: not one picture could be used. */
export async function measurePhysiology(job: PhysiologyJob): Promise<Physiology> {
  const { engine, pool, model, tap, sae, hiding, progress, signal, seed } = job;
  progress.start('pictures');
  const { reference, failures, used } = await referenceSample(job);
  const info = tapInfo(model.description, tap);
  const hidden = hiding && hidingFrom(job, info.channels, hiding);
  try {
    const encoder = sae && readingHidden(encoderOf(sae), hidden?.hide);
    const { units, features } = await activationStatistics(reference, encoder);
    progress.finish(`${used} images`);
    progress.start('drawings');
    const series = battery(engine.math, info.field, job.orientations);
    const responses = await batteryResponses(
      {
        ...{ pool, tap, info, fullSize: imageInput(model.description).size, signal },
        onProgress: (done, total) => progress.update(done, total, 'drawings'),
      },
      series,
    );
    const rows = await evenRows(reference, MOST_VECTORS);
    const random = new RandomReadOuts(engine, rows, units, seed);
    progress.finish(`${responses.length / info.channels} drawings`);
    return {
      ...{ series, responses, channels: info.channels, used, failures, vectors: units.vectors },
      units: asked(unitsOf(info.channels), units),
      features: encoder && features && asked(encoder, features),
      random: {
        readOuts: random,
        percentile999: random.percentile999,
        // By construction each fires as often as a unit that does.
        fires: new Array<number>(random.features).fill(units.vectors),
      },
      dispose: () => {
        random.dispose();
        hidden?.dispose();
      },
    };
  } catch (error) {
    hidden?.dispose();
    throw error;
  }
}

const asked = (readOuts: Encoder, statistics: ActivationStatistics): Asked => ({
  readOuts,
  percentile999: statistics.percentile999,
  fires: Array.from(statistics.density, (_, u) => firesOf(statistics, u)),
});

function hidingFrom({ engine }: PhysiologyJob, neurons: number, hiding: Hiding) {
  const matrix = hidingMatrix(engine.math, neurons, hiding);
  const core = engine.acquire();
  return {
    hide: (x: Float32Array) => hide(core, x, matrix, hiding.width),
    dispose: () => core.dispose(),
  };
}

/** An SAE that sees hidden vectors, as read-outs of the tap's own. */
const readingHidden = (encoder: Encoder, hidden: ((x: Float32Array) => Float32Array) | undefined): Encoder =>
  hidden ? { features: encoder.features, encode: (x, n) => encoder.encode(hidden(x), n) } : encoder;
