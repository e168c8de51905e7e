// What drives units: attribution over their places, the strongest drivers taken away, expanded weights beside.
import { InputError } from '../core/errors.js';
import { Rng } from '../core/random.js';
import { layersWithGain } from '../network/linearised.js';
import { tailOf } from '../network/tail.js';
import { baseOf, branchOf, rectifiedOf, tapChannels } from '../network/taps.js';
import { agreementOf } from '../study/circuit/agreement.js';
import type {
  AttributePayload,
  AttributeResult,
  TakePayload,
  TakeResult,
} from '../study/circuit/drive-tasks.js';
import { plus } from '../study/circuit/effect.js';
import type { MeansPayload, MeansResult } from '../study/circuit/effect-tasks.js';
import type { Driver, UnitDrives } from '../study/circuit/types.js';
import { expandedWeights } from '../study/circuit/weights.js';
import type { Spot, UnitSpots } from '../study/examples/spots.js';
import { featureTerm } from '../study/visualize/features.js';
import type { Term } from '../study/visualize/types.js';
import type { Unit } from '../units/unit.js';
import { evenly } from '../vectors/places.js';
import { randomDirections } from '../vectors/random-directions.js';
import type { CircuitJob } from './circuit-job.js';

/** Drivers listed on either side; of those that are taken away besides, drawn from the others. */
const LISTED = 6;
const OTHERS = 20;
/** Random directions that are asked what drivers are. */
const DIRECTIONS = 64;
/** Streams of their own, so that the same seed elsewhere draws other numbers. */
const STREAM = { directions: 61, others: 67 };
/** Pictures over which gains are measured. */
const GAIN_PICTURES = 32;

export type Reading = Omit<Term, 'weight' | 'where'>;

/** What is read of a unit: before its ReLU, on its branch; of a feature, its pre-activation. */
export function readingOf({ engine, model, tap, sae }: CircuitJob, { kind, index }: Unit): Reading {
  if (kind === 'features')
    return featureTerm(engine.math, { config: sae!.config, tensors: sae!.tensors, tap }, index);
  const branch = branchOf({ tap, index }, model.description);
  const before = rectifiedOf(model.description, baseOf(branch.tap)).length > 0;
  return { tap: before ? `${branch.tap}_pre_relu` : branch.tap, channel: branch.index };
}

/** Gains of the layers on the way from `from` to `tap`, over pictures of the job. */
export async function gainsOf(
  job: CircuitJob,
  from: string,
  tap: string,
): Promise<Map<string, Float32Array>> {
  const { pool, images, size, signal, model } = job;
  const layers = layersWithGain(tailOf(model, from, tap).model.description.layers);
  if (!layers.length) return new Map();
  const taps = layers.flatMap(({ in: name, out }) => [name as string, out]);
  const sums: Float64Array[] = [];
  await pool.mapOrdered<number, MeansResult>(
    evenly(images.length, GAIN_PICTURES),
    (i) => ({ name: 'means', payload: { ref: images[i], size, taps } satisfies MeansPayload }),
    (result) => {
      if ('failure' in result) return;
      for (const [t, mean] of result.means.entries())
        if (sums[t]) for (let c = 0; c < mean.length; c++) sums[t][c] += mean[c];
        else sums[t] = mean;
    },
    { ahead: 2, signal },
  );
  return new Map(
    layers.map(({ out }, l) => {
      const [before, after] = [sums[2 * l], sums[2 * l + 1]];
      return [out, Float32Array.from(after, (v, c) => (before[c] > 0 ? v / before[c] : 0))];
    }),
  );
}

/** Expanded weights of the readings, which may be of several branches. */
export function weightsOf(
  { engine, model, from }: CircuitJob,
  readings: readonly Reading[],
  gains: ReadonlyMap<string, Float32Array>,
): { side: number; weights: Float32Array }[] {
  const out: { side: number; weights: Float32Array }[] = new Array(readings.length);
  for (const tap of new Set(readings.map((r) => baseOf(r.tap)))) {
    const at = [...readings.keys()].filter((i) => baseOf(readings[i].tap) === tap);
    const some = at.map((i) => readings[i]);
    const { side, patches } = expandedWeights(engine, model, from, some, gains);
    for (const [k, i] of at.entries()) out[i] = { side, weights: patches[k] };
  }
  return out;
}

/** `explained`: of a unit that fires. */
export async function drivesOf(
  job: CircuitJob,
  term: Reading,
  { side, weights }: { side: number; weights: Float32Array },
  { top, levels }: UnitSpots,
): Promise<UnitDrives> {
  const { engine, model, from, fromSae, seed, pool, images, size, signal } = job;
  const channels = tapChannels(model.description, from);
  const directions = randomDirections(engine.math, new Rng(seed, STREAM.directions), DIRECTIONS, channels);
  const common = { size, from, term, sae: fromSae, key: fromSae?.hash ?? '' };
  const sampled = levels[0].spots;
  const sums = { top: new Attributed(), sample: new Attributed() };
  const places: [Spot, Attributed][] = [
    ...top.map((spot): [Spot, Attributed] => [spot, sums.top]),
    ...sampled.map((spot): [Spot, Attributed] => [spot, sums.sample]),
  ];
  await pool.mapOrdered<(typeof places)[number], AttributeResult>(
    places,
    ([{ picture, position }]) => ({
      name: 'attribute',
      payload: { ...common, ref: images[picture], position, directions } satisfies AttributePayload,
    }),
    (result, i) => places[i][1].add(readable(result)),
    { ahead: 2, signal },
  );
  const shares = sums.top.shares();
  const count = shares.length;
  const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => shares[b] - shares[a] || a - b);
  const exciting = order.filter((i) => shares[i] > 0).slice(0, LISTED);
  const inhibiting = order
    .filter((i) => shares[i] < 0)
    .reverse()
    .slice(0, LISTED);
  const rest = order.filter((i) => !exciting.includes(i) && !inhibiting.includes(i) && shares[i] !== 0);
  const others = new Rng(seed, STREAM.others).shuffle(rest).slice(0, OTHERS);
  const taken = Int32Array.from([...exciting, ...inhibiting, ...others]);
  const lost = await takenAway(job, top, { ...common, drivers: taken, weights }, side);
  const value = Math.abs(sums.top.value);
  const sample = sums.sample.shares();
  const name = (i: number): string => (fromSae ? `f${i}` : `${from}:${i}`);
  const driver = (i: number): Driver => {
    const at = taken.indexOf(i);
    const patch = driverPatch(weights, channels, i, fromSae?.tensors.W_dec.data);
    return {
      ...{ unit: name(i), share: shares[i], sampleShare: sample[i] },
      ...{ ablation: lost.lost[at] / value, weighed: lost.weighed[at] / value },
      weight: patch.reduce((sum, v) => sum + v, 0),
      ...{ weights: patch, attribution: lost.patches[at] },
    };
  };
  const chance = Array.from(sums.top.directionShares(), Math.abs).sort((a, b) => a - b);
  return {
    ...{ places: top.length, sampled: sampled.length, value: sums.top.value / top.length },
    explained: sums.top.added() / value,
    ...{ carry: carryOf(shares), side },
    ...{ exciting: exciting.map(driver), inhibiting: inhibiting.map(driver) },
    chance: {
      directions: DIRECTIONS,
      mean: chance.reduce((a, b) => a + b, 0) / DIRECTIONS,
      p95: chance[Math.floor(0.95 * DIRECTIONS)],
    },
    agreement: agreementOf(lost.lost, lost.attributed, lost.weighed, seed),
  };
}

/** A picture was read before: it must be still. */
function readable<T extends object>(result: T): Exclude<T, { failure: unknown }> {
  if ('failure' in result) throw new InputError((result.failure as { reason: string }).reason);
  return result as Exclude<T, { failure: unknown }>;
}

/** Sums of attributions over places, f64 in their order. */
class Attributed {
  value = 0;
  #drivers: Float64Array | undefined;
  #directions: Float64Array | undefined;

  add({ value, drivers, directions }: Exclude<AttributeResult, { failure: unknown }>): void {
    this.value += value;
    this.#drivers = plus(this.#drivers, drivers);
    this.#directions = plus(this.#directions, directions);
  }

  /** What all drivers add. */
  added(): number {
    return this.#drivers!.reduce((sum, v) => sum + v, 0);
  }

  shares(): Float64Array {
    return this.#drivers!.map((v) => v / Math.abs(this.value));
  }

  directionShares(): Float64Array {
    return this.#directions!.map((v) => v / Math.abs(this.value));
  }
}

/** Drivers that carry 90 % of what is added. */
function carryOf(shares: Float64Array): number {
  const positive = Array.from(shares)
    .filter((v) => v > 0)
    .sort((a, b) => b - a);
  const all = positive.reduce((a, b) => a + b, 0);
  let carried = 0;
  let count = 0;
  while (carried < 0.9 * all && count < positive.length) carried += positive[count++];
  return count;
}

async function takenAway(
  { pool, images, signal }: CircuitJob,
  top: readonly Spot[],
  payload: Omit<TakePayload, 'ref' | 'position'>,
  side: number,
) {
  const n = payload.drivers.length;
  const [lost, attributed, weighed] = [0, 1, 2].map(() => new Array<number>(n).fill(0));
  const patches = Array.from({ length: n }, () => new Array<number>(side * side).fill(0));
  await pool.mapOrdered<Spot, TakeResult>(
    top,
    ({ picture, position }) => ({
      name: 'take',
      payload: { ...payload, ref: images[picture], position } satisfies TakePayload,
    }),
    (result) => {
      const seen = readable(result);
      for (let i = 0; i < n; i++) {
        lost[i] += seen.lost[i];
        attributed[i] += seen.attributed[i];
        weighed[i] += seen.weighed[i];
        for (let p = 0; p < side * side; p++) patches[i][p] += seen.patches[i * side * side + p] / top.length;
      }
    },
    { ahead: 2, signal },
  );
  return { lost, attributed, weighed, patches };
}

/** A driver's own patch, [side][side]: of a channel, or along a row of the decoder. */
function driverPatch(
  weights: Float32Array,
  channels: number,
  driver: number,
  decoder: Float32Array | undefined,
): number[] {
  return Array.from({ length: weights.length / channels }, (_, p) => {
    if (!decoder) return weights[p * channels + driver];
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[p * channels + c] * decoder[driver * channels + c];
    return sum;
  });
}
