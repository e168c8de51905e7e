// f32_preact_correction: the penalty on dead latents of JumpReLU SAEs (METHODS 3.5), over few entries instead of all samples.

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
