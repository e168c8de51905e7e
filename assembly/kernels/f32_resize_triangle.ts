// f32_resize_triangle: antialiased separable resize, triangle filter (the "bilinear" of
// Pillow: support grows with the reduction). Weights come from the host (plain
// arithmetic); here only sums of products, in the order of the source pixels.
// layout: RGB u8 rows in, RGB f32 rows out, [row][x][3].

/**
 * Horizontal pass over `rows` rows. For output column x: taps[2x] = first source column,
 * taps[2x+1] = number of weights; weights[x * weightStride ..]. out [rows][outWidth][3] f32.
 */
export function f32_resize_triangle_x(src: usize, srcRow: usize, rows: i32, taps: usize, weights: usize, weightStride: i32, out: usize, outWidth: i32): void {
  for (let y = 0; y < rows; y++) {
    resizeRow(src, taps, weights, <usize>weightStride << 2, out, outWidth);
    src += srcRow;
    out += <usize>outWidth * 12;
  }
}

function resizeRow(src: usize, taps: usize, weights: usize, stride: usize, out: usize, ow: i32): void {
  for (let x = 0; x < ow; x++) {
    let p = src + <usize>load<i32>(taps) * 3;
    let w = weights;
    const end = w + (<usize>load<i32>(taps, 4) << 2);
    let r: f32 = 0, g: f32 = 0, b: f32 = 0;
    while (w < end) {
      const k = load<f32>(w);
      r += k * <f32>load<u8>(p);
      g += k * <f32>load<u8>(p, 1);
      b += k * <f32>load<u8>(p, 2);
      p += 3; w += 4;
    }
    store<f32>(out, r); store<f32>(out, g, 4); store<f32>(out, b, 8);
    taps += 8; weights += stride; out += 12;
  }
}

/** Vertical accumulation: out[i] += weight * row[i], n floats (n % 4 == 0). */
export function f32_resize_triangle_y(row: usize, weight: f32, out: usize, n: i32): void {
  const w = f32x4.splat(weight);
  const end = out + (<usize>n << 2);
  while (out < end) {
    // Not madd: the relaxed build resizes like the others.
    v128.store(out, f32x4.add(v128.load(out), f32x4.mul(w, v128.load(row))));
    row += 16; out += 16;
  }
}
