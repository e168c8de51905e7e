// f32_sae_pick_8: values of list entries from panels of 8 samples, as f32_sae_encode_4x8 leaves them.

/** out[i] of the entries of n samples from a dense tile [n/8][F][8]. */
export function f32_sae_pick_8(start: usize, index: usize, n: i32, tile: usize, f: i32, out: usize): void {
  for (let b = 0; b < n; b++) {
    const row = tile + (<usize>((b >> 3) * f) << 5) + (<usize>(b & 7) << 2);
    for (let i = load<i32>(start), end = load<i32>(start, 4); i < end; i++)
      store<f32>(out + (<usize>i << 2), load<f32>(row + (<usize>load<i32>(index + (<usize>i << 2)) << 5)));
    start += 4;
  }
}
