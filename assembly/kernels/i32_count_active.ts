// i32_count_active: how often each latent fired.

/** counts[F] += the entries with value > 0 of each latent; returns how many there are. */
export function i32_count_active(index: usize, value: usize, n: i32, counts: usize): i32 {
  let active = 0;
  for (let i = 0; i < n; i++) {
    if (load<f32>(value) > 0) {
      const c = counts + (<usize>load<i32>(index) << 2);
      store<i32>(c, load<i32>(c) + 1);
      active++;
    }
    index += 4; value += 4;
  }
  return active;
}
