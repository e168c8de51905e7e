// f32_lrn_grad: the gradient before a local response normalisation. With s_c = bias + alpha *
//   sum_{|j-c|<=r} x_j^2 and y_c = x_c / s_c^beta,
//   dx_c = g_c / s_c^beta - 2 alpha beta x_c * sum_{|j-c|<=r} g_j x_j / s_j^(beta+1)
//   r = 5, beta = 1/2 and r = 2, beta = 3/4, by square roots, as f32_lrn.
// Two passes over a pixel: u = g / s^beta and t = u x / s, then the sum of t over the window.
// lanes: [c, c+1, c+2, c+3]; a window of w = 2r + 1 is w unaligned loads, summed from the left, of rows
//   with zeros on both sides:  scratch | 8 zeros | x^2 [C] | 8 zeros | t [C] | 8 zeros | u [C] |
// needs: C % 4 == 0.

const SIDE: usize = 32; // bytes of eight zeros

// Sum of the window around p. `wide`: of 11, otherwise 5.
// @ts-ignore: decorator
@inline
function sum(wide: bool, p: usize): v128 {
  if (!wide) return f32x4.add(f32x4.add(f32x4.add(v128.load(p, 24), v128.load(p, 28)), f32x4.add(v128.load(p, 32), v128.load(p, 36))), v128.load(p, 40));
  const a = f32x4.add(f32x4.add(v128.load(p, 12), v128.load(p, 16)), f32x4.add(v128.load(p, 20), v128.load(p, 24)));
  const b = f32x4.add(f32x4.add(v128.load(p, 28), v128.load(p, 32)), f32x4.add(v128.load(p, 36), v128.load(p, 40)));
  return f32x4.add(f32x4.add(a, b), f32x4.add(f32x4.add(v128.load(p, 44), v128.load(p, 48)), v128.load(p, 52)));
}

// @ts-ignore: decorator
@inline
function pixel(wide: bool, x: usize, g: usize, d: usize, bytes: usize, bias: f32, alpha: f32, factor: f32, scratch: usize): void {
  const one = f32x4.splat(1), b = f32x4.splat(bias), a = f32x4.splat(alpha), k = f32x4.splat(factor);
  const far = bytes + SIDE, end = scratch + bytes;
  let s = scratch, p = x;
  do { const v = v128.load(p); v128.store(s + SIDE, f32x4.mul(v, v)); p += 16; s += 16; } while (s < end);
  s = scratch; p = x;
  do {
    const n = f32x4.add(b, f32x4.mul(a, sum(wide, s))), root = f32x4.sqrt(n);
    const power = wide ? root : f32x4.mul(root, f32x4.sqrt(root));
    const u = f32x4.mul(v128.load(g), f32x4.div(one, power));
    v128.store(s + 2 * far + SIDE, u);
    v128.store(s + far + SIDE, f32x4.div(f32x4.mul(u, v128.load(p)), n));
    p += 16; g += 16; s += 16;
  } while (s < end);
  s = scratch + far; p = x;
  const stop = end + far;
  do {
    v128.store(d, f32x4.sub(v128.load(s + far + SIDE), f32x4.mul(f32x4.mul(k, v128.load(p)), sum(wide, s))));
    p += 16; d += 16; s += 16;
  } while (s < stop);
}

function pixel5(x: usize, g: usize, d: usize, bytes: usize, bias: f32, alpha: f32, scratch: usize): void { pixel(true, x, g, d, bytes, bias, alpha, alpha, scratch); }
function pixel2(x: usize, g: usize, d: usize, bytes: usize, bias: f32, alpha: f32, scratch: usize): void { pixel(false, x, g, d, bytes, bias, alpha, <f32>1.5 * alpha, scratch); }

/** Bytes of scratch. */
export function f32_lrn_grad_scratch(channels: i32): usize {
  return 3 * (SIDE + (<usize>channels << 2));
}

/** src: what was normalised; grad: the gradient by the result; dst: the gradient by src. In place of grad is allowed. */
export function f32_lrn_grad(src: usize, srcPixel: usize, srcRow: usize, grad: usize, gradPixel: usize, gradRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32, radius: i32, bias: f32, alpha: f32, scratch: usize): void {
  const bytes = <usize>channels << 2;
  memory.fill(scratch, 0, SIDE);
  memory.fill(scratch + SIDE + bytes, 0, SIDE);
  memory.fill(scratch + 2 * (SIDE + bytes), 0, SIDE);
  for (let y = 0; y < height; y++) {
    let s = src, g = grad, d = dst;
    for (let x = 0; x < width; x++) {
      if (radius == 5) pixel5(s, g, d, bytes, bias, alpha, scratch);
      else pixel2(s, g, d, bytes, bias, alpha, scratch);
      s += srcPixel; g += gradPixel; d += dstPixel;
    }
    src += srcRow; grad += gradRow; dst += dstRow;
  }
}
