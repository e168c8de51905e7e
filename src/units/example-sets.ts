// Everything that one pass over pictures keeps of every unit, whatever the number of pictures: how often it fires and
// how strongly, its strongest places, a uniform sample of all of them, and what nearly fires it.
import { InputError } from '../core/errors.js';
import type { TensorFile, Tensors } from '../formats/safetensors.js';
import { type Firing, peaksOf } from './firing.js';
import { FiringSample } from './firing-sample.js';
import type { NearMisses } from './near-misses.js';
import { Octaves, PER_OCTAVE } from './octaves.js';
import { TopPictures } from './top-examples.js';

export interface SetSizes {
  units: number;
  /** Strongest pictures, and near misses. */
  top: number;
  /** Places of the sample. */
  sample: number;
  seed: number;
  /** Whether near misses are looked for. */
  near: boolean;
}

export class ExampleSets {
  readonly octaves: Octaves;
  readonly top: TopPictures;
  readonly sample: FiringSample;
  readonly near: TopPictures | undefined;
  /** Pictures on which each unit fires. */
  readonly pictures: Uint32Array;

  constructor({ units, top, sample, seed, near }: SetSizes, octaves = new Octaves(units)) {
    this.octaves = octaves;
    this.top = new TopPictures(units, top);
    this.sample = new FiringSample(units, sample, seed);
    this.near = near ? new TopPictures(units, top, Number.NEGATIVE_INFINITY) : undefined;
    this.pictures = new Uint32Array(units);
  }

  add(picture: number, firing: Firing, near?: NearMisses): void {
    const { start, value } = firing;
    for (let u = 0; u < this.pictures.length; u++) {
      if (start[u + 1] > start[u]) this.pictures[u]++;
      for (let i = start[u]; i < start[u + 1]; i++) this.octaves.add(u, value[i]);
    }
    const { values, positions } = peaksOf(firing);
    this.top.add(picture, values, positions);
    this.sample.add(picture, firing);
    if (near) this.near?.add(picture, near.values, near.positions);
  }

  /** What sets of the same sizes know of pictures that come after these: as if one had seen all of them. */
  append(other: ExampleSets): void {
    this.octaves.append(other.octaves);
    this.top.append(other.top);
    this.sample.append(other.sample);
    if (other.near) this.near?.append(other.near);
    for (const [u, n] of other.pictures.entries()) this.pictures[u] += n;
  }

  /** For a file; views that live until the next add(). */
  tensors(name: string): Tensors {
    const { units, most } = this.sample;
    const { octaves, counts, sums } = this.octaves.tensors();
    const out: Tensors = {
      octaves: { shape: [octaves.length], data: octaves },
      counts: { shape: [octaves.length, PER_OCTAVE], data: counts },
      sums: { shape: [octaves.length, PER_OCTAVE], data: sums },
    };
    for (const [key, data] of this.#fixed())
      out[key] = { shape: shapeOf(key, units, most, this.top.most), data };
    return Object.fromEntries(Object.entries(out).map(([key, tensor]) => [`${name}.${key}`, tensor]));
  }

  /** What tensors() made of sets of these sizes. InputError: others. */
  static from(sizes: SetSizes, name: string, { tensors }: TensorFile, label: string): ExampleSets {
    const bytes = (key: string): Uint8Array<ArrayBuffer> => {
      const tensor = tensors.get(`${name}.${key}`);
      if (!tensor) throw new InputError(`${label}: has no ${name}.${key}`);
      return tensor.bytes.slice();
    };
    const octaves = new Octaves(sizes.units, {
      octaves: new Int32Array(bytes('octaves').buffer),
      counts: new Uint32Array(bytes('counts').buffer),
      sums: new Float64Array(bytes('sums').buffer),
    });
    const sets = new ExampleSets(sizes, octaves);
    for (const [key, data] of sets.#fixed()) {
      const found = bytes(key);
      if (found.length !== data.byteLength)
        throw new InputError(`${label}: ${name}.${key} is of ${found.length} bytes, not ${data.byteLength}`);
      new Uint8Array(data.buffer).set(found);
    }
    return sets;
  }

  /** Arrays whose sizes are known beforehand. */
  #fixed(): [string, Float32Array | Int32Array | Uint32Array][] {
    const { sample, top, near } = this;
    const lists = (key: string, { picture, position, value }: TopPictures) =>
      Object.entries({ picture, position, value }).map(
        ([part, data]) => [`${key}.${part}`, data] as [string, Float32Array | Int32Array],
      );
    return [
      ['pictures', this.pictures],
      ['sample.size', sample.size],
      ['sample.number', sample.number],
      ['sample.picture', sample.picture],
      ['sample.position', sample.position],
      ['sample.value', sample.value],
      ...lists('top', top),
      ...(near ? lists('near', near) : []),
    ];
  }
}

function shapeOf(key: string, units: number, sample: number, top: number): number[] {
  if (key === 'pictures' || key === 'sample.size') return [units];
  return [units, key.startsWith('sample') ? sample : top];
}
