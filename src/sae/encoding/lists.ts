// Lists of active latents per sample, as encoding appends to them and training reads them.
import type { Core } from '../../core/core.js';

/**
 * relu: pre > 0. topk: the k largest pre > 0 of each sample; batchtopk: the k n largest
 * pre > 0 of all n samples. above: pre > thresholds[f], an F-float table in memory.
 * gated: open gates; bGate, scale = exp(r_mag), bMag are F-float tables in memory.
 */
export type Selection =
  | { rule: 'relu' }
  | {
      rule: 'topk' | 'batchtopk';
      k: number /** Largest k that keep() asks for; k unless given. */;
      most?: number;
    }
  | { rule: 'above'; thresholds: number }
  | { rule: 'gated'; bGate: number; scale: number; bMag: number; onlyActive: boolean };

/** Lists that another encoder of the same memory has made, and what it counted. */
export interface PartLists extends ActiveLists {
  gates: number;
  listed: number;
  found: number;
  samples: number;
}

/** Pointers: entries start[s] .. start[s + 1] are sample s's latents, in order of index. */
export interface ActiveLists {
  /** i32 [n + 1] */
  start: number;
  index: number;
  value: number;
}

export class GrowingLists implements ActiveLists {
  readonly start: number;
  readonly index: number;
  readonly value: number;
  /** pi = c + b_gate of each entry; 0: not kept. */
  readonly gates: number;
  /** Entries that the lists have. */
  listed = 0;
  /** Entries that there were; it goes on counting when the lists are full. */
  found = 0;
  /** Samples whose entries are listed. */
  samples = 0;

  constructor(
    readonly core: Core,
    readonly block: number,
    readonly capacity: number,
    gates: boolean,
  ) {
    this.start = core.alloc32(block + 1);
    this.index = core.alloc32(capacity);
    this.value = core.alloc32(capacity);
    this.gates = gates ? core.alloc32(capacity) : 0;
  }

  begin(): void {
    this.listed = this.found = this.samples = 0;
  }

  /** Takes note of `count` more entries of the next `samples` samples; returns whether they fit. */
  reserve(count: number): boolean {
    this.found += count;
    return this.found <= this.capacity;
  }

  /** The next samples, whose entries lie `stride` floats apart: pointers and counts per sample. */
  append(
    values: number,
    indices: number,
    gates: number,
    stride: number,
    counts: Int32Array,
    rows: number,
  ): void {
    let total = 0;
    for (let r = 0; r < rows; r++) total += counts[r];
    if (!this.reserve(total)) return;
    const start = this.core.i32(this.start, this.block + 1);
    const u8 = this.core.u8(0, this.core.capacity);
    for (let r = 0; r < rows; r++) {
      start[this.samples++] = this.listed;
      const [to, from, bytes] = [4 * this.listed, 4 * r * stride, 4 * counts[r]];
      u8.copyWithin(this.value + to, values + from, values + from + bytes);
      u8.copyWithin(this.index + to, indices + from, indices + from + bytes);
      if (this.gates) u8.copyWithin(this.gates + to, gates + from, gates + from + bytes);
      this.listed += counts[r];
    }
    start[this.samples] = this.listed;
  }

  /** Appends the lists of other samples, which follow those that are here. */
  join(parts: readonly PartLists[]): void {
    const u8 = this.core.u8(0, this.core.capacity);
    const start = this.core.i32(this.start, this.block + 1);
    for (const part of parts) {
      this.found += part.found;
      if (this.listed + part.listed > this.capacity) continue; // counted, not kept
      const [to, bytes] = [4 * this.listed, 4 * part.listed];
      u8.copyWithin(this.value + to, part.value, part.value + bytes);
      u8.copyWithin(this.index + to, part.index, part.index + bytes);
      if (this.gates) u8.copyWithin(this.gates + to, part.gates, part.gates + bytes);
      const ends = this.core.i32(part.start, part.samples + 1);
      for (let s = 0; s <= part.samples; s++) start[this.samples + s] = this.listed + ends[s];
      this.samples += part.samples;
      this.listed += part.listed;
    }
  }
}
