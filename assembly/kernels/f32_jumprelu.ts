// f32_jumprelu: JumpReLU on list entries and its straight-through gradients (METHODS 3.5):
//   f = pre * H(pre - theta), H strict;  K(u) = 1 on (-1/2, 1/2), else 0
//   df/dpre = H;  df/dtheta = -(theta / eps) K((pre - theta) / eps);  dH/dtheta = -(1 / eps) K
import { f64_tanh } from "../math/f64";

/**
 * The active entries (pre > theta) of lists per sample, as lists of their own: start2
 * i32[n+1], index2, value2, and at2, where each stands in the lists they come from.
 * Returns how many there are.
 */
export function f32_jumprelu(start: usize, index: usize, pre: usize, n: i32, theta: usize, start2: usize, index2: usize, value2: usize, at2: usize): i32 {
  let to = 0;
  for (let b = 0; b < n; b++) {
    store<i32>(start2, to);
    for (let i = load<i32>(start), end = load<i32>(start, 4); i < end; i++) {
      const p = load<f32>(pre + (<usize>i << 2)), f = load<i32>(index + (<usize>i << 2));
      if (!(p > load<f32>(theta + (<usize>f << 2)))) continue;
      const at = <usize>to << 2;
      store<i32>(index2 + at, f);
      store<f32>(value2 + at, p);
      store<i32>(at2 + at, i);
      to++;
    }
    start += 4; start2 += 4;
  }
  store<i32>(start2, to);
  return to;
}

/**
 * gTheta[F] gains the thresholds' gradient from n entries inside the window. df: d loss / d f
 * of each (of the active ones it is d loss / d pre as well); `step`: coefficient of H.
 */
export function f32_jumprelu_grad(index: usize, pre: usize, df: usize, n: i32, theta: usize, width: f32, step: f32, gTheta: usize): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>load<i32>(index) << 2, p = load<f32>(pre), t = load<f32>(theta + at), g = load<f32>(df);
    if (abs(p - t) < <f32>0.5 * width) store<f32>(gTheta + at, load<f32>(gTheta + at) - (t * g + step) / width);
    index += 4; pre += 4; df += 4;
  }
}

/**
 * Penalty sum tanh(c f ||w||) times `scale` over n entries, f = pre where pre > theta, else
 * 0: adds its gradient to df and gNorm[F] (with respect to the norms); returns the penalty.
 */
export function f32_tanh_penalty(index: usize, pre: usize, df: usize, n: i32, theta: usize, norms: usize, c: f32, scale: f32, gNorm: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>load<i32>(index) << 2, f = load<f32>(pre), w = load<f32>(norms + at);
    let slope = scale * c;
    if (f > load<f32>(theta + at)) {
      const t = f64_tanh(<f64>(c * f * w));
      slope = <f32>(<f64>scale * (1 - t * t)) * c;
      sum += t;
      store<f32>(gNorm + at, load<f32>(gNorm + at) + slope * f);
    }
    store<f32>(df, load<f32>(df) + slope * w);
    index += 4; pre += 4; df += 4;
  }
  return sum * <f64>scale;
}

/**
 * Penalty sum (theta - pre) ||w|| times `scale` over the samples of latents marked in
 * `dead` (i32[F]), where it was taken over all samples: takes back the n entries that have
 * pre >= theta. Adds to dpre, gTheta and gNorm; returns what was added to the penalty.
 */
export function f32_preact_correction(index: usize, pre: usize, dpre: usize, n: i32, theta: usize, norms: usize, dead: usize, scale: f32, gTheta: usize, gNorm: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>load<i32>(index) << 2, excess = load<f32>(pre) - load<f32>(theta + at);
    if (load<i32>(dead + at) != 0 && excess >= 0) {
      const slope = scale * load<f32>(norms + at);
      sum += <f64>excess * <f64>slope;
      store<f32>(dpre, load<f32>(dpre) + slope);
      store<f32>(gTheta + at, load<f32>(gTheta + at) - slope);
      store<f32>(gNorm + at, load<f32>(gNorm + at) + scale * excess);
    }
    index += 4; pre += 4; dpre += 4;
  }
  return sum;
}
