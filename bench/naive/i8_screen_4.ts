// i8_screen_4, naive. One row after the other.
export function i8_screen_4(codes: usize, inverseW: usize, bound: usize, n: i32, d: i32, query: usize, inverseX: f32, threshold: f32, first: i32, index: usize, value: usize, count: i32, scratch: usize): i32 {
  for (let r = 0; r < n; r++) {
    let sum = 0;
    for (let j = 0; j < d; j++) sum += <i32>load<i8>(codes + <usize>(r * d + j)) * <i32>load<i16>(query + (<usize>j << 1));
    const at = <usize>r << 2;
    const u = <f32>sum * load<f32>(inverseW + at) * inverseX + load<f32>(bound + at);
    if (u < threshold) continue;
    store<i32>(index + (<usize>count << 2), first + r);
    store<f32>(value + (<usize>count << 2), u);
    count++;
  }
  return count;
}
