// The losses of METHODS 3 in plain f64: the twin of src/sae/step.ts.

export interface Weights {
  /** [F][D], as the trainer holds it */
  wEnc: Float64Array;
  wDec: Float64Array;
  bEnc: Float64Array;
  bDec: Float64Array;
}

export interface Shape {
  d: number;
  f: number;
  n: number;
}

const pre = (w: Weights, x: Float64Array, { d, f }: Shape, s: number, centre: boolean): Float64Array =>
  Float64Array.from({ length: f }, (_, i) => {
    let sum = w.bEnc[i];
    for (let j = 0; j < d; j++) sum += (x[s * d + j] - (centre ? w.bDec[j] : 0)) * w.wEnc[i * d + j];
    return sum;
  });

/** Indices of the k largest of `values` among `allowed` that are > 0, lowest index first among equals. */
export function largest(values: Float64Array, allowed: number[], k: number): number[] {
  return allowed
    .filter((i) => values[i] > 0)
    .sort((a, b) => values[b] - values[a] || a - b)
    .slice(0, k);
}

function decode(w: Weights, { d }: Shape, latents: [number, number][], bias: boolean): Float64Array {
  return Float64Array.from({ length: d }, (_, j) =>
    latents.reduce((s, [i, v]) => s + v * w.wDec[i * d + j], bias ? w.bDec[j] : 0),
  );
}

/** sum over samples of ||x - mean||^2 */
export function spread(x: Float64Array, { d, n }: Shape): number {
  const mean = new Float64Array(d);
  for (let e = 0; e < n * d; e++) mean[e % d] += x[e] / n;
  let sum = 0;
  for (let e = 0; e < n * d; e++) sum += (x[e] - mean[e % d]) ** 2;
  return sum;
}

/** mean[ ||x - xhat||^2 + l1 sum_i f_i ||W_dec_i|| ] */
export function reluLoss(w: Weights, x: Float64Array, shape: Shape, l1: number): number {
  const { d, f, n } = shape;
  const norms = Array.from({ length: f }, (_, i) =>
    Math.sqrt(w.wDec.subarray(i * d, (i + 1) * d).reduce((s, v) => s + v * v, 0)),
  );
  let loss = 0;
  for (let s = 0; s < n; s++) {
    const p = pre(w, x, shape, s, false);
    const active: [number, number][] = [];
    for (let i = 0; i < f; i++) if (p[i] > 0) active.push([i, p[i]]);
    const xhat = decode(w, shape, active, true);
    for (let j = 0; j < d; j++) loss += (xhat[j] - x[s * d + j]) ** 2 / n;
    for (const [i, v] of active) loss += (l1 * v * norms[i]) / n;
  }
  return loss;
}

/** nMSE(xhat, x) + c nMSE(ehat, e), with e taken from `frozen` (stop-gradient). */
export function topkLoss(
  w: Weights,
  x: Float64Array,
  shape: Shape,
  k: number,
  aux: { k: number; c: number; dead: number[] },
  frozen: Weights = w,
): number {
  const { d, f, n } = shape;
  const all = Array.from({ length: f }, (_, i) => i);
  const main = (v: Weights, s: number) => {
    const p = pre(v, x, shape, s, true);
    return {
      p,
      xhat: decode(
        v,
        shape,
        largest(p, all, k).map((i) => [i, p[i]]),
        true,
      ),
    };
  };
  const e = new Float64Array(n * d);
  let squared = 0;
  let auxiliary = 0;
  for (let s = 0; s < n; s++) {
    const still = main(frozen, s).xhat;
    for (let j = 0; j < d; j++) e[s * d + j] = x[s * d + j] - still[j];
  }
  for (let s = 0; s < n; s++) {
    const { p, xhat } = main(w, s);
    for (let j = 0; j < d; j++) squared += (xhat[j] - x[s * d + j]) ** 2;
    if (!aux.dead.length) continue;
    const ehat = decode(
      w,
      shape,
      largest(p, aux.dead, aux.k).map((i) => [i, p[i]]),
      false,
    );
    for (let j = 0; j < d; j++) auxiliary += (ehat[j] - e[s * d + j]) ** 2;
  }
  return squared / spread(x, shape) + (aux.dead.length ? (aux.c * auxiliary) / spread(e, shape) : 0);
}

/** Central differences of `loss` in every weight. */
export function numericalGradient(w: Weights, loss: (w: Weights) => number): Weights {
  const h = 1e-6;
  const out = {} as Weights;
  for (const key of ['wEnc', 'wDec', 'bEnc', 'bDec'] as const) {
    out[key] = w[key].map((_, i) => {
      const at = (v: number) => {
        const copy = w[key].slice();
        copy[i] += v;
        return loss({ ...w, [key]: copy });
      };
      return (at(h) - at(-h)) / (2 * h);
    });
  }
  return out;
}
