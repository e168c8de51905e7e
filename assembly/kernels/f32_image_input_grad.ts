// f32_image_input_grad: the gradient by the input of the first convolution, as f32_image_input laid that
//   out, back to [H][W][3] in RGB. Where the input was folded, it is unfolded.

function row(s: usize, even: usize, odd: usize, swap: usize, x: i32, p: usize, end: usize): void {
  do {
    store<f32>(p + swap, load<f32>(s)); store<f32>(p, load<f32>(s, 4), 4); store<f32>(p + (8 - swap), load<f32>(s, 8));
    s += x & 1 ? odd : even;
    x++; p += 12;
  } while (p < end);
}

/** src: the gradient, pixel (0,0), or, folded, the padded corner; srcPixel (plain), srcRow: bytes; the rest as f32_image_input's. */
export function f32_image_input_grad(src: usize, srcPixel: usize, srcRow: usize, height: i32, width: i32, beforeY: i32, beforeX: i32, fold: i32, bgr: i32, image: usize): void {
  const bytes = <usize>(width * 12), swap: usize = bgr ? 8 : 0;
  for (let y = 0; y < height; y++) {
    if (fold) {
      const Y = y + beforeY, odd = Y & 1, place = odd ? 2 + (beforeX & 1) : 1 - (beforeX & 1), step = odd ? 12 : -12;
      row(src + <usize>(Y >> 1) * srcRow + <usize>((beforeX >> 1) * 48 + place * 12), step, 48 - step, swap, beforeX, image, image + bytes);
    } else row(src + <usize>y * srcRow, srcPixel, srcPixel, swap, 0, image, image + bytes);
    image += bytes;
  }
}
