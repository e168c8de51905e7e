// f32_avgpool: y[p, c] = (sum of the k x k window of x) / k^2, NHWC, windows inside the
// image. lanes: 4 neighbouring channels; the sum runs row by row. needs: C % 4 == 0.

function poolPixel(s: usize, ps: usize, rs: usize, size: i32, d: usize, channels: i32): void {
  const area = f32x4.splat(<f32>(size * size));
  for (let c = 0; c < channels; c += 4) {
    let sum = f32x4.splat(0), row = s;
    for (let y = 0; y < size; y++) {
      let p = row;
      for (let x = 0; x < size; x++) { sum = f32x4.add(sum, v128.load(p)); p += ps; }
      row += rs;
    }
    v128.store(d, f32x4.div(sum, area));
    s += 16; d += 16;
  }
}

/** src: pixel (0,0); srcPixel, srcRow / dstPixel, dstRow: bytes between pixels, rows. */
export function f32_avgpool(src: usize, srcPixel: usize, srcRow: usize, size: i32, stride: i32, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, channels: i32): void {
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++)
      poolPixel(src + <usize>(x * stride) * srcPixel, srcPixel, srcRow, size, dst + <usize>x * dstPixel, channels);
    src += srcRow * stride; dst += dstRow;
  }
}
