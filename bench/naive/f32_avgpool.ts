// f32_avgpool, naive. Mean of a window, one value after the other.
export function f32_avgpool(src: usize, srcPixel: usize, srcRow: usize, size: i32, stride: i32, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, channels: i32): void {
  for (let y = 0; y < outHeight; y++)
    for (let x = 0; x < outWidth; x++)
      for (let c = 0; c < channels; c++) {
        let s: f32 = 0;
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) s += load<f32>(src + <usize>(y * stride + i) * srcRow + <usize>(x * stride + j) * srcPixel + (<usize>c << 2));
        store<f32>(dst + <usize>y * dstRow + <usize>x * dstPixel + (<usize>c << 2), s / <f32>(size * size));
      }
}
