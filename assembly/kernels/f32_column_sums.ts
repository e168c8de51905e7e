// f32_column_sums: sums over rows, as in gradients of biases. lanes: 4 neighbouring columns. needs: D % 4 == 0.

/** sums[D] += rows of x [n][D], in order of the rows. */
export function f32_column_sums(x: usize, n: i32, d: i32, sums: usize): void {
  const row = <usize>d << 2;
  // 16 columns at a time: an addition waits for the one before it, so that four go side by side.
  for (; d >= 16; d -= 16) {
    let p = x, s0 = v128.load(sums), s1 = v128.load(sums, 16), s2 = v128.load(sums, 32), s3 = v128.load(sums, 48);
    for (let i = 0; i < n; i++) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
      p += row;
    }
    v128.store(sums, s0); v128.store(sums, s1, 16); v128.store(sums, s2, 32); v128.store(sums, s3, 48);
    x += 64; sums += 64;
  }
  for (; d > 0; d -= 4) {
    let p = x, s = v128.load(sums);
    for (let i = 0; i < n; i++) { s = f32x4.add(s, v128.load(p)); p += row; }
    v128.store(sums, s);
    x += 16; sums += 16;
  }
}
