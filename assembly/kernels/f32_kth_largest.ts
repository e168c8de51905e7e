// f32_kth_largest: the k-th largest of n floats (Hoare's select).

/** values[0..n) is reordered; 1 <= k <= n; no NaN. */
export function f32_kth_largest(values: usize, n: i32, k: i32): f32 {
  let lo = 0, hi = n - 1;
  while (lo < hi) {
    const pivot = load<f32>(values + (<usize>((lo + hi) >> 1) << 2));
    let i = lo, j = hi;
    while (i <= j) {
      while (load<f32>(values + (<usize>i << 2)) > pivot) i++;
      while (load<f32>(values + (<usize>j << 2)) < pivot) j--;
      if (i <= j) {
        const p = values + (<usize>i << 2), q = values + (<usize>j << 2);
        const t = load<f32>(p);
        store<f32>(p, load<f32>(q)); store<f32>(q, t);
        i++; j--;
      }
    }
    if (k - 1 <= j) hi = j;
    else if (k - 1 >= i) lo = i;
    else break;
  }
  return load<f32>(values + (<usize>(k - 1) << 2));
}
