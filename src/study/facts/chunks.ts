// Chunks: what the page of a unit, or of a photograph, shows, some of them in one file.

import { encodeSafetensors, type TensorData } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import { RELATIVES } from '../../units/co-occurrence.js';
import type { ExampleSets } from '../../units/example-sets.js';
import { MAPS } from '../../units/heat-maps.js';
import { HISTOGRAM_BINS } from '../../units/histogram.js';
import type { PictureMeasures } from '../../units/picture-pass.js';
import type { Similar } from '../../units/similarity.js';
import { TOP_PICTURES, TOP_UNITS } from '../../units/top-examples.js';
import type { Kind } from '../../units/unit.js';
import type { VectorMeasures } from '../../units/vector-pass.js';
import { type Spot, spotsOf } from '../examples/spots.js';
import { CURVE_SAMPLES, chunkFile, EXAMPLES, mapsFile, PICTURE_CHUNK, RANGE, UNIT_CHUNK } from './format.js';
import { resampled } from './table.js';

export interface UnitMeasures {
  /** [n][720] */
  curves?: readonly Float32Array[];
  /** [F][D] */
  decoder?: { data: Float32Array; d: number };
  similar?: Similar;
  vectors?: VectorMeasures;
  pictures?: PictureMeasures;
}

type Column = { width: number; data: TensorData };

/** Writes the chunks of `n` units; a column that could not be measured is absent from them. */
export async function writeUnitChunks(
  storage: Storage,
  kind: Kind,
  n: number,
  m: UnitMeasures,
): Promise<void> {
  const columns: Record<string, Column> = {};
  const add = (name: string, width: number, data: TensorData | undefined) => {
    if (data) columns[name] = { width, data };
  };
  add('similar.index', RELATIVES, m.similar?.index);
  add('similar.cosine', RELATIVES, m.similar?.cosine);
  const histograms = m.vectors?.histograms[kind];
  add('histogram', HISTOGRAM_BINS, histograms?.counts);
  add('histogram.range', 1, histograms?.range);
  const together = m.vectors?.together[kind]?.relatives;
  add('together.index', RELATIVES, together?.index);
  add('together.score', RELATIVES, together?.score);
  add('together.share', RELATIVES, together?.share);
  const top = m.pictures?.top[kind];
  add('top.picture', TOP_PICTURES, top?.picture);
  add('top.position', TOP_PICTURES, top?.position);
  add('top.value', TOP_PICTURES, top?.value);
  const sets = m.pictures?.sets?.[kind];
  if (sets) for (const [name, [width, data]] of Object.entries(exampleColumns(sets))) add(name, width, data);
  if (kind === 'features' && m.decoder) add('decoder', m.decoder.d, m.decoder.data);
  for (let first = 0; first < n; first += UNIT_CHUNK) {
    const count = Math.min(UNIT_CHUNK, n - first);
    const tensors = slice(columns, first, count);
    if (m.curves) {
      const data = new Float32Array(count * CURVE_SAMPLES);
      for (let i = 0; i < count; i++)
        data.set(resampled(m.curves[first + i], CURVE_SAMPLES), i * CURVE_SAMPLES);
      tensors.curve = { shape: [count, CURVE_SAMPLES], data };
    }
    await storage.write(chunkFile(kind, first), encodeSafetensors(tensors));
  }
  const maps = m.pictures?.maps?.[kind];
  if (!maps || !top) return;
  const { height, width } = maps.grid;
  const column = { map: { width: MAPS * height * width, data: maps.column(top) } };
  for (let first = 0; first < n; first += UNIT_CHUNK)
    await storage.write(
      mapsFile(kind, first),
      encodeSafetensors(slice(column, first, Math.min(UNIT_CHUNK, n - first))),
    );
}

/** Examples of every level and near misses, as rows of one width: -1 beyond the last of a list. */
function exampleColumns(sets: ExampleSets): Record<string, [width: number, data: TensorData]> {
  const { units } = sets.sample;
  const { levels, each } = EXAMPLES;
  const list = (width: number) => ({
    picture: new Int32Array(units * width).fill(-1),
    position: new Int32Array(units * width),
    value: new Float32Array(units * width),
  });
  const put = (into: ReturnType<typeof list>, from: number, spots: readonly Spot[]) => {
    for (const [i, { picture, position, value }] of spots.entries())
      [into.picture[from + i], into.position[from + i], into.value[from + i]] = [picture, position, value];
  };
  const level = list(levels * each);
  const near = list(each);
  const range = new Float32Array(units * levels * RANGE);
  const fires = new Uint32Array(units);
  for (let u = 0; u < units; u++) {
    const spots = spotsOf(sets, u, { levels, each });
    fires[u] = spots.fires;
    for (const [l, { from, to, share, spots: own, fires: places }] of spots.levels.entries()) {
      range.set([from, to, share, places / spots.fires], (u * levels + l) * RANGE);
      put(level, (u * levels + l) * each, own);
    }
    if (spots.near) put(near, u * each, spots.near.slice(0, each));
  }
  const columns: Record<string, [number, TensorData]> = {
    fires: [1, fires],
    pictures: [1, sets.pictures],
    'levels.range': [levels * RANGE, range],
  };
  for (const [part, data] of Object.entries(level)) columns[`levels.${part}`] = [levels * each, data];
  if (sets.near) for (const [part, data] of Object.entries(near)) columns[`near.${part}`] = [each, data];
  return columns;
}

export async function writePictureChunks(
  storage: Storage,
  pictures: number,
  m: PictureMeasures,
): Promise<void> {
  const columns: Record<string, Column> = {};
  for (const [kind, strongest] of Object.entries(m.strongest))
    for (const [name, data] of Object.entries(strongest))
      columns[`${kind}.${name}`] = { width: TOP_UNITS, data };
  for (let first = 0; first < pictures; first += PICTURE_CHUNK)
    await storage.write(
      chunkFile('pictures', first),
      encodeSafetensors(slice(columns, first, Math.min(PICTURE_CHUNK, pictures - first))),
    );
}

function slice(columns: Record<string, Column>, first: number, count: number) {
  const tensors: Record<string, { shape: number[]; data: TensorData }> = {};
  for (const [name, { width, data }] of Object.entries(columns))
    tensors[name] = {
      shape: [count, width],
      data: data.subarray(first * width, (first + count) * width) as TensorData,
    };
  return tensors;
}
