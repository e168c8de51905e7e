// f32_kth_largest: the k-th largest of n floats (Hoare's select), and the lists that keep
// what is at least that large: the selection of BatchTopK over a whole batch.

/** v[0..n) is reordered; 1 <= k <= n; no NaN. */
export function f32_kth_largest(v: usize, n: i32, k: i32): f32 {
  let lo = 0, hi = n - 1;
  while (lo < hi) {
    const pivot = load<f32>(v + (<usize>((lo + hi) >> 1) << 2));
    let i = lo, j = hi;
    while (i <= j) {
      while (load<f32>(v + (<usize>i << 2)) > pivot) i++;
      while (load<f32>(v + (<usize>j << 2)) < pivot) j--;
      if (i <= j) {
        const p = v + (<usize>i << 2), q = v + (<usize>j << 2);
        const t = load<f32>(p);
        store<f32>(p, load<f32>(q)); store<f32>(q, t);
        i++; j--;
      }
    }
    if (k - 1 <= j) hi = j;
    else if (k - 1 >= i) lo = i;
    else break;
  }
  return load<f32>(v + (<usize>(k - 1) << 2));
}

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

/** Keeps the k largest of n candidates in place, in order of index, lowest index first among equals. Returns the smallest kept. */
export function f32_keep_top(values: usize, indices: usize, n: i32, k: i32, scratch: usize): f32 {
  memory.copy(scratch, values, <usize>n << 2);
  const least = f32_kth_largest(scratch, n, k);
  let equal = k;
  for (let i = 0; i < n; i++) if (load<f32>(values + (<usize>i << 2)) > least) equal--;
  let to: usize = 0;
  for (let i = 0; i < n; i++) {
    const v = load<f32>(values + (<usize>i << 2));
    if (v < least) continue;
    if (v == least) {
      if (equal == 0) continue;
      equal--;
    }
    store<f32>(values + to, v);
    store<i32>(indices + to, load<i32>(indices + (<usize>i << 2)));
    to += 4;
  }
  return least;
}
