// f32_jumprelu: JumpReLU on list entries and its straight-through gradients (METHODS 3.5):
//   f = pre * H(pre - theta), H strict;  K(u) = 1 on (-1/2, 1/2), else 0
//   df/dpre = H;  df/dtheta = -(theta / eps) K((pre - theta) / eps);  dH/dtheta = -(1 / eps) K
import { f64_tanh } from "../math/f64";

/** value = f of n entries with pre-activations `pre` and thresholds theta[index]. Returns how many are active. */
export function f32_jumprelu(index: usize, pre: usize, n: i32, theta: usize, value: usize): i32 {
  let active = 0;
  for (let i = 0; i < n; i++) {
    const p = load<f32>(pre), on = p > load<f32>(theta + (<usize>load<i32>(index) << 2));
    store<f32>(value, on ? p : 0);
    active += i32(on);
    index += 4; pre += 4; value += 4;
  }
  return active;
}

/**
 * df: d loss / d f of n entries; becomes d loss / d pre. gTheta[F] gains the thresholds'
 * gradient; `step`: coefficient of H in the loss.
 */
export function f32_jumprelu_grad(index: usize, pre: usize, df: usize, n: i32, theta: usize, width: f32, step: f32, gTheta: usize): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>load<i32>(index) << 2, p = load<f32>(pre), t = load<f32>(theta + at), g = load<f32>(df);
    if (abs(p - t) < <f32>0.5 * width) store<f32>(gTheta + at, load<f32>(gTheta + at) - (t * g + step) / width);
    store<f32>(df, p > t ? g : 0);
    index += 4; pre += 4; df += 4;
  }
}

/**
 * Penalty sum tanh(c f ||w||) times `scale` over n entries: adds its gradient to df and
 * gNorm[F] (with respect to the norms); returns the penalty.
 */
export function f32_tanh_penalty(index: usize, value: usize, df: usize, n: i32, norms: usize, c: f32, scale: f32, gNorm: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < n; i++) {
    const f = load<f32>(value);
    const at = <usize>load<i32>(index) << 2, w = load<f32>(norms + at);
    const t = f > 0 ? f64_tanh(<f64>(c * f * w)) : 0;
    const slope = <f32>(<f64>scale * (1 - t * t)) * c;
    sum += t;
    store<f32>(df, load<f32>(df) + slope * w);
    store<f32>(gNorm + at, load<f32>(gNorm + at) + slope * f);
    index += 4; value += 4; df += 4;
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
