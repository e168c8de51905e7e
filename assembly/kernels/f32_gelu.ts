// f32_gelu: GPT-2's GELU (gelu_new), and the way back through it:
//   y = x/2 (1 + tanh u),  u = sqrt(2/pi) (x + 0.044715 x^3)
// and, since (1 + tanh u) / 2 is the logistic function s of 2u,
//   y = x s,   dy/dx = s + x s (1 - s) 2 du/dx.
// lanes: 4 neighbouring values. needs: n % 4 == 0.
import { exp4 } from "../exp4";

const C: f32 = 1.5957691216057308; // 2 sqrt(2/pi)
const A: f32 = 0.044715;

// s(2u); x2: x^2. The exponent stays where exp is finite.
// @ts-ignore: decorator
@inline
function logistic(x: v128, x2: v128): v128 {
  const u = f32x4.mul(f32x4.mul(x, f32x4.splat(-C)), f32x4.add(f32x4.splat(1), f32x4.mul(f32x4.splat(A), x2)));
  return f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), exp4(f32x4.pmin(u, f32x4.splat(88)))));
}

/** y [n] of x [n]. In place is allowed. */
export function f32_gelu(x: usize, y: usize, n: i32): void {
  for (; n > 0; n -= 4) {
    const v = v128.load(x);
    v128.store(y, f32x4.mul(v, logistic(v, f32x4.mul(v, v))));
    x += 16; y += 16;
  }
}

/** dx [n] from what the GELU read and the gradient g by what it gave. dx may be g. */
export function f32_gelu_grad(x: usize, g: usize, dx: usize, n: i32): void {
  const one = f32x4.splat(1);
  for (; n > 0; n -= 4) {
    const v = v128.load(x), v2 = f32x4.mul(v, v), s = logistic(v, v2);
    const du = f32x4.mul(f32x4.splat(C), f32x4.add(one, f32x4.mul(f32x4.splat(3 * A), v2)));
    const slope = f32x4.add(s, f32x4.mul(f32x4.mul(v, du), f32x4.mul(s, f32x4.sub(one, s))));
    v128.store(dx, f32x4.mul(v128.load(g), slope));
    x += 16; g += 16; dx += 16;
  }
}
