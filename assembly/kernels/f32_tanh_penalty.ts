// f32_tanh_penalty: the tanh sparsity penalty of JumpReLU SAEs (METHODS 3.5).
import { f64_tanh } from "../math/f64";

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
