// f32_jumprelu: JumpReLU on list entries and its straight-through gradients (METHODS 3.5):
//   f = pre * H(pre - theta), H strict;  K(u) = 1 on (-1/2, 1/2), else 0
//   df/dpre = H;  df/dtheta = -(theta / eps) K((pre - theta) / eps);  dH/dtheta = -(1 / eps) K

/**
 * The active entries (pre > theta) of lists per sample, as lists of their own:
 * activeStart i32[n+1], activeIndex, activeValue, and activeAt, where each stands in the lists they come from.
 * Returns how many there are.
 */
export function f32_jumprelu(start: usize, index: usize, pre: usize, n: i32, theta: usize, activeStart: usize, activeIndex: usize, activeValue: usize, activeAt: usize): i32 {
  let to = 0;
  for (let b = 0; b < n; b++) {
    store<i32>(activeStart, to);
    for (let i = load<i32>(start), end = load<i32>(start, 4); i < end; i++) {
      const p = load<f32>(pre + (<usize>i << 2)), f = load<i32>(index + (<usize>i << 2));
      if (!(p > load<f32>(theta + (<usize>f << 2)))) continue;
      const at = <usize>to << 2;
      store<i32>(activeIndex + at, f);
      store<f32>(activeValue + at, p);
      store<i32>(activeAt + at, i);
      to++;
    }
    start += 4; activeStart += 4;
  }
  store<i32>(activeStart, to);
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
