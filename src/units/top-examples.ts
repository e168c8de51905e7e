// The photographs that drive each unit most, with the place that fires: one entry per
// photograph. Memory is bounded by units x photographs kept, however many come.
/** Photographs kept of a unit, unless others are asked for. */
export const TOP_PICTURES = 12;

/** Units listed for a photograph. */
export const TOP_UNITS = 16;

export class TopPictures {
  /** [units][most], strongest first; -1 beyond the last. */
  readonly picture: Int32Array;
  /** y * W + x of the tap. */
  readonly position: Int32Array;
  readonly value: Float32Array;

  /** Only what is larger than `above` is an example. */
  constructor(
    readonly units: number,
    readonly most = TOP_PICTURES,
    above = 0,
  ) {
    this.picture = new Int32Array(units * most).fill(-1);
    this.position = new Int32Array(units * most);
    this.value = new Float32Array(units * most).fill(above);
  }

  /** Largest value of every unit on one photograph, and where. Of equal values the earlier photograph is ahead. */
  add(picture: number, values: Float32Array, positions: Int32Array): void {
    for (let u = 0; u < this.units; u++) this.#add(u, picture, values[u], positions[u]);
  }

  /** Those of photographs that come after these. */
  append({ picture, value, position }: TopPictures): void {
    for (let u = 0; u < this.units; u++)
      for (let p = u * this.most; p < (u + 1) * this.most; p++)
        if (picture[p] >= 0) this.#add(u, picture[p], value[p], position[p]);
  }

  #add(u: number, picture: number, value: number, position: number): void {
    const first = u * this.most;
    let p = first + this.most - 1;
    if (!(value > this.value[p])) return;
    for (; p > first && value > this.value[p - 1]; p--) {
      this.value[p] = this.value[p - 1];
      this.picture[p] = this.picture[p - 1];
      this.position[p] = this.position[p - 1];
    }
    this.value[p] = value;
    this.picture[p] = picture;
    this.position[p] = position;
  }
}
