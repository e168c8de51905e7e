// f32_sums_by_index: sums per latent of list entries.

/** sums[index[i]] += value[i], entries in order. */
export function f32_sums_by_index(index: usize, value: usize, n: i32, sums: usize): void {
  const end = index + (<usize>n << 2);
  while (index < end) {
    const at = sums + (<usize>load<i32>(index) << 2);
    store<f32>(at, load<f32>(at) + load<f32>(value));
    index += 4; value += 4;
  }
}
