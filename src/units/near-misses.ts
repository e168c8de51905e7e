// Where units nearly fire: places where a unit is silent and its value before the threshold has a peak of its own, none
// of the places around it being larger. Without that condition the near misses of most units are the rims of what
// fires them, which show nothing new.
import type { Firing } from './firing.js';

export interface Grid {
  height: number;
  width: number;
}

/** The largest such value of each unit and where; -Infinity where there is none. */
export interface NearMisses {
  values: Float32Array;
  positions: Int32Array;
}

export const noNearMisses = (units: number): NearMisses => ({
  values: new Float32Array(units).fill(Number.NEGATIVE_INFINITY),
  positions: new Int32Array(units),
});

/** pre [H][W][count], values before the threshold of units first .. first + count; what is found goes into `out`. */
export function nearMisses(
  pre: Float32Array,
  { height, width }: Grid,
  firing: Firing,
  out: NearMisses,
  first = 0,
  count = pre.length / (height * width),
): void {
  const fires = new Uint8Array(height * width);
  for (let j = 0; j < count; j++) {
    const u = first + j;
    const at = (i: number) => firing.position[i];
    for (let i = firing.start[u]; i < firing.start[u + 1]; i++) fires[at(i)] = 1;
    for (let p = 0; p < fires.length; p++) {
      const v = pre[p * count + j];
      if (fires[p] || !(v > out.values[u]) || !isPeak(p, v)) continue;
      out.values[u] = v;
      out.positions[u] = p;
    }
    for (let i = firing.start[u]; i < firing.start[u + 1]; i++) fires[at(i)] = 0;

    function isPeak(p: number, v: number): boolean {
      const x = p % width;
      const y = (p - x) / width;
      for (let b = Math.max(0, y - 1); b <= Math.min(height - 1, y + 1); b++)
        for (let a = Math.max(0, x - 1); a <= Math.min(width - 1, x + 1); a++)
          if (pre[(b * width + a) * count + j] > v) return false;
      return true;
    }
  }
}
