// f32_keep_top: one list cut to its k largest.
import { f32_kth_largest } from "./f32_kth_largest";

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
