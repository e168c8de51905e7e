// f32_maxpool_3x3_grad: adds the gradient g of each 3x3 window to the place of its maximum:
//   dx[p] += g where p is the FIRST place of the window, row by row, with x[p] == y
// The maximum is found again from what the pool read (x) and gave (y): no indices are kept. Windows
// are clipped to the image; of equal values the first one gets all, as in Caffe, TensorFlow and PyTorch.
// Windows are taken row by row, so that every dx has one order of additions.
// lanes: 4 neighbouring channels. needs: C % 4 == 0.

// The window's places that are inside: `rows` x `columns` from s on.
function window(s: usize, ps: usize, rs: usize, gs: usize, y: usize, g: usize, dp: usize, dr: usize, rows: i32, columns: i32, channels: i32): void {
  const end = y + (<usize>channels << 2);
  const over = <usize>columns * ps, back = <usize>columns * dp;
  do {
    const most = v128.load(y);
    let left = v128.load(g), p = s, d = gs, r = rows;
    do {
      const stop = p + over;
      do {
        const here = f32x4.eq(v128.load(p), most);
        v128.store(d, f32x4.add(v128.load(d), v128.and(left, here)));
        left = v128.andnot(left, here);
        p += ps; d += dp;
      } while (p < stop);
      p += rs - over; d += dr - back;
    } while (--r);
    s += 16; gs += 16; y += 16; g += 16;
  } while (y < end);
}

/**
 * src, out, grad, dst: pixel (0,0) of what the pool read, of what it gave, of the gradient by that, and of the gradient
 * by what it read, to which is added; bytes between pixels, rows of each. before: padding above and left.
 */
export function f32_maxpool_3x3_grad(src: usize, srcPixel: usize, srcRow: usize, height: i32, width: i32, stride: i32, beforeY: i32, beforeX: i32, out: usize, outPixel: usize, outRow: usize, grad: usize, gradPixel: usize, gradRow: usize, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, channels: i32): void {
  for (let i = 0; i < outHeight; i++) {
    const y = i * stride - beforeY, y0 = max(y, 0), rows = min(y + 3, height) - y0;
    let o = out, g = grad;
    if (rows > 0) for (let j = 0; j < outWidth; j++) {
      const x = j * stride - beforeX, x0 = max(x, 0), columns = min(x + 3, width) - x0;
      if (columns > 0) window(src + <usize>y0 * srcRow + <usize>x0 * srcPixel, srcPixel, srcRow, dst + <usize>y0 * dstRow + <usize>x0 * dstPixel, o, g, dstPixel, dstRow, rows, columns, channels);
      o += outPixel; g += gradPixel;
    }
    out += outRow; grad += gradRow;
  }
}
