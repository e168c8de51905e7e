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
      // Without branches, which no processor foresees: each entry is written, and the next one over it where it is not kept.
      const v = load<f32>(value + (<usize>i << 2));
      const ties = i32(v == least), room = i32(equal > 0);
      store<f32>(value + (<usize>to << 2), v);
      store<i32>(index + (<usize>to << 2), load<i32>(index + (<usize>i << 2)));
      to += 1 - (i32(v < least) | (ties & (1 - room)));
      equal -= ties & room;
    }
    start += 4;
  }
  store<i32>(start, to);
  return to;
}
