// f32_lrn, naive. The formula, one value after the other, its window summed anew for each.
const pixel = memory.data(4 * 4096); // in place is allowed

export function f32_lrn(src: usize, srcPixel: usize, srcRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32, radius: i32, bias: f32, alpha: f32): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const s = src + <usize>y * srcRow + <usize>x * srcPixel, d = dst + <usize>y * dstRow + <usize>x * dstPixel;
      memory.copy(pixel, s, <usize>channels << 2);
      for (let c = 0; c < channels; c++) {
        let sum: f32 = 0;
        for (let j = max(0, c - radius), end = min(channels - 1, c + radius); j <= end; j++) {
          const v = load<f32>(pixel + (<usize>j << 2));
          sum += v * v;
        }
        const r = sqrt<f32>(bias + alpha * sum);
        store<f32>(d + (<usize>c << 2), load<f32>(pixel + (<usize>c << 2)) / (radius == 5 ? r : r * sqrt<f32>(r)));
      }
    }
}
