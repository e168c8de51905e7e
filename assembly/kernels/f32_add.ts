// f32_add: y += x over pixels of C channels, each tensor with its own distances.
// lanes: 4 neighbouring channels. needs: C % 4 == 0.

function pixel(s: usize, d: usize, end: usize): void {
  do { v128.store(d, f32x4.add(v128.load(d), v128.load(s))); s += 16; d += 16; } while (d < end);
}

/** srcPixel, srcRow / dstPixel, dstRow: bytes between pixels, rows. */
export function f32_add(src: usize, srcPixel: usize, srcRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32): void {
  for (let y = 0; y < height; y++) {
    let s = src, d = dst;
    for (let x = 0; x < width; x++) { pixel(s, d, d + (<usize>channels << 2)); s += srcPixel; d += dstPixel; }
    src += srcRow; dst += dstRow;
  }
}
