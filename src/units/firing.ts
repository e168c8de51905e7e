// Where units fire on one picture: unit after unit, its positions in order, and how strongly.
import type { LoadedSae } from '../sae/inference.js';

export interface Firing {
  /** [units + 1]: unit u has entries start[u] .. start[u + 1]. */
  start: Int32Array;
  /** y * W + x of the tap. */
  position: Int32Array;
  /** Above 0. */
  value: Float32Array;
}

/** Of neurons: x [positions][units], the tap as it is. */
export function firingOf(x: Float32Array, units: number): Firing {
  const start = new Int32Array(units + 1);
  for (let i = 0; i < x.length; i += units) for (let u = 0; u < units; u++) if (x[i + u] > 0) start[u + 1]++;
  const at = ends(start);
  const total = start[units];
  const [position, value] = [new Int32Array(total), new Float32Array(total)];
  for (let i = 0, p = 0; i < x.length; i += units, p++)
    for (let u = 0; u < units; u++) {
      if (!(x[i + u] > 0)) continue;
      position[at[u]] = p;
      value[at[u]++] = x[i + u];
    }
  return { start, position, value };
}

/** Of features: x [positions][d_in], the vectors that the SAE reads. */
export function firingOfSae(sae: LoadedSae, x: Float32Array): Firing {
  const { dIn, dSae } = sae.config;
  const entries: { unit: Int32Array; position: Int32Array; value: Float32Array }[] = [];
  const start = new Int32Array(dSae + 1);
  sae.visit(x, x.length / dIn, (first, count, lists) => {
    const position = new Int32Array(lists.index.length);
    for (let s = 0; s < count; s++) position.fill(first + s, lists.start[s], lists.start[s + 1]);
    entries.push({ unit: lists.index.slice(), position, value: lists.value.slice() });
    for (let i = 0; i < lists.index.length; i++) if (lists.value[i] > 0) start[lists.index[i] + 1]++;
  });
  const at = ends(start);
  const [position, value] = [new Int32Array(start[dSae]), new Float32Array(start[dSae])];
  for (const block of entries)
    for (let i = 0; i < block.unit.length; i++) {
      if (!(block.value[i] > 0)) continue;
      const to = at[block.unit[i]]++;
      position[to] = block.position[i];
      value[to] = block.value[i];
    }
  return { start, position, value };
}

/** Counts, each behind its unit, become where units begin; returned, where the next entry of each goes. */
function ends(start: Int32Array): Int32Array {
  for (let u = 1; u < start.length; u++) start[u] += start[u - 1];
  return start.slice(0, -1);
}

/** Largest value per unit; its position y * W + x. */
export interface Maxima {
  values: Float32Array;
  positions: Int32Array;
}

/** The largest value of each unit and where; of equal ones the first. 0 where it does not fire. */
export function peaksOf({ start, position, value }: Firing): Maxima {
  const units = start.length - 1;
  const [values, positions] = [new Float32Array(units), new Int32Array(units)];
  for (let u = 0; u < units; u++)
    for (let i = start[u]; i < start[u + 1]; i++)
      if (value[i] > values[u]) [values[u], positions[u]] = [value[i], position[i]];
  return { values, positions };
}
