// f32_resize_triangle, naive. One channel of one pixel after the other.
export function f32_resize_triangle_x(src: usize, srcRow: usize, rows: i32, taps: usize, weights: usize, weightStride: i32, out: usize, outWidth: i32): void {
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < outWidth; x++)
      for (let c = 0; c < 3; c++) {
        const first = load<i32>(taps + (<usize>(2 * x) << 2)), count = load<i32>(taps + (<usize>(2 * x + 1) << 2));
        let s: f32 = 0;
        for (let i = 0; i < count; i++) s += load<f32>(weights + (<usize>(x * weightStride + i) << 2)) * <f32>load<u8>(src + <usize>y * srcRow + <usize>((first + i) * 3 + c));
        store<f32>(out + (<usize>((y * outWidth + x) * 3 + c) << 2), s);
      }
}

export function f32_resize_triangle_y(row: usize, weight: f32, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<f32>(out + (<usize>i << 2), load<f32>(out + (<usize>i << 2)) + weight * load<f32>(row + (<usize>i << 2)));
}
