// f32_sae_weight_grad, naive. Entry by entry, through memory.
export function f32_sae_weight_grad(first: usize, sample: usize, value: usize, df: usize, from: i32, to: i32, dr: usize, xc: usize, d: i32, gDec: usize, gEnc: usize): void {
  for (let f = from; f < to; f++)
    for (let e = load<i32>(first + (<usize>f << 2)); e < load<i32>(first + (<usize>f << 2), 4); e++) {
      const b = load<i32>(sample + (<usize>e << 2)) * d, v = load<f32>(value + (<usize>e << 2)), g = load<f32>(df + (<usize>e << 2));
      for (let c = 0; c < d; c++) {
        const at = <usize>((f - from) * d + c) << 2, x = <usize>(b + c) << 2;
        store<f32>(gDec + at, load<f32>(gDec + at) + v * load<f32>(dr + x));
        store<f32>(gEnc + at, load<f32>(gEnc + at) + g * load<f32>(xc + x));
      }
    }
}
