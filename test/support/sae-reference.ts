// The losses of METHODS 3 in plain f64: the twin of src/sae/step.ts.

export interface Weights {
  /** [F][D], as the trainer holds it */
  wEnc: Float64Array;
  wDec: Float64Array;
  /** b_gate of the gated architecture */
  bEnc: Float64Array;
  bDec: Float64Array;
  /** Further parameters by name: b_mag, r_mag, threshold, W, Lambda, m. */
  [extra: string]: Float64Array;
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

/** Squared error of the reconstruction from `latents` of sample s. */
function squaredError(
  w: Weights,
  x: Float64Array,
  shape: Shape,
  s: number,
  latents: [number, number][],
  bias = true,
): number {
  const { d } = shape;
  const xhat = decode(w, shape, latents, bias);
  let sum = 0;
  for (let j = 0; j < d; j++) sum += (xhat[j] - x[s * d + j]) ** 2;
  return sum;
}

/** mean[ ||x - xhat||^2 + l1 sum_i f_i^p ], b_dec at the input */
export function powerLoss(w: Weights, x: Float64Array, shape: Shape, l1: number, p: number): number {
  const { f, n } = shape;
  let loss = 0;
  for (let s = 0; s < n; s++) {
    const values = pre(w, x, shape, s, true);
    const active: [number, number][] = [];
    for (let i = 0; i < f; i++) if (values[i] > 0) active.push([i, values[i]]);
    loss += squaredError(w, x, shape, s, active) / n;
    for (const [, v] of active) loss += (l1 * v ** p) / n;
  }
  return loss;
}

/** METHODS 3.4, with the decoder and b_dec of the auxiliary reconstruction taken from `frozen`. */
export function gatedLoss(
  w: Weights,
  x: Float64Array,
  shape: Shape,
  l1: number,
  frozen: Weights = w,
): number {
  const { d, f, n } = shape;
  const bare = { ...w, bEnc: new Float64Array(f) };
  let loss = 0;
  for (let s = 0; s < n; s++) {
    const c = pre(bare, x, shape, s, true);
    const gates: [number, number][] = [];
    const active: [number, number][] = [];
    for (let i = 0; i < f; i++) {
      const pi = c[i] + w.bEnc[i];
      if (!(pi > 0)) continue;
      gates.push([i, pi]);
      const magnitude = Math.exp(w.r_mag[i]) * c[i] + w.b_mag[i];
      if (magnitude > 0) active.push([i, magnitude]);
      loss += (l1 * pi) / n;
    }
    loss += squaredError(w, x, shape, s, active) / n;
    loss += squaredError({ ...w, wDec: frozen.wDec, bDec: frozen.bDec }, x, { d, f, n }, s, gates) / n;
  }
  return loss;
}

export interface JumpRelu {
  penalty: 'tanh' | 'step' | 'quadratic';
  l1: number;
  bandwidth: number;
  targetL0: number;
  dead: number[];
}

const TANH_SCALE = 4;
const PREACT = 3e-6;
const normsOf = ({ wDec }: Weights, { d, f }: Shape) =>
  Array.from({ length: f }, (_, i) =>
    Math.sqrt(wDec.subarray(i * d, (i + 1) * d).reduce((s, v) => s + v * v, 0)),
  );

/** METHODS 3.5. */
export function jumpReluLoss(w: Weights, x: Float64Array, shape: Shape, o: JumpRelu): number {
  const { f, n } = shape;
  const norms = normsOf(w, shape);
  let [loss, l0] = [0, 0];
  for (let s = 0; s < n; s++) {
    const p = pre(w, x, shape, s, false);
    const active: [number, number][] = [];
    for (let i = 0; i < f; i++) if (p[i] > w.threshold[i]) active.push([i, p[i]]);
    l0 += active.length / n;
    loss += squaredError(w, x, shape, s, active) / n;
    if (o.penalty !== 'tanh') continue;
    for (const [i, v] of active) loss += (o.l1 * Math.tanh(TANH_SCALE * v * norms[i])) / n;
    for (const i of o.dead) loss += (PREACT * Math.max(0, w.threshold[i] - p[i]) * norms[i]) / n;
  }
  if (o.penalty === 'step') loss += o.l1 * l0;
  if (o.penalty === 'quadratic') loss += o.l1 * (l0 / o.targetL0 - 1) ** 2;
  return loss;
}

/** d loss / d theta by the straight-through formulas, term by term over all samples and latents. */
export function jumpReluThresholds(w: Weights, x: Float64Array, shape: Shape, o: JumpRelu): Float64Array {
  const { d, f, n } = shape;
  const norms = normsOf(w, shape);
  const kernel = (u: number) => (Math.abs(u) < 0.5 ? 1 : 0);
  const pres = Array.from({ length: n }, (_, s) => pre(w, x, shape, s, false));
  const l0 = pres.reduce((sum, p) => sum + p.reduce((c, v, i) => c + (v > w.threshold[i] ? 1 : 0), 0), 0) / n;
  const out = new Float64Array(f);
  for (let s = 0; s < n; s++) {
    const p = pres[s];
    const active: [number, number][] = [];
    for (let i = 0; i < f; i++) if (p[i] > w.threshold[i]) active.push([i, p[i]]);
    const xhat = decode(w, shape, active, true);
    for (let i = 0; i < f; i++) {
      const theta = w.threshold[i];
      const k = kernel((p[i] - theta) / o.bandwidth);
      // d loss / d f_i of this sample
      let df = 0;
      for (let j = 0; j < d; j++) df += (2 / n) * (xhat[j] - x[s * d + j]) * w.wDec[i * d + j];
      if (o.penalty === 'tanh') {
        const v = p[i] > theta ? p[i] : 0;
        df += (o.l1 / n) * TANH_SCALE * norms[i] * (1 - Math.tanh(TANH_SCALE * v * norms[i]) ** 2);
        if (o.dead.includes(i) && p[i] < theta) out[i] += (PREACT / n) * norms[i];
      }
      out[i] += df * -(theta / o.bandwidth) * k;
      const step =
        o.penalty === 'step'
          ? o.l1 / n
          : o.penalty === 'quadratic'
            ? (2 * o.l1 * (l0 / o.targetL0 - 1)) / (o.targetL0 * n)
            : 0;
      out[i] += (step * -k) / o.bandwidth;
    }
  }
  return out;
}

/** Latents of each sample among the k n largest pre > 0 of the batch, the first of equals. */
export function batchLargest(w: Weights, x: Float64Array, shape: Shape, k: number): [number, number][][] {
  const { f, n } = shape;
  const all: { s: number; i: number; v: number }[] = [];
  for (let s = 0; s < n; s++) {
    const p = pre(w, x, shape, s, true);
    for (let i = 0; i < f; i++) if (p[i] > 0) all.push({ s, i, v: p[i] });
  }
  const kept = all.sort((a, b) => b.v - a.v || a.s - b.s || a.i - b.i).slice(0, k * n);
  return Array.from({ length: n }, (_, s) =>
    kept.filter((e) => e.s === s).map((e): [number, number] => [e.i, e.v]),
  );
}

/** Sum over nested prefixes of nMSE (one prefix: BatchTopK). */
export function prefixLoss(
  w: Weights,
  x: Float64Array,
  shape: Shape,
  k: number,
  groups: readonly number[],
): number {
  const latents = batchLargest(w, x, shape, k);
  let squared = 0;
  for (const end of groups)
    for (let s = 0; s < shape.n; s++)
      squared += squaredError(
        w,
        x,
        shape,
        s,
        latents[s].filter(([i]) => i < end),
      );
  return squared / spread(x, shape);
}

/** TopK's main term plus 1/8 nMSE from multiK latents. */
export function multiLoss(w: Weights, x: Float64Array, shape: Shape, k: number, multiK: number): number {
  const all = Array.from({ length: shape.f }, (_, i) => i);
  let [squared, more] = [0, 0];
  for (let s = 0; s < shape.n; s++) {
    const p = pre(w, x, shape, s, true);
    const at = (count: number) => largest(p, all, count).map((i): [number, number] => [i, p[i]]);
    squared += squaredError(w, x, shape, s, at(k));
    more += squaredError(w, x, shape, s, at(multiK));
  }
  return (squared + more / 8) / spread(x, shape);
}

/** Central differences of `loss` in every weight. */
export function numericalGradient(w: Weights, loss: (w: Weights) => number): Weights {
  const h = 1e-6;
  const out = {} as Weights;
  for (const key of Object.keys(w)) {
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
