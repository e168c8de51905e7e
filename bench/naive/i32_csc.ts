// i32_csc, naive. Entries of each latent counted with the others looked at again for their place.
export function i32_csc_count(index: usize, entries: i32, f: i32, first: usize): void {
  for (let i = 0; i <= f; i++) store<i32>(first + (<usize>i << 2), 0);
  for (let e = 0; e < entries; e++) {
    const at = first + (<usize>(load<i32>(index + (<usize>e << 2)) + 1) << 2);
    store<i32>(at, load<i32>(at) + 1);
  }
  for (let i = 1; i <= f; i++) store<i32>(first + (<usize>i << 2), load<i32>(first + (<usize>i << 2)) + load<i32>(first + (<usize>(i - 1) << 2)));
}

export function i32_csc_fill(start: usize, index: usize, value: usize, df: usize, n: i32, f: i32, first: usize, next: usize, sample: usize, valueT: usize, dfT: usize): void {
  for (let i = 0; i < f; i++) store<i32>(next + (<usize>i << 2), load<i32>(first + (<usize>i << 2)));
  for (let b = 0; b < n; b++)
    for (let e = load<i32>(start + (<usize>b << 2)); e < load<i32>(start + (<usize>b << 2), 4); e++) {
      const at = next + (<usize>load<i32>(index + (<usize>e << 2)) << 2), to = load<i32>(at);
      store<i32>(at, to + 1);
      store<i32>(sample + (<usize>to << 2), b);
      store<f32>(valueT + (<usize>to << 2), load<f32>(value + (<usize>e << 2)));
      store<f32>(dfT + (<usize>to << 2), load<f32>(df + (<usize>e << 2)));
    }
}
