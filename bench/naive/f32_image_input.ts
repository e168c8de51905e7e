// f32_image_input, naive. Every value by its own address.
export function f32_image_input(image: usize, h: i32, w: i32, dst: usize, stride: usize, beforeY: i32, beforeX: i32, fold: i32, bgr: i32, m0: f32, m1: f32, m2: f32): i32 {
  let finite = 1;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let c = 0; c < 3; c++) {
        const v = load<f32>(image + (<usize>((y * w + x) * 3 + (bgr ? 2 - c : c)) << 2)), mean = c == 0 ? m0 : c == 1 ? m1 : m2;
        if (!(abs(v) < Infinity)) finite = 0;
        const py = y + beforeY, px = x + beforeX;
        const at = fold ? <usize>(py >> 1) * stride + (<usize>((px >> 1) * 12 + (py & 1 ? 2 + (px & 1) : 1 - (px & 1)) * 3 + c) << 2) : <usize>py * stride + (<usize>(px * 3 + c) << 2);
        store<f32>(dst + at, v - mean);
      }
  return finite;
}
