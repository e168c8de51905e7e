// The strongest places of some units among those whose vectors a store has, and what is cut out for each: the field of
// the place, as contact sheets have it.
import type { LoadedSae } from '../../sae/inference.js';
import { TopPictures } from '../../units/top-examples.js';
import type { Unit } from '../../units/unit.js';
import { evenly, type Places, picturesOf } from '../../vectors/places.js';
import type { Spot } from './spots.js';

/** Of one unit, strongest first, one of a picture. */
export interface UnitCrops {
  spots: Spot[];
  /** [spots][tile][tile][3], as many as could be cut. */
  tiles: Uint8Array;
}

/** What the report shows of units' photographs. */
export interface CropsOfUnits {
  /** Side of a crop in pixels. */
  tile: number;
  /** Places that were searched. */
  places: number;
  /** By unit as results name it. */
  units: ReadonlyMap<string, UnitCrops>;
  /** Places drawn uniformly: what chance shows. */
  random: UnitCrops;
}

/** Collects `most` pictures of each unit from vectors with their places. */
export class StrongestPlaces {
  /** Places that were looked at. */
  places = 0;
  /** Of these, the places that fire each unit. */
  readonly fires: Uint32Array;
  readonly #top: TopPictures;
  readonly #of: Map<number, number>[] = [new Map(), new Map()];

  /** `each`: places of a picture that are looked at, evenly. */
  constructor(
    readonly units: readonly Unit[],
    readonly sae: LoadedSae | undefined,
    readonly most: number,
    readonly each: number,
  ) {
    this.#top = new TopPictures(units.length, most);
    this.fires = new Uint32Array(units.length);
    for (const [i, { kind, index }] of units.entries()) this.#of[kind === 'neurons' ? 0 : 1].set(index, i);
  }

  add(shard: Places): void {
    const [neurons, features] = this.#of;
    const d = shard.vectors.length / shard.image.length;
    for (const { picture, first, end } of picturesOf(shard)) {
      const values = new Float32Array(this.units.length);
      const positions = new Int32Array(this.units.length);
      const rows = evenly(end - first, this.each).map((i) => first + i);
      const see = (unit: number | undefined, value: number, row: number) => {
        if (unit === undefined || !(value > 0)) return;
        this.fires[unit]++;
        if (!(value > values[unit])) return;
        [values[unit], positions[unit]] = [value, shard.position[row]];
      };
      for (const row of rows) for (const [n, unit] of neurons) see(unit, shard.vectors[row * d + n], row);
      if (features.size && this.sae) {
        const x = new Float32Array(rows.length * d);
        for (const [i, row] of rows.entries()) x.set(shard.vectors.subarray(row * d, (row + 1) * d), i * d);
        this.sae.visit(x, rows.length, (from, count, { start, index, value }) => {
          for (let s = 0; s < count; s++)
            for (let i = start[s]; i < start[s + 1]; i++)
              see(features.get(index[i]), value[i], rows[from + s]);
        });
      }
      this.places += rows.length;
      this.#top.add(picture, values, positions);
    }
  }

  /** Of unit `i` of `units`. */
  spots(i: number): Spot[] {
    const { picture, position, value } = this.#top;
    const out: Spot[] = [];
    for (let at = i * this.most; at < (i + 1) * this.most && picture[at] >= 0; at++)
      out.push({ picture: picture[at], position: position[at], value: value[at] });
    return out;
  }
}
