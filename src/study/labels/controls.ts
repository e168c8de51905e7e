// What the same naming gives for directions that nobody trained: random ones, and single dimensions of the vectors.
// Each "fires" on its largest projections, as many documents as a feature of the SAE does.
import type { Core } from '../../core/core.js';
import { type ActiveOptions, visitDocuments } from '../../units/active-lists.js';
import { Products } from '../../vectors/products.js';
import type { VectorSource } from '../../vectors/types.js';
import type { Column } from './score.js';

/** More rows than a call of visitDocuments gives. */
const ROWS = 512;

/**
 * Of each direction [d] the documents of its `fires[i]` largest projections; activation: above the largest that does
 * not fire. Memory: directions x documents floats.
 */
export async function projectedColumns(
  core: Core,
  source: VectorSource,
  directions: Float32Array,
  fires: readonly number[],
  options: ActiveOptions,
): Promise<Column[]> {
  const documents = Math.min(options.most ?? source.count, source.count);
  const products = new Products(core, directions, source.d, ROWS);
  const projection = fires.map(() => new Float32Array(documents));
  await visitDocuments(source, options, ROWS, (x, first) => {
    const values = products.of(x);
    const n = x.length / source.d;
    for (let s = 0; s < n; s++)
      for (let i = 0; i < fires.length; i++) projection[i][first + s] = values[s * fires.length + i];
  });
  return projection.map((values, i) => largest(values, Math.min(fires[i], documents - 1)));
}

function largest(values: Float32Array, count: number): Column {
  const threshold = values.slice().sort()[values.length - count - 1];
  const document: number[] = [];
  for (let s = 0; s < values.length; s++) if (values[s] > threshold) document.push(s);
  return {
    document: Int32Array.from(document),
    value: Float32Array.from(document, (s) => values[s] - threshold),
  };
}
