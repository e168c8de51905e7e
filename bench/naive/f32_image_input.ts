// f32_image_input, naive. Every value by its own address.
export function f32_image_input(image: usize, height: i32, width: i32, dst: usize, dstRow: usize, beforeY: i32, beforeX: i32, fold: i32, bgr: i32, mean0: f32, mean1: f32, mean2: f32): i32 {
  let finite = 1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) {
        const v = load<f32>(image + (<usize>((y * width + x) * 3 + (bgr ? 2 - c : c)) << 2)), mean = c == 0 ? mean0 : c == 1 ? mean1 : mean2;
        if (!(abs(v) < Infinity)) finite = 0;
        const py = y + beforeY, px = x + beforeX;
        const at = fold ? <usize>(py >> 1) * dstRow + (<usize>((px >> 1) * 12 + (py & 1 ? 2 + (px & 1) : 1 - (px & 1)) * 3 + c) << 2) : <usize>py * dstRow + (<usize>(px * 3 + c) << 2);
        store<f32>(dst + at, v - mean);
      }
  return finite;
}
