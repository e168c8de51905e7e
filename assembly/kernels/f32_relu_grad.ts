// f32_relu_grad: the gradient before a ReLU, from that behind it and from what it gave:
//   dx = y > 0 ? g : 0
// `redirect` (Lucid's redirected ReLU, for inputs that are dead): dx = y > 0 or g > 0 ? g : 0, where g > 0
// asks for more: it pushes a negative input up, and never further down.
// Returns 1 where any dx is not 0: Lucid redirects only where nothing got through.
// lanes: 4 neighbouring channels. needs: C % 4 == 0.

// @ts-ignore: decorator
@inline
function pixel(redirect: bool, y: usize, g: usize, d: usize, end: usize): i32 {
  const zero = f32x4.splat(0);
  let any = zero;
  do {
    const v = v128.load(g);
    let open = f32x4.gt(v128.load(y), zero);
    if (redirect) open = v128.or(open, f32x4.gt(v, zero));
    const kept = v128.and(v, open);
    v128.store(d, kept);
    any = v128.or(any, f32x4.ne(kept, zero));
    y += 16; g += 16; d += 16;
  } while (d < end);
  return v128.any_true(any) ? 1 : 0;
}

function closed(y: usize, g: usize, d: usize, end: usize): i32 { return pixel(false, y, g, d, end); }
function redirected(y: usize, g: usize, d: usize, end: usize): i32 { return pixel(true, y, g, d, end); }

/** Tensors of what the ReLU gave (src), the gradient behind it (grad) and before it (dst): bytes between pixels, rows. */
export function f32_relu_grad(src: usize, srcPixel: usize, srcRow: usize, grad: usize, gradPixel: usize, gradRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32, redirect: i32): i32 {
  const bytes = <usize>channels << 2;
  let any = 0;
  for (let y = 0; y < height; y++) {
    let s = src, g = grad, d = dst;
    for (let x = 0; x < width; x++) {
      any |= redirect ? redirected(s, g, d, d + bytes) : closed(s, g, d, d + bytes);
      s += srcPixel; g += gradPixel; d += dstPixel;
    }
    src += srcRow; grad += gradRow; dst += dstRow;
  }
  return any;
}
