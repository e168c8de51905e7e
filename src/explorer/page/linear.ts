// A linear scale with round ticks. d3-scale has one too, and brings its interpolation of colours
// and formats along: a quarter of this page's script.

export interface Linear {
  (v: number): number;
  /** About `count` round numbers of the domain: steps of 1, 2 or 5 times a power of ten. */
  ticks(count: number): number[];
  /** The same with a domain that ends at a tick. */
  nice(): Linear;
}

export function linear([from, to]: [number, number], [start, end]: [number, number]): Linear {
  const span = to - from || 1;
  const scale = (v: number): number => start + ((v - from) / span) * (end - start);
  const ticks = (count: number): number[] => {
    const step = roundStep(span / count);
    const first = Math.ceil(from / step - 1e-9);
    const last = Math.floor(to / step + 1e-9);
    // Through a decimal, so that 3 times 0.1 is 0.3.
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
      Number(((first + i) * step).toPrecision(12)),
    );
  };
  const nice = (): Linear => {
    const step = roundStep(span / 5);
    return linear([Math.floor(from / step + 1e-9) * step, Math.ceil(to / step - 1e-9) * step], [start, end]);
  };
  return Object.assign(scale, { ticks, nice });
}

function roundStep(least: number): number {
  let power = 1;
  while (power > least) power /= 10;
  while (power * 10 <= least) power *= 10;
  const digit = least / power;
  return power * (digit > 5 ? 10 : digit > 2 ? 5 : digit > 1 ? 2 : 1);
}
