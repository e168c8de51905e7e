// f32_relu: y = x < 0 ? 0 : x over pixels of C channels (-0 and NaN stay), as in the
//   epilogues of the convolutions: the same bits.
// lanes: 4 neighbouring channels. needs: C % 4 == 0.

function pixel(s: usize, d: usize, end: usize): void {
  const zero = f32x4.splat(0);
  do { v128.store(d, f32x4.pmax(v128.load(s), zero)); s += 16; d += 16; } while (d < end);
}

/** srcPixel, srcRow / dstPixel, dstRow: bytes between pixels, rows. */
export function f32_relu(src: usize, srcPixel: usize, srcRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32): void {
  for (let y = 0; y < height; y++) {
    let s = src, d = dst;
    for (let x = 0; x < width; x++) { pixel(s, d, d + (<usize>channels << 2)); s += srcPixel; d += dstPixel; }
    src += srcRow; dst += dstRow;
  }
}
