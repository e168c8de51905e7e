// f32_sae_rescore, naive. One product after the other, nothing left out by bounds.
export function f32_sae_rescore_masks(masks: usize, maskStride: i32, n: i32, x: usize, wEnc: usize, bias: usize, thresholds: usize, d: i32, first: i32, count: i32, ends: usize, sample: usize, value: usize, at: i32, capacity: i32, scratch: usize): i32 {
  for (let i = 0; i < count; i++) {
    const f = <usize>(first + i) << 2;
    for (let s = 0; s < n; s++) {
      if (!(load<u8>(masks + <usize>(i * maskStride + (s >> 3))) & (1 << (s & 7)))) continue;
      let p = load<f32>(bias + f);
      for (let j: usize = 0; j < <usize>d << 2; j += 4)
        p += load<f32>(x + (<usize>(s * d) << 2) + j) * load<f32>(wEnc + f * <usize>d + j);
      if (!(p > load<f32>(thresholds + f))) continue;
      if (at == capacity) return -1;
      store<i32>(sample + (<usize>at << 2), s);
      store<f32>(value + (<usize>at << 2), p);
      at++;
    }
    store<i32>(ends + f, at, 4);
  }
  return at;
}
