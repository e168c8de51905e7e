// Bands. Where only a 3x3 max-pool reads a Winograd convolution (perhaps through an LRN), its rows
// are computed a few at a time and pooled while they lie in the L2 cache, and the whole tensor (3.2 MB
// for conv2d0 at 224x224) is never stored. Tiles and windows are those of the whole image: the same bits.
import { isLrn, type LrnLayer, lrnRows } from '../lrn.js';
import { isMaxpool, type MaxpoolLayer, maxpoolRows } from '../maxpool.js';
import type { BaseLayer, Group, Shape, Site } from '../op.js';
import { algorithm, type Winograd } from './algorithm.js';
import { type ConvLayer, hasRelu, isConv } from './layer.js';
import { winogradRows } from './winograd.js';

/** Rows of tiles a band: a multiple of 4, so that turns of whole groups of 4 tiles waste nothing. */
const TILE_ROWS = 4;

export interface Band {
  conv: ConvLayer;
  how: Winograd;
  lrn: LrnLayer | undefined;
  pool: MaxpoolLayer;
  /** Rows of the convolution computed at a time: whole rows of tiles. */
  rows: number;
  /** Rows that the next band's first windows may need again. */
  kept: number;
}

/** The bands among `layers`. `isPrivate`: nobody but the next layer reads this tensor. */
export function bandsOf(
  layers: readonly BaseLayer[],
  shapes: ReadonlyMap<string, Shape>,
  isPrivate: (name: string) => boolean,
): Group[] {
  return layers.flatMap((conv, i) => {
    if (!isConv(conv) || !isPrivate(conv.out)) return [];
    const how = algorithm(conv, shapes.get(conv.in)!.channels);
    const next = layers[i + 1];
    const lrn = isLrn(next) && next.in === conv.out && isPrivate(next.out) ? next : undefined;
    const pool = lrn ? layers[i + 2] : next;
    if (how.kind !== 'winograd' || !isMaxpool(pool) || pool.in !== (lrn ?? conv).out) return [];
    const rows = TILE_ROWS * how.m;
    const kept = pool.size - 1;
    if (shapes.get(conv.out)!.height <= rows + kept) return [];
    return [groupOf({ conv, how, lrn, pool, rows, kept })];
  });
}

const groupOf = (band: Band): Group => ({
  layers: [band.conv, ...(band.lrn ? [band.lrn] : []), band.pool],
  name: band.pool.out,
  rows: new Map([[band.conv.out, band.rows + band.kept]]),
  forward: (site) => bandStep(site, band),
});

/** Some rows of the convolution, normalised in place, then the rows of the pool that they complete. */
function bandStep(site: Site, band: Band): () => void {
  const { core, shapes } = site;
  const { conv, how, lrn, pool } = band;
  const at = site.at(conv.out);
  const to = site.at(pool.out);
  const { beforeY, beforeX } = shapes.get(pool.out)!;
  const convolve = winogradRows(site, conv, how, at, hasRelu(conv));
  const normalise = lrn && lrnRows(core, lrn, at, at);
  const reduce = maxpoolRows(core, pool, at, to, beforeX);
  const turns = turnsOf(band, shapes.get(conv.out)!.height, to.shape.height, beforeY);
  return () => {
    let top = 0;
    for (const turn of turns) {
      const have = (turn.y - top) * at.row;
      if (turn.top > top) core.u8(at.ptr, have).copyWithin(0, (turn.top - top) * at.row);
      top = turn.top;
      const rows = at.ptr + (turn.y - top) * at.row;
      convolve(turn.y, turn.rows, rows);
      normalise?.(rows, rows, turn.rows);
      const first = turn.pooled * pool.stride - beforeY - top;
      reduce(at.ptr, turn.y + turn.rows - top, first, to.ptr + turn.pooled * to.row, turn.pools);
    }
  };
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
export function turnsOf(
  { rows, pool }: Pick<Band, 'rows' | 'pool'>,
  height: number,
  out: number,
  before: number,
): Turn[] {
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
