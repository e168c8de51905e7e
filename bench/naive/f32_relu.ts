// f32_relu, naive. ReLU, one value after the other.
export function f32_relu(src: usize, ps: usize, rs: usize, dst: usize, ds: usize, dr: usize, h: i32, w: i32, channels: i32): void {
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let c = 0; c < channels; c++) {
        const v = load<f32>(src + <usize>y * rs + <usize>x * ps + (<usize>c << 2));
        store<f32>(dst + <usize>y * dr + <usize>x * ds + (<usize>c << 2), v < 0 ? 0 : v);
      }
}
