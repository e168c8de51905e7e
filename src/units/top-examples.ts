// The photographs that drive each unit most, with the place that fires: one entry per
// photograph. Memory is bounded by units x TOP_PICTURES, however many photographs come.
/** Photographs kept of a unit. */
export const TOP_PICTURES = 12;

/** Units listed for a photograph. */
export const TOP_UNITS = 16;

export class TopPictures {
  /** [units][TOP_PICTURES], strongest first; -1 beyond the last. */
  readonly picture: Int32Array;
  /** y * W + x of the tap. */
  readonly position: Int32Array;
  readonly value: Float32Array;

  constructor(readonly units: number) {
    this.picture = new Int32Array(units * TOP_PICTURES).fill(-1);
    this.position = new Int32Array(units * TOP_PICTURES);
    this.value = new Float32Array(units * TOP_PICTURES);
  }

  /** Largest value of every unit on one photograph, and where. Of equal values the earlier photograph is ahead. */
  add(picture: number, values: Float32Array, positions: Int32Array): void {
    for (let u = 0; u < this.units; u++) {
      const value = values[u];
      const first = u * TOP_PICTURES;
      let p = first + TOP_PICTURES - 1;
      if (!(value > this.value[p])) continue;
      for (; p > first && value > this.value[p - 1]; p--) {
        this.value[p] = this.value[p - 1];
        this.picture[p] = this.picture[p - 1];
        this.position[p] = this.position[p - 1];
      }
      this.value[p] = value;
      this.picture[p] = picture;
      this.position[p] = positions[u];
    }
  }
}
