// f32_avgpool, naive. Mean of a window, one value after the other.
export function f32_avgpool(src: usize, ps: usize, rs: usize, size: i32, stride: i32, dst: usize, ds: usize, dr: usize, oh: i32, ow: i32, channels: i32): void {
  for (let y = 0; y < oh; y++)
    for (let x = 0; x < ow; x++)
      for (let c = 0; c < channels; c++) {
        let s: f32 = 0;
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) s += load<f32>(src + <usize>(y * stride + i) * rs + <usize>(x * stride + j) * ps + (<usize>c << 2));
        store<f32>(dst + <usize>y * dr + <usize>x * ds + (<usize>c << 2), s / <f32>(size * size));
      }
}
