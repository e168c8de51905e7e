// f32_maxpool_3x3: y[p, c] = max over the 3x3 window of x, clipped to the image, NHWC.
// A clipped row or column is replaced by the nearest one inside the image, which is in
// the window already: the same maximum as padding with -inf, for any sign.
// pmax(a, b) = a < b ? b : a is one instruction, f32x4.max eight in V8 (3.2-4.2x on a pool: docs/lab/kernels.md).
// It passes over a NaN on its right; the values of a network are finite, or its other
// branches carry the NaN on.
// lanes: 4 neighbouring channels. needs: C % 4 == 0, H and W >= 1.

function poolPixel(a: usize, b: usize, c: usize, x1: usize, x2: usize, d: usize, channels: i32): void {
  const end = d + (<usize>channels << 2);
  do {
    let m = f32x4.pmax(f32x4.pmax(v128.load(a), v128.load(a + x1)), v128.load(a + x2));
    const n = f32x4.pmax(f32x4.pmax(v128.load(b), v128.load(b + x1)), v128.load(b + x2));
    m = f32x4.pmax(m, f32x4.pmax(f32x4.pmax(v128.load(c), v128.load(c + x1)), v128.load(c + x2)));
    v128.store(d, f32x4.pmax(m, n));
    a += 16; b += 16; c += 16; d += 16;
  } while (d < end);
}

function poolRow(a: usize, b: usize, c: usize, ps: usize, w: i32, x: i32, stride: i32, d: usize, ds: usize, ow: i32, channels: i32): void {
  for (let i = 0; i < ow; i++) {
    const x0 = <usize>max(x, 0) * ps, x1 = <usize>max(0, min(x + 1, w - 1)) * ps - x0, x2 = <usize>min(x + 2, w - 1) * ps - x0;
    poolPixel(a + x0, b + x0, c + x0, x1, x2, d, channels);
    x += stride; d += ds;
  }
}

/** src: pixel (0,0); srcPixel, srcRow / dstPixel, dstRow: bytes between pixels, rows; before: rows of padding above, columns left. */
export function f32_maxpool_3x3(src: usize, srcPixel: usize, srcRow: usize, height: i32, width: i32, stride: i32, beforeY: i32, beforeX: i32, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, channels: i32): void {
  let y = -beforeY;
  for (let i = 0; i < outHeight; i++) {
    poolRow(src + <usize>max(y, 0) * srcRow, src + <usize>max(0, min(y + 1, height - 1)) * srcRow, src + <usize>min(y + 2, height - 1) * srcRow, srcPixel, width, -beforeX, stride, dst, dstPixel, outWidth, channels);
    y += stride; dst += dstRow;
  }
}
