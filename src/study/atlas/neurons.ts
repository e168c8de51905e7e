// What the pages show of the neurons of a tap: the same files as of features. A neuron fires nearly everywhere a little, so that
// lists of all of it would be larger than the vectors: its strongest rows are of all rows, its levels of an even sample of them.
import { encodeSafetensors } from '../../formats/safetensors.js';
import type { Rows } from '../../sae/cosines.js';
import type { ByFeature } from '../../units/active-lists.js';
import { RELATIVES } from '../../units/co-occurrence.js';
import { featuresOfNeurons, similarFeatures } from '../../units/similarity.js';
import { evenRow } from '../../vectors/even-rows.js';
import type { MatrixRows } from '../../vectors/matrix.js';
import { documentsOf, type FeatureWork, rankOf } from './features.js';
import { FEATURE_PIECE, featureFile, tableFile } from './format.js';

/** Rows of the sample at most, so that a page fetches some 4 MB for a neuron; and its values, 33 MB. */
const [MOST_ROWS, MOST_VALUES] = [2 ** 14, 2 ** 23];
/** Rows that fire a neuron most, of all. */
export const TOP_ROWS = 64;
const BLOCK = 4096;

/** Writes the table and the files of all neurons. */
export async function writeNeurons(
  { engine, storage, decoders, check, progress }: FeatureWork,
  rows: MatrixRows,
): Promise<{ rows: number }> {
  const [documents, d] = rows.shape;
  progress.start('neurons');
  const sampled = Math.min(documents, MOST_ROWS, Math.max(1, Math.floor(MOST_VALUES / d)));
  const { values, fires, top } = await read(rows, sampled, check);
  const columns = listsOf(values, sampled, documents);
  const together = similarFeatures(engine, centred(values, sampled), sampled);
  const nearest = decoders.map((decoder) => featuresOfNeurons(engine, decoder, d));
  await storage.write(
    tableFile('neurons'),
    encodeSafetensors({
      fires: { shape: [d], data: fires },
      best: { shape: [d], data: Int32Array.from(fires, (_, n) => top.row[n * TOP_ROWS]) },
      largest: { shape: [d], data: Float32Array.from(fires, (_, n) => top.value[n * TOP_ROWS]) },
      strength: { shape: [d], data: strengths(values, sampled, d) },
    }),
  );
  for (let first = 0; first < d; first += FEATURE_PIECE) {
    check();
    const n = Math.min(FEATURE_PIECE, d - first);
    const part = <T extends Int32Array | Float32Array>(all: T, width: number) => ({
      shape: [n, width],
      data: all.slice(first * width, (first + n) * width) as T,
    });
    const tensors = {
      ...documentsOf(columns, first, n),
      'top.document': part(top.row, TOP_ROWS),
      'top.value': part(top.value, TOP_ROWS),
      'together.index': part(together.index, RELATIVES),
      'together.share': part(together.cosine, RELATIVES),
      ...Object.fromEntries(
        nearest.flatMap(({ index, cosine }, to) => [
          [`to${to}.index`, part(index, RELATIVES)],
          [`to${to}.cosine`, part(cosine, RELATIVES)],
        ]),
      ),
    };
    await storage.write(featureFile('neurons', first), encodeSafetensors(tensors));
  }
  progress.finish(`${d} neurons, all values of ${sampled} rows`);
  return { rows: sampled };
}

interface Read {
  /** The sample, [sampled][d]. */
  values: Float32Array;
  /** [d], rows of all with a value above 0. */
  fires: Int32Array;
  /** [d][TOP_ROWS], largest values above 0 first, of equal ones the lower row; -1 beyond the last. */
  top: { row: Int32Array; value: Float32Array };
}

async function read(rows: MatrixRows, sampled: number, check: () => void): Promise<Read> {
  const [documents, d] = rows.shape;
  const values = new Float32Array(sampled * d);
  const fires = new Int32Array(d);
  const top = { row: new Int32Array(d * TOP_ROWS).fill(-1), value: new Float32Array(d * TOP_ROWS) };
  let taken = 0;
  for (let first = 0; first < documents; first += BLOCK) {
    check();
    const n = Math.min(BLOCK, documents - first);
    const x = await rows.rows(first, n);
    for (let s = 0; s < n; s++) {
      const row = x.subarray(s * d, (s + 1) * d);
      if (taken < sampled && evenRow(taken, sampled, documents) === first + s) values.set(row, taken++ * d);
      for (let j = 0; j < d; j++) {
        if (!(row[j] > 0)) continue;
        fires[j]++;
        if (row[j] > top.value[(j + 1) * TOP_ROWS - 1]) insert(top, j * TOP_ROWS, first + s, row[j]);
      }
    }
  }
  return { values, fires, top };
}

/** Before the first smaller one of the list that begins at `from`; the last is lost. */
function insert({ row, value }: Read['top'], from: number, document: number, v: number): void {
  let at = from + TOP_ROWS - 1;
  for (; at > from && value[at - 1] < v; at--) {
    value[at] = value[at - 1];
    row[at] = row[at - 1];
  }
  value[at] = v;
  row[at] = document;
}

/** Values above 0 of the sample, neuron by neuron, with the rows of all that they are of. */
function listsOf(values: Float32Array, sampled: number, documents: number): ByFeature {
  const d = values.length / sampled;
  const start = new Int32Array(d + 1);
  for (let i = 0; i < values.length; i++) if (values[i] > 0) start[(i % d) + 1]++;
  for (let j = 0; j < d; j++) start[j + 1] += start[j];
  const at = start.slice(0, d);
  const lists = { start, document: new Int32Array(start[d]), value: new Float32Array(start[d]) };
  for (let s = 0; s < sampled; s++) {
    const document = evenRow(s, sampled, documents);
    for (let j = 0; j < d; j++) {
      const v = values[s * d + j];
      if (!(v > 0)) continue;
      lists.document[at[j]] = document;
      lists.value[at[j]++] = v;
    }
  }
  return lists;
}

/** The 99.9th percentile over the sample, as of features over all rows; 0 where it is below. */
function strengths(values: Float32Array, sampled: number, d: number): Float32Array {
  const column = new Float32Array(sampled);
  return Float32Array.from({ length: d }, (_, j) => {
    for (let s = 0; s < sampled; s++) column[s] = values[s * d + j];
    column.sort();
    return Math.max(0, column[sampled - 1 - rankOf(sampled)]);
  });
}

/** Each neuron's values over the sample less their mean, [d][sampled]: the cosine of two rows is their correlation (Pearson). */
function centred(values: Float32Array, sampled: number): Rows {
  const d = values.length / sampled;
  const data = new Float32Array(values.length);
  for (let j = 0; j < d; j++) {
    let sum = 0;
    for (let s = 0; s < sampled; s++) sum += values[s * d + j];
    for (let s = 0; s < sampled; s++) data[j * sampled + s] = values[s * d + j] - sum / sampled;
  }
  return { count: d, data };
}
