// f32_avgpool_grad: adds g / k^2 of each window to all its places. Windows are taken row by row.
// lanes: 4 neighbouring channels. needs: C % 4 == 0, windows inside the image.

function window(g: usize, d: usize, ps: usize, rs: usize, size: i32, channels: i32): void {
  const area = f32x4.splat(<f32>(size * size)), end = g + (<usize>channels << 2);
  do {
    const share = f32x4.div(v128.load(g), area);
    let row = d;
    for (let y = 0; y < size; y++) {
      let p = row;
      for (let x = 0; x < size; x++) { v128.store(p, f32x4.add(v128.load(p), share)); p += ps; }
      row += rs;
    }
    g += 16; d += 16;
  } while (g < end);
}

/** grad: the gradient by what the pool gave; dst: pixel (0,0) of that by what it read, to which is added. */
export function f32_avgpool_grad(grad: usize, gradPixel: usize, gradRow: usize, size: i32, stride: i32, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, channels: i32): void {
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++)
      window(grad + <usize>x * gradPixel, dst + <usize>(x * stride) * dstPixel, dstPixel, dstRow, size, channels);
    grad += gradRow; dst += dstRow * stride;
  }
}
