// i32_csc: lists per sample -> lists per feature (counting sort), samples in order.
//   start [n+1], index/value/df  ->  first [F+1], sample/valueT/dfT

export function i32_csc_count(index: usize, entries: i32, f: i32, first: usize): void {
  memory.fill(first, 0, <usize>(f + 1) << 2);
  const end = index + (<usize>entries << 2);
  while (index < end) {
    const c = first + 4 + (<usize>load<i32>(index) << 2);
    store<i32>(c, load<i32>(c) + 1);
    index += 4;
  }
  let sum = 0;
  for (let i = 0; i < f; i++) {
    first += 4;
    sum += load<i32>(first);
    store<i32>(first, sum);
  }
}

function scatter(b: i32, index: usize, end: usize, value: usize, df: usize, next: usize, sample: usize, valueT: usize, dfT: usize): void {
  while (index < end) {
    const n = next + (<usize>load<i32>(index) << 2);
    const to = <usize>load<i32>(n) << 2;
    store<i32>(n, load<i32>(n) + 1);
    store<i32>(sample + to, b);
    store<f32>(valueT + to, load<f32>(value));
    store<f32>(dfT + to, load<f32>(df));
    index += 4; value += 4; df += 4;
  }
}

/** `next`: i32[F] scratch. Call after i32_csc_count. */
export function i32_csc_fill(start: usize, index: usize, value: usize, df: usize, n: i32, f: i32, first: usize, next: usize, sample: usize, valueT: usize, dfT: usize): void {
  memory.copy(next, first, <usize>f << 2);
  for (let b = 0; b < n; b++) {
    const from = <usize>load<i32>(start) << 2, to = <usize>load<i32>(start, 4) << 2;
    scatter(b, index + from, index + to, value + from, df + from, next, sample, valueT, dfT);
    start += 4;
  }
}
