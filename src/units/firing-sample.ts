// A uniform sample of the places where each unit fires, of bounded size, in one pass: every place has a number that a
// hash of (seed, unit, picture, position) gives, and the places with the lowest numbers are kept. Which these are does
// not depend on the order in which pictures come, nor on who looked at them.
import { mixed } from '../core/random.js';
import type { Firing } from './firing.js';

export class FiringSample {
  /** Of each unit. */
  readonly size: Int32Array;
  /** [units][most], by number. */
  readonly number: Uint32Array;
  readonly picture: Int32Array;
  readonly position: Int32Array;
  readonly value: Float32Array;

  constructor(
    readonly units: number,
    readonly most: number,
    readonly seed: number,
  ) {
    this.size = new Int32Array(units);
    this.number = new Uint32Array(units * most);
    this.picture = new Int32Array(units * most);
    this.position = new Int32Array(units * most);
    this.value = new Float32Array(units * most);
  }

  add(picture: number, { start, position, value }: Firing): void {
    for (let u = 0; u < this.units; u++) {
      const here = mixed(mixed(this.seed ^ mixed(u)) ^ picture);
      for (let i = start[u]; i < start[u + 1]; i++) {
        const number = mixed(here ^ position[i]) >>> 0;
        const last = (u + 1) * this.most - 1;
        if (this.size[u] < this.most || this.#before(number, picture, position[i], last))
          this.#insert(u, number, picture, position[i], value[i]);
      }
    }
  }

  /** The sample of the places of both. */
  append(other: FiringSample): void {
    for (let u = 0; u < this.units; u++) {
      const last = (u + 1) * this.most - 1;
      for (let i = u * this.most; i < u * this.most + other.size[u]; i++) {
        const { number, picture, position, value } = other;
        if (this.size[u] < this.most || this.#before(number[i], picture[i], position[i], last))
          this.#insert(u, number[i], picture[i], position[i], value[i]);
      }
    }
  }

  /** Of equal numbers the earlier place comes first. */
  #before(number: number, picture: number, position: number, at: number): boolean {
    if (number !== this.number[at]) return number < this.number[at];
    if (picture !== this.picture[at]) return picture < this.picture[at];
    return position < this.position[at];
  }

  #insert(u: number, number: number, picture: number, position: number, value: number): void {
    const first = u * this.most;
    if (this.size[u] < this.most) this.size[u]++;
    let at = first + this.size[u] - 1;
    while (at > first && this.#before(number, picture, position, at - 1)) at--;
    const end = first + this.size[u] - 1;
    for (const list of [this.number, this.picture, this.position, this.value])
      list.copyWithin(at + 1, at, end);
    this.number[at] = number;
    this.picture[at] = picture;
    this.position[at] = position;
    this.value[at] = value;
  }
}
