// f32_sae_scatter: lists -> dense rows.

/** out [n][columns] of lists: zero but for the entries. With lists per latent it is the transpose. */
export function f32_sae_scatter(start: usize, index: usize, value: usize, n: i32, columns: i32, out: usize): void {
  memory.fill(out, 0, <usize>(n * columns) << 2);
  for (let b = 0; b < n; b++) {
    for (let i = load<i32>(start), end = load<i32>(start, 4); i < end; i++) {
      const at = <usize>i << 2;
      store<f32>(out + (<usize>load<i32>(index + at) << 2), load<f32>(value + at));
    }
    start += 4; out += <usize>columns << 2;
  }
}
