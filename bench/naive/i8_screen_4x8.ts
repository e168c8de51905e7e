// i8_screen_4x8, naive. One bound after the other.
function sumOf(w: usize, x: usize, d: i32): i32 {
  let sum = 0;
  for (let j = 0; j < d; j += 2) {
    sum += <i32>load<i8>(w) * <i32>load<i16>(x) + <i32>load<i8>(w, 1) * <i32>load<i16>(x, 2);
    w += 2; x += 32;
  }
  return sum;
}

export function i8_screen_4x8(x16: usize, panelCount: i32, inverseX: usize, thresholds: usize, codes: usize, inverseW: usize, bound: usize, n: i32, d: i32, first: i32, indices: usize, values: usize, counts: usize, capacity: i32, scratch: usize): void {
  for (let r = 0; r < n; r++)
    for (let q = 0; q < 8 * panelCount; q++) {
      const at = <usize>r << 2, own = <usize>q << 2;
      const sum = sumOf(codes + <usize>(r * d), x16 + <usize>((q >> 3) * d << 4) + (<usize>(q & 7) << 2), d);
      const u = <f32>sum * load<f32>(inverseX + own) * load<f32>(inverseW + at) + load<f32>(bound + at);
      if (u < load<f32>(thresholds + own)) continue;
      const m = load<i32>(counts + own), to = <usize>(q * capacity + m) << 2;
      store<i32>(indices + to, first + r);
      store<f32>(values + to, u);
      store<i32>(counts + own, m + 1);
    }
}
