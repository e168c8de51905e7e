// f32_kth_largest, naive. Heapsort's heap of the k largest: O(n log k), against the select's O(n).
function sink(v: usize, i: i32, n: i32): void {
  const x = load<f32>(v + (<usize>i << 2));
  for (let child = 2 * i + 1; child < n; child = 2 * i + 1) {
    if (child + 1 < n && load<f32>(v + (<usize>child << 2), 4) < load<f32>(v + (<usize>child << 2))) child++;
    if (!(load<f32>(v + (<usize>child << 2)) < x)) break;
    store<f32>(v + (<usize>i << 2), load<f32>(v + (<usize>child << 2)));
    i = child;
  }
  store<f32>(v + (<usize>i << 2), x);
}

export function f32_kth_largest(values: usize, n: i32, k: i32): f32 {
  // values[0..k) as a heap with its smallest on top.
  for (let i = k / 2 - 1; i >= 0; i--) sink(values, i, k);
  for (let i = k; i < n; i++) {
    const x = load<f32>(values + (<usize>i << 2));
    if (x > load<f32>(values)) { store<f32>(values, x); sink(values, 0, k); }
  }
  return load<f32>(values);
}
