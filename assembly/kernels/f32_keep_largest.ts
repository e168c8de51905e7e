// f32_keep_largest: lists cut to the largest values of a whole batch (BatchTopK).

/**
 * Lists per sample (start i32[n+1], index, value), cut in place to the values above `least`
 * and, in order, the first `equal` of those that equal it. Returns the entries left.
 */
export function f32_keep_largest(start: usize, index: usize, value: usize, n: i32, least: f32, equal: i32): i32 {
  let to = 0, i = load<i32>(start);
  for (let b = 0; b < n; b++) {
    const end = load<i32>(start, 4);
    store<i32>(start, to);
    for (; i < end; i++) {
      const v = load<f32>(value + (<usize>i << 2));
      if (v < least) continue;
      if (v == least) {
        if (equal == 0) continue;
        equal--;
      }
      store<f32>(value + (<usize>to << 2), v);
      store<i32>(index + (<usize>to << 2), load<i32>(index + (<usize>i << 2)));
      to++;
    }
    start += 4;
  }
  store<i32>(start, to);
  return to;
}
