// What a run does to its vectors before it trains on them, and what it says of them:
//   x' = s w (x - c)
// c: the mean, where vectors are centred; otherwise 0
// w: 1, or below it for a vector longer than `clipVectors` medians (its direction stays)
// s: so that mean ||x'||^2 = D
// s and c are folded into the SAE that is exported (run.ts); w weighs vectors in training alone.
import type { VectorSource } from '../vectors/types.js';

export interface Preparation {
  scale: number;
  /** c; absent: 0 */
  centre?: number[];
  /** Longest x - c that w leaves as it is; absent: any. */
  limit?: number;
  /** Mean of x', [d], and mean ||x' - mean||^2: what the FVU of the log is taken about. */
  mean: number[];
  spread: number;
  /** What is unusual about these vectors, each with its remedy. */
  warnings: string[];
}

export interface PreparationOptions {
  /** auto: where the mean is far from 0. */
  centre?: 'auto' | 'on' | 'off';
  /** Longest norm, in medians. */
  clipVectors?: number;
}

/** A mean this many times the spread hides it: latents of one sign fire always, those of the other never. */
const FAR = 3;
/** Vectors this many times the median norm are counted as rare and long ... */
const LONG = 10;
/** ... and tell the data scale where they hold this share of all squared norms. */
const LONG_SHARE = 0.5;

/** One pass over the vectors, two where they are centred or clipped. f64 sums in their order. */
export async function prepare(
  source: VectorSource,
  { centre = 'auto', clipVectors }: PreparationOptions,
): Promise<Preparation> {
  const raw = await survey(source);
  const far = raw.spread > 0 ? Math.sqrt(norm2(raw.mean) / raw.spread) : 0;
  const centred = centre === 'on' || (centre === 'auto' && far > FAR);
  const warnings = raw.spread > 0 ? farFromZero(far, centred, centre) : [CONSTANT];
  const c = centred ? Array.from(raw.mean) : undefined;
  const about = c ? await survey(source, c) : raw;
  const median = medianOf(about.norms);
  const long = longVectors(about.norms, median);
  const limit = clipVectors !== undefined && median > 0 ? clipVectors * median : undefined;
  const kept = limit === undefined ? about : await survey(source, c, limit);
  if (long.share > LONG_SHARE && limit === undefined) warnings.push(tooLong(long, about.norms.length));
  // For data that are all zero, or all equal and centred, any scale will do.
  const scale = kept.energy > 0 ? Math.fround(Math.sqrt((source.d * source.count) / kept.energy)) : 1;
  return {
    scale,
    ...(c && { centre: c }),
    ...(limit !== undefined && { limit }),
    mean: Array.from(kept.mean, (m) => scale * m),
    spread: scale * scale * kept.spread,
    warnings,
  };
}

/** Of w (x - c): sum of squared norms, mean, mean squared distance from it, norms of x - c. */
interface Survey {
  energy: number;
  mean: Float64Array;
  spread: number;
  norms: Float32Array;
}

async function survey(
  source: VectorSource,
  c?: readonly number[],
  limit = Number.POSITIVE_INFINITY,
): Promise<Survey> {
  const { d, count } = source;
  const norms = new Float32Array(count);
  // Distances are taken from the first vector: vectors that are all equal have a spread of exactly 0.
  const first = new Float64Array(d);
  const mean = new Float64Array(d);
  let [energy, squares, at] = [0, 0, 0];
  const v = new Float64Array(d);
  for (let shard = 0; shard < source.shards.length; shard++) {
    const x = await source.load(shard);
    for (let i = 0; i < x.length; i += d, at++) {
      let own = 0;
      for (let j = 0; j < d; j++) {
        v[j] = c ? x[i + j] - c[j] : x[i + j];
        own += v[j] * v[j];
      }
      norms[at] = Math.sqrt(own);
      const w = norms[at] > limit ? limit / norms[at] : 1;
      if (w < 1) for (let j = 0; j < d; j++) v[j] *= w;
      for (let j = 0; j < d; j++) energy += v[j] * v[j];
      if (at === 0) first.set(v);
      for (let j = 0; j < d; j++) {
        const away = v[j] - first[j];
        mean[j] += away;
        squares += away * away;
      }
    }
  }
  let shift = 0;
  for (let j = 0; j < d; j++) {
    mean[j] /= count;
    shift += mean[j] * mean[j];
    mean[j] += first[j];
  }
  return { energy, mean, spread: Math.max(0, squares / count - shift), norms };
}

/** x' of the vector of d at x[from] into out[at]. */
export function applyTo(
  { scale, centre, limit }: Preparation,
  d: number,
  x: Float32Array,
  from: number,
  out: Float32Array,
  at: number,
): void {
  if (!centre && limit === undefined) {
    for (let j = 0; j < d; j++) out[at + j] = x[from + j] * scale;
    return;
  }
  let own = 0;
  for (let j = 0; j < d; j++) own += (x[from + j] - (centre?.[j] ?? 0)) ** 2;
  const long = Math.sqrt(own);
  const factor = limit !== undefined && long > limit ? (scale * limit) / long : scale;
  for (let j = 0; j < d; j++) out[at + j] = (x[from + j] - (centre?.[j] ?? 0)) * factor;
}

/**
 * x' of vectors at `places` of x [n][d] into rows of `out`, the first at `at`. Eight at a time: each lies where the memory
 * is cold, and waiting for one they wait for all (a third of the time of one after the other).
 */
export function applyToRows(
  p: Preparation,
  d: number,
  x: Float32Array,
  places: Uint32Array,
  out: Float32Array,
  at: number,
  stride: number,
): void {
  const { scale } = p;
  let r = 0;
  if (!p.centre && p.limit === undefined)
    for (; r + 8 <= places.length; r += 8) {
      const [x0, x1, x2, x3] = [places[r] * d, places[r + 1] * d, places[r + 2] * d, places[r + 3] * d];
      const [x4, x5, x6, x7] = [places[r + 4] * d, places[r + 5] * d, places[r + 6] * d, places[r + 7] * d];
      for (let j = 0, o = at + r * stride; j < d; j++, o++) {
        out[o] = x[x0 + j] * scale;
        out[o + stride] = x[x1 + j] * scale;
        out[o + 2 * stride] = x[x2 + j] * scale;
        out[o + 3 * stride] = x[x3 + j] * scale;
        out[o + 4 * stride] = x[x4 + j] * scale;
        out[o + 5 * stride] = x[x5 + j] * scale;
        out[o + 6 * stride] = x[x6 + j] * scale;
        out[o + 7 * stride] = x[x7 + j] * scale;
      }
    }
  for (; r < places.length; r++) applyTo(p, d, x, places[r] * d, out, at + r * stride);
}

const CONSTANT = 'the training vectors are all equal: there is nothing for an SAE to learn';

function farFromZero(far: number, centred: boolean, asked: 'auto' | 'on' | 'off'): string[] {
  if (far <= FAR || asked === 'on') return [];
  const says = `the mean of the training vectors is ${far.toPrecision(3)} times their spread`;
  return [
    centred
      ? `${says}: it is subtracted in training and folded into the SAE (--centre off: it is not)`
      : `${says}: latents will be dead or always on; --centre on subtracts it, folded into the SAE`,
  ];
}

function longVectors(norms: Float32Array, median: number): { count: number; share: number } {
  let [all, long, count] = [0, 0, 0];
  for (const n of norms) {
    all += n * n;
    if (n <= LONG * median) continue;
    long += n * n;
    count++;
  }
  return { count, share: median > 0 && all > 0 ? long / all : 0 };
}

const tooLong = ({ count, share }: { count: number; share: number }, of: number): string =>
  `${count} of ${of} training vectors are longer than ${LONG} medians and hold ${(100 * share).toFixed(0)} % ` +
  `of all squared norms: the others train at a fraction of their scale; --clip-vectors ${LONG} shortens the long ones in training`;

/**
 * The value that is in the middle when they are sorted; 0 of none. Numbers of 0 and more are in the order of their bits: two
 * counts of 16 bits find it, without the copy that sorting takes (10^8 norms are 400 MB).
 */
function medianOf(norms: Float32Array): number {
  if (!norms.length) return 0;
  const bits = new Uint32Array(norms.buffer, norms.byteOffset, norms.length);
  let rank = norms.length >> 1;
  const counts = new Uint32Array(65536);
  /** The bin that holds the rank, which becomes the rank in it. */
  const pass = (): number => {
    let bin = 0;
    for (; rank >= counts[bin]; bin++) rank -= counts[bin];
    return bin;
  };
  for (let i = 0; i < bits.length; i++) counts[bits[i] >>> 16]++;
  const high = pass();
  counts.fill(0);
  for (let i = 0; i < bits.length; i++) if (bits[i] >>> 16 === high) counts[bits[i] & 0xffff]++;
  return new Float32Array(Uint32Array.of((high << 16) | pass()).buffer)[0];
}

const norm2 = (v: Float64Array): number => v.reduce((sum, m) => sum + m * m, 0);
