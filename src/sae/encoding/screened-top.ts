// Encoding by screening (screening.ts) into lists of the k largest.
import type { Core } from '../../core/core.js';
import { padTo, type SaeParameters } from '../memory.js';
import type { GrowingLists } from './lists.js';
import { Samples, SPAN, Sweep } from './screening.js';

/** Candidates of the k largest of some samples, and what became of them. */
class TopLists {
  readonly samples: Samples;
  readonly values: number;
  readonly indices: number;
  readonly counts: number;
  readonly scratch: number;

  constructor(
    readonly core: Core,
    readonly sweep: Sweep,
    readonly k: number,
    readonly capacity: number,
    most: number,
  ) {
    this.samples = new Samples(core, most, sweep.D);
    this.values = core.alloc32(most * capacity);
    this.indices = core.alloc32(most * capacity);
    this.counts = core.alloc32(most);
    this.scratch = core.alloc32(capacity + 32);
  }

  /** counts: as f32_sae_rescore_top has them; samples.thresholds: the k-th values. */
  run(rows: number, n: number, guess: number): void {
    const { core, sweep, samples, k, capacity } = this;
    const { D } = sweep;
    samples.load(rows, n, guess);
    const panels = padTo(n, 8) >> 3;
    const counts = core.i32(this.counts, 8 * panels);
    counts.fill(0, 0, n);
    counts.fill(-1, n);
    sweep.run((f, count) => {
      core.kernels.i16_sae_screen_top_4x8({
        x16: samples.x16,
        panelCount: panels,
        inverseX: samples.inverse,
        thresholds: samples.thresholds,
        w16: sweep.w16,
        inverseW: sweep.inverse,
        beta: sweep.beta,
        bias: sweep.rows.bias,
        d: D,
        first: f,
        count,
        k,
        values: this.values,
        indices: this.indices,
        counts: this.counts,
        capacity,
        scratch: this.scratch,
      });
      return true;
    });
    core.kernels.f32_sae_rescore_top({
      x: rows,
      n,
      wEnc: sweep.rows.wEnc,
      bias: sweep.rows.bias,
      d: D,
      k,
      inverseX: samples.inverse,
      inverseW: sweep.inverse,
      thresholds: samples.thresholds,
      values: this.values,
      indices: this.indices,
      counts: this.counts,
      capacity,
      scratch: this.scratch,
    });
  }
}

/** Samples whose guessed threshold was too high, or that need the dense form, at a time. */
const AGAIN = 64;

/** So many samples are sooner encoded in full than screened with quantised weights of their own. */
const FEW = 16;

/** The k largest of each sample. */
export class ScreenedTop {
  #core: Core;
  #D: number;
  #sweep: Sweep;
  #main: TopLists;
  #again: TopLists;
  #rows: number;
  /** Guessed k-th value over the sample's inverse scale, which goes with its norm. */
  #guess = 0;
  #dense: (rows: number, n: number) => GrowingLists;

  /** `thresholds`: f32[F], 0, infinity for padding. `dense`: encodes samples in full. */
  constructor(
    core: Core,
    p: SaeParameters,
    k: number,
    thresholds: number,
    block: number,
    dense: (rows: number, n: number) => GrowingLists,
  ) {
    const capacity = padTo(4 * k + 32, 8);
    this.#core = core;
    const { D, F } = p.sizes;
    this.#D = D;
    this.#dense = dense;
    this.#sweep = new Sweep(core, D, { wEnc: p.wEnc.ptr, bias: p.bEnc.ptr, thresholds, F });
    this.#main = new TopLists(core, this.#sweep, k, capacity, Math.min(SPAN, block));
    this.#again = new TopLists(core, this.#sweep, k, capacity, Math.min(AGAIN, block));
    this.#rows = core.alloc32(AGAIN * p.sizes.D);
  }

  /** Appends at most SPAN samples. */
  encode(rows: number, n: number, out: GrowingLists): void {
    const main = this.#main;
    main.run(rows, n, this.#guess);
    const those = (what: number): number[] => {
      const counts = this.#core.i32(main.counts, n);
      return [...counts.keys()].filter((s) => counts[s] === what);
    };
    const short = those(-2);
    if (short.length > FEW)
      this.#inGroups(rows, short, (group, gathered) => {
        this.#again.run(gathered, group.length, 0);
        group.forEach((s, i) => {
          this.#take(s, this.#core.i32(this.#again.counts, group.length)[i], i);
        });
      });
    const rest = short.length > FEW ? those(-1) : [...those(-1), ...short];
    this.#inGroups(rows, rest, (group, gathered) => {
      const lists = this.#dense(gathered, group.length);
      const start = this.#core.i32(lists.start, group.length + 1);
      group.forEach((s, i) => {
        this.#put(s, start[i + 1] - start[i], lists.value + 4 * start[i], lists.index + 4 * start[i], 0);
      });
    });
    this.#learn(n);
    out.append(main.values, main.indices, 0, main.capacity, this.#core.i32(main.counts, n), n);
  }

  #inGroups(rows: number, samples: number[], each: (group: number[], gathered: number) => void): void {
    for (let at = 0; at < samples.length; at += AGAIN) {
      const group = samples.slice(at, at + AGAIN);
      const to = this.#core.f32(this.#rows, padTo(group.length, 8) * this.#D).fill(0);
      group.forEach((s, i) => {
        to.set(this.#core.f32(rows + 4 * s * this.#D, this.#D), i * this.#D);
      });
      each(group, this.#rows);
    }
  }

  #take(s: number, count: number, i: number): void {
    const { values, indices, capacity, samples } = this.#again;
    const at = 4 * i * capacity;
    this.#put(s, count, values + at, indices + at, this.#core.f32(samples.thresholds + 4 * i, 1)[0]);
  }

  #put(s: number, count: number, values: number, indices: number, kth: number): void {
    const core = this.#core;
    const main = this.#main;
    core.i32(main.counts, s + 1)[s] = count;
    core.f32(main.samples.thresholds, s + 1)[s] = kth;
    if (count < 0) return;
    const to = 4 * s * main.capacity;
    core.f32(main.values + to, count).set(core.f32(values, count));
    core.i32(main.indices + to, count).set(core.i32(indices, count));
  }

  /** Next time few samples should fall short: they are screened once more. */
  #learn(n: number): void {
    const kth = this.#core.f32(this.#main.samples.thresholds, n);
    const inverse = this.#core.f32(this.#main.samples.inverse, n);
    const ratios = new Float32Array(n);
    for (let s = 0; s < n; s++) {
      const r = kth[s] / inverse[s];
      ratios[s] = r > 0 && r < Number.POSITIVE_INFINITY ? r : 0;
    }
    ratios.sort();
    const low = ratios[n >> 7];
    this.#guess = this.#guess > 0 ? Math.fround((this.#guess + low) / 2) : low;
  }
}
