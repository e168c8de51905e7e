// f32_relu, naive. ReLU, one value after the other.
export function f32_relu(src: usize, srcPixel: usize, srcRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32): void {
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++) {
        const v = load<f32>(src + <usize>y * srcRow + <usize>x * srcPixel + (<usize>c << 2));
        store<f32>(dst + <usize>y * dstRow + <usize>x * dstPixel + (<usize>c << 2), v < 0 ? 0 : v);
      }
}
