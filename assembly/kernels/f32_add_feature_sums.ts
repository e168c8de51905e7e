// f32_add_feature_sums: sums of lists per feature, as in gradients of encoder biases.

/** out[f] += sum of value over the entries of feature f. */
export function f32_add_feature_sums(first: usize, value: usize, f: i32, out: usize): void {
  for (let i = 0; i < f; i++) {
    let p = value + (<usize>load<i32>(first) << 2), s: f32 = 0;
    const end = value + (<usize>load<i32>(first, 4) << 2);
    if (p < end) {
      do { s += load<f32>(p); p += 4; } while (p < end);
      store<f32>(out, load<f32>(out) + s);
    }
    first += 4; out += 4;
  }
}
