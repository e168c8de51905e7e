// Frozen read-outs: multinomial logistic regression of every attribute, on the train split alone.
//
//   loss = mean_i -log softmax(W z_i + b)[label_i] + L2/2 ||W||^2,  z = (x - mean) / deviation
//
// All numbers begin at 0; full batches, Adam with a rate that falls to 0. The scale of z is folded into W at the end.
import type { Core } from '../../core/core.js';
import type { Engine } from '../../core/engine.js';
import type { CoreMath } from '../../core/math.js';
import { multiply, transposed } from '../../core/matrices.js';
import { Adam } from './adam.js';
import { addNearestSlopes, nearestLogits } from './nearest.js';
import type { Attribute, LinearProbe, Probe } from './types.js';

const STEPS = 300;
const RATE = 0.05;
const L2 = 1e-3;

/** `x` [n][width] of the entities `rows`, in that order. */
export function trainProbe(
  engine: Engine,
  x: Float32Array,
  width: number,
  rows: Int32Array,
  { classes, labels }: Attribute,
): LinearProbe {
  const [n, c] = [rows.length, classes.length];
  const { z, mean, scale } = standardised(x, width);
  const core = engine.acquire();
  const adam = new Adam(engine, c * (width + 1));
  try {
    for (let step = 0; step < STEPS; step++) {
      const all = adam.values;
      const w = all.subarray(0, c * width);
      const slopes = slopesOf(
        core,
        multiply(core, z, transposed(w, width), width),
        all.subarray(c * width),
        rows,
        labels,
      );
      const byW = multiply(core, transposed(slopes, c), z, n);
      const gradient = new Float64Array(all.length);
      for (let i = 0; i < byW.length; i++) gradient[i] = byW[i] + L2 * w[i];
      for (let i = 0; i < slopes.length; i++) gradient[c * width + (i % c)] += slopes[i];
      adam.step(gradient, RATE * (1 - step / STEPS));
    }
    const all = adam.values;
    const weight = new Float32Array(c * width);
    const bias = new Float32Array(c);
    for (let k = 0; k < c; k++) {
      let at = all[c * width + k];
      for (let j = 0; j < width; j++) {
        weight[k * width + j] = all[k * width + j] * scale[j];
        at -= weight[k * width + j] * mean[j];
      }
      bias[k] = at;
    }
    return { weight, bias };
  } finally {
    adam.dispose();
    core.dispose();
  }
}

function standardised(x: Float32Array, width: number) {
  const n = x.length / width;
  const [mean, squares] = [new Float64Array(width), new Float64Array(width)];
  for (let i = 0; i < x.length; i++) mean[i % width] += x[i] / n;
  for (let i = 0; i < x.length; i++) {
    const d = x[i] - mean[i % width];
    squares[i % width] += (d * d) / n;
  }
  // What never changes tells nothing.
  const scale = squares.map((v) => (v > 0 ? 1 / Math.sqrt(v) : 0));
  return { mean, scale, z: x.map((v, i) => (v - mean[i % width]) * scale[i % width]) };
}

/** By the logits: (softmax - one of the label) / n, [n][classes]. */
function slopesOf(
  core: Core,
  logits: Float32Array,
  bias: Float32Array,
  rows: Int32Array,
  labels: Int32Array,
): Float32Array {
  const c = bias.length;
  const n = rows.length;
  const mark = core.mark();
  try {
    const x = core.put(logits.map((v, i) => v + bias[i % c]));
    const [g, scratch] = [core.alloc32(n * c), core.alloc(8 * c)];
    for (let i = 0; i < n; i++)
      core.kernels.f32_cross_entropy({
        ...{ x: x + 4 * i * c, n: c, target: labels[rows[i]], g: g + 4 * i * c, scratch },
      });
    return core.f32(g, n * c).map((v) => v / n);
  } finally {
    core.release(mark);
  }
}

/** Logits [classes] of what was read, [width]. */
export function logitsOf(probe: Probe, values: Float32Array): Float64Array {
  if ('neighbours' in probe) return nearestLogits(probe, values);
  const { weight, bias } = probe;
  const width = values.length;
  return Float64Array.from(bias, (b, k) => {
    let sum = b;
    for (let j = 0; j < width; j++) sum += weight[k * width + j] * values[j];
    return sum;
  });
}

/** The likeliest class; of equals the first. */
export function answerOf(logits: Float64Array): number {
  let best = 0;
  for (let k = 1; k < logits.length; k++) if (logits[k] > logits[best]) best = k;
  return best;
}

/** Adds to `into` [width] the gradient of share * (-log softmax(logits)[target]) by the values that gave the logits. */
export function addSlopes(
  math: CoreMath,
  probe: Probe,
  { values, logits }: { values: Float32Array; logits: Float64Array },
  target: number,
  share: number,
  into: Float64Array,
): void {
  const top = logits[answerOf(logits)];
  const powers = logits.map((v) => math.exp(v - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  const slopes = powers.map((power, k) => share * (power / sum - (k === target ? 1 : 0)));
  if ('neighbours' in probe) {
    addNearestSlopes(probe, values, slopes, into);
    return;
  }
  const { weight } = probe;
  for (const [k, slope] of slopes.entries())
    for (let j = 0; j < into.length; j++) into[j] += slope * weight[k * into.length + j];
}
