// Chunks: what the page of a unit, or of a photograph, shows, some of them in one file.

import { encodeSafetensors, type TensorData } from '../../formats/safetensors.js';
import type { Storage } from '../../formats/storage.js';
import { RELATIVES } from '../../units/co-occurrence.js';
import { HISTOGRAM_BINS } from '../../units/histogram.js';
import type { PictureMeasures } from '../../units/picture-pass.js';
import type { Similar } from '../../units/similarity.js';
import { TOP_PICTURES, TOP_UNITS } from '../../units/top-examples.js';
import type { Kind } from '../../units/unit.js';
import type { VectorMeasures } from '../../units/vector-pass.js';
import { CURVE_SAMPLES, chunkFile, PICTURE_CHUNK, UNIT_CHUNK } from './format.js';
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
