// A step of FastICA, the rows of its matrix each on its own: also as a task of other threads, to the bits of one.
import type { CoreMath } from '../../core/math.js';
import type { Task } from '../../vectors/task-context.js';

/** What an update is of: w [m][m], z [n][m]. */
export interface IcaStep {
  w: Float64Array;
  z: Float64Array;
  m: number;
}

/**
 * Rows `from` .. `to` of w_i <- E{z g(w_i z)} - E{g'(w_i z)} w_i, each on its own. Four samples at a time: their products are sums of their own, which
 * need not wait for each other, and what is added to `next` is added in the order of the samples.
 */
export function update(math: CoreMath, { w, z, m }: IcaStep, from: number, to: number): Float64Array {
  const n = z.length / m;
  const next = new Float64Array((to - from) * m);
  for (let i = from; i < to; i++) {
    const at = i * m;
    const own = at - from * m;
    let slope = 0;
    let s = 0;
    for (; s + 4 <= n; s += 4) {
      const [at0, at1, at2, at3] = [s * m, (s + 1) * m, (s + 2) * m, (s + 3) * m];
      let [y0, y1, y2, y3] = [0, 0, 0, 0];
      for (let k = 0; k < m; k++) {
        const v = w[at + k];
        y0 += v * z[at0 + k];
        y1 += v * z[at1 + k];
        y2 += v * z[at2 + k];
        y3 += v * z[at3 + k];
      }
      const [g0, g1, g2, g3] = [math.tanh(y0), math.tanh(y1), math.tanh(y2), math.tanh(y3)];
      slope += 1 - g0 * g0;
      slope += 1 - g1 * g1;
      slope += 1 - g2 * g2;
      slope += 1 - g3 * g3;
      for (let k = 0; k < m; k++)
        next[own + k] = next[own + k] + g0 * z[at0 + k] + g1 * z[at1 + k] + g2 * z[at2 + k] + g3 * z[at3 + k];
    }
    for (; s < n; s++) {
      let y = 0;
      for (let k = 0; k < m; k++) y += w[at + k] * z[s * m + k];
      const g = math.tanh(y);
      slope += 1 - g * g;
      for (let k = 0; k < m; k++) next[own + k] += g * z[s * m + k];
    }
    for (let k = 0; k < m; k++) next[own + k] = (next[own + k] - slope * w[at + k]) / n;
  }
  return next;
}

/** Rows `from` .. `to` of a step. */
export interface IcaRows extends IcaStep {
  from: number;
  to: number;
}

const rows: Task = async ({ from, to, ...step }: IcaRows, { engine }) => {
  const value = update(engine.math, step, from, to);
  return { value, transfer: [value.buffer] };
};

export const icaTasks: Record<string, Task> = { ica: rows };
