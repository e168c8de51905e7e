// Where each unit fires on the pictures that drive it most: maps over the whole picture, small and in bytes, so that all
// units have some. Memory is bounded by the units, however many pictures come.
import type { Firing } from './firing.js';
import type { TopPictures } from './top-examples.js';

/** Maps kept of a unit. */
export const MAPS = 4;
/** Cells of a side, at most: several positions share one where a tap has more. */
const MOST_CELLS = 32;

export interface MapGrid {
  height: number;
  width: number;
  /** Positions that a cell is the largest of, along each side. */
  pool: number;
}

export function mapGrid({ height, width }: { height: number; width: number }): MapGrid {
  const pool = Math.ceil(Math.max(height, width) / MOST_CELLS);
  return { height: Math.ceil(height / pool), width: Math.ceil(width / pool), pool };
}

export class HeatMaps {
  /** Of each unit, by picture. */
  readonly #of: (Map<number, Uint8Array> | undefined)[];

  /** `columns`: positions of a row of the tap. */
  constructor(
    readonly units: number,
    readonly grid: MapGrid,
    readonly columns: number,
  ) {
    this.#of = new Array(units).fill(undefined);
  }

  /** After `top` was told of the picture. */
  add(top: TopPictures, picture: number, firing: Firing): void {
    for (let u = 0; u < this.units; u++) {
      if (firing.start[u + 1] === firing.start[u]) continue;
      const best = top.picture.subarray(u * top.most, u * top.most + Math.min(MAPS, top.most));
      const rank = best.indexOf(picture);
      if (rank < 0) continue;
      const maps = this.#of[u] ?? new Map<number, Uint8Array>();
      this.#of[u] = maps;
      maps.set(picture, this.#map(firing, u, top.value[u * top.most + rank]));
      for (const other of maps.keys()) if (!best.includes(other)) maps.delete(other);
    }
  }

  /** 255 where the unit fires most. */
  #map({ start, position, value }: Firing, u: number, largest: number): Uint8Array {
    const { height, width, pool } = this.grid;
    const map = new Uint8Array(height * width);
    for (let i = start[u]; i < start[u + 1]; i++) {
      const column = position[i] % this.columns;
      const row = (position[i] - column) / this.columns;
      const cell = Math.floor(row / pool) * width + Math.floor(column / pool);
      map[cell] = Math.max(map[cell], Math.ceil((255 * value[i]) / largest));
    }
    return map;
  }

  /** [units][MAPS][height * width], in the order of `top`; 0 beyond the last. */
  column(top: TopPictures): Uint8Array {
    const cells = this.grid.height * this.grid.width;
    const out = new Uint8Array(this.units * MAPS * cells);
    for (const [u, maps] of this.#of.entries())
      for (let r = 0; maps && r < Math.min(MAPS, top.most); r++) {
        const map = maps.get(top.picture[u * top.most + r]);
        if (map) out.set(map, (u * MAPS + r) * cells);
      }
    return out;
  }
}
