// f32_column_sums: sums over rows, as in gradients of biases. lanes: 4 neighbouring columns. needs: D % 4 == 0.

/** sums[D] += rows of x [n][D], in order of the rows. */
export function f32_column_sums(x: usize, n: i32, d: i32, sums: usize): void {
  for (let c = 0; c < d; c += 4) {
    let p = x, s = v128.load(sums);
    for (let i = 0; i < n; i++) { s = f32x4.add(s, v128.load(p)); p += <usize>d << 2; }
    v128.store(sums, s);
    x += 16; sums += 16;
  }
}
