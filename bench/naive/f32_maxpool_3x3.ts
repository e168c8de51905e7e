// f32_maxpool_3x3, naive. 3x3 max, one value after the other, borders by comparison.
export function f32_maxpool_3x3(src: usize, srcPixel: usize, srcRow: usize, height: i32, width: i32, stride: i32, beforeY: i32, beforeX: i32, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, channels: i32): void {
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++)
      for (let c = 0; c < channels; c++) {
        let m: f32 = -Infinity;
        for (let i = y * stride - beforeY, end = i + 3; i < end; i++)
          for (let j = x * stride - beforeX, last = j + 3; j < last; j++)
            if (i >= 0 && j >= 0 && i < height && j < width) {
              const v = load<f32>(src + <usize>i * srcRow + <usize>j * srcPixel + (<usize>c << 2));
              if (v > m) m = v;
            }
        store<f32>(dst + <usize>y * dstRow + <usize>x * dstPixel + (<usize>c << 2), m);
      }
}
