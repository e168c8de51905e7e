// The one insertion into the lists of 8 samples: values and indices [8][stride bytes], counts i32[8].

/** Adds (value, index) at the end of the list of sample `lane`; returns how many entries it has now. */
// @ts-ignore: decorator
@inline
export function insert(lane: usize, value: f32, index: i32, values: usize, indices: usize, counts: usize, stride: usize): i32 {
  const at = counts + (lane << 2), n = load<i32>(at), to = lane * stride + (<usize>n << 2);
  store<f32>(values + to, value);
  store<i32>(indices + to, index);
  store<i32>(at, n + 1);
  return n + 1;
}

/** The samples in `mask` of feature f, whose values of 8 samples are at `row`. */
export function insertMarked(row: usize, f: i32, mask: i32, values: usize, indices: usize, counts: usize, stride: usize): void {
  do {
    const lane = <usize>ctz(mask);
    mask &= mask - 1;
    insert(lane, load<f32>(row + (lane << 2)), f, values, indices, counts, stride);
  } while (mask);
}
