// Bands. Where only a 3x3 max-pool reads a Winograd convolution (perhaps through an LRN), its rows
// are computed a few at a time and pooled while they lie in the L2 cache, and the whole tensor (3.2 MB
// for conv2d0 at 224x224) is never stored. Tiles and windows are those of the whole image: the same bits.
import { algorithm } from './algorithm.js';
import type { Shape } from './geometry.js';
import type { Layer } from './types.js';

type Of<Op> = Extract<Layer, { op: Op }>;

export interface Band {
  conv: Of<'conv'>;
  lrn: Of<'lrn'> | undefined;
  pool: Of<'maxpool'>;
  /** All of them. */
  layers: Layer[];
  /** Rows of the convolution computed at a time: whole rows of tiles. */
  rows: number;
  /** Rows that the next band's first windows may need again. */
  kept: number;
}

/** Rows of tiles a band: a multiple of 4, so that turns of whole groups of 4 tiles waste nothing. */
const TILE_ROWS = 4;

/** The bands among `layers`, by the convolution's name. `isPrivate`: nobody but the next layer reads this tensor. */
export function bandsOf(
  layers: Layer[],
  shapes: Map<string, Shape>,
  isPrivate: (name: string) => boolean,
): Map<string, Band> {
  const found = new Map<string, Band>();
  layers.forEach((conv, i) => {
    if (conv.op !== 'conv' || !isPrivate(conv.out)) return;
    const how = algorithm(conv);
    const next = layers[i + 1];
    const lrn = next?.op === 'lrn' && next.in === conv.out && isPrivate(next.out) ? next : undefined;
    const pool = lrn ? layers[i + 2] : next;
    if (how.kind !== 'winograd' || pool?.op !== 'maxpool' || pool.in !== (lrn ?? conv).out) return;
    const rows = TILE_ROWS * how.m;
    const kept = pool.size - 1;
    if (shapes.get(conv.out)!.height > rows + kept)
      found.set(conv.out, { conv, lrn, pool, layers: lrn ? [conv, lrn, pool] : [conv, pool], rows, kept });
  });
  return found;
}

/** One turn of a band: these rows of the convolution, then these rows of the pool. */
export interface Turn {
  /** First row and number of rows of the convolution to compute. */
  y: number;
  rows: number;
  /** Row of the convolution that lies in row 0 of the band's buffer. */
  top: number;
  /** First row and number of rows of the pool that are complete now. */
  pooled: number;
  pools: number;
}

/** `height`, `out`: rows of the convolution and of the pool; `before`: the pool's padding above. */
export function turnsOf({ rows, pool }: Band, height: number, out: number, before: number): Turn[] {
  const turns: Turn[] = [];
  let pooled = 0;
  for (let y = 0; y < height; y += rows) {
    const top = y === 0 ? 0 : Math.max(0, pooled * pool.stride - before);
    const end = Math.min(y + rows, height);
    const last = end === height ? out : Math.floor((end - pool.size + before) / pool.stride) + 1;
    turns.push({ y, rows: end - y, top, pooled, pools: last - pooled });
    pooled = last;
  }
  return turns;
}
