// f32_image_input: RGB 0..255 [H][W][3] -> the padded input of the first convolution:
//   channel order of the network, mean subtracted. With `fold`, 2x2 pixels become 12
//   channels (space to depth), so that a kernel of stride 2 becomes one of stride 1:
//   padded pixel (Y,X), channel c -> [Y/2][X/2][place(Y%2,X%2)*3 + c], where the places of
//   (0,1), (0,0), (1,0), (1,1) are 0, 1, 2, 3: ../winograd/turns.ts says why.
// Returns 0 where a value is NaN or infinite, 1 otherwise.

function row(p: usize, end: usize, d: usize, even: usize, odd: usize, swap: usize, m0: f32, m1: f32, m2: f32, x: i32): f32 {
  let bad: f32 = 0;
  do {
    const r = load<f32>(p + swap), g = load<f32>(p, 4), b = load<f32>(p + (8 - swap));
    bad += (r + g + b) * 0;
    store<f32>(d, r - m0); store<f32>(d, g - m1, 4); store<f32>(d, b - m2, 8);
    d += x & 1 ? odd : even;
    x++; p += 12;
  } while (p < end);
  return bad;
}

/** dst: padded buffer, `dstRow` bytes per (folded) row; before: padding above and left; means in the network's order. */
export function f32_image_input(image: usize, height: i32, width: i32, dst: usize, dstRow: usize, beforeY: i32, beforeX: i32, fold: i32, bgr: i32, mean0: f32, mean1: f32, mean2: f32): i32 {
  let bad: f32 = 0;
  const bytes = <usize>(width * 12), swap: usize = bgr ? 8 : 0;
  for (let y = beforeY; y < height + beforeY; y++) {
    if (fold) {
      const odd = y & 1, place = odd ? 2 + (beforeX & 1) : 1 - (beforeX & 1), step = odd ? 12 : -12;
      const d = dst + <usize>(y >> 1) * dstRow + <usize>((beforeX >> 1) * 48 + place * 12);
      bad += row(image, image + bytes, d, step, 48 - step, swap, mean0, mean1, mean2, beforeX);
    } else bad += row(image, image + bytes, dst + <usize>y * dstRow + <usize>(beforeX * 12), 12, 12, swap, mean0, mean1, mean2, 0);
    image += bytes;
  }
  return bad == 0 ? 1 : 0;
}
