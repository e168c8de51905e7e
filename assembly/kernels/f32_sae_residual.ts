// f32_sae_residual: r = xhat - x of decoded samples, and ||r||^2. needs: D % 4 == 0.
import { madd, sum4 } from "../lanes";

/** residual = xhat - x in place; returns its squared norm. */
function subtract(xhat: usize, x: usize, d: i32): f32 {
  let s = f32x4.splat(0);
  do {
    const r = f32x4.sub(v128.load(xhat), v128.load(x));
    v128.store(xhat, r);
    s = madd(r, r, s);
    xhat += 16; x += 16; d -= 4;
  } while (d > 0);
  return sum4(s);
}

/** residual [n][D] holds xhat and becomes xhat - x; squared norms go to errors[n]. */
export function f32_sae_residual(residual: usize, x: usize, n: i32, d: i32, errors: usize): void {
  const ld = <usize>d << 2;
  for (let b = 0; b < n; b++) {
    store<f32>(errors, subtract(residual, x, d));
    residual += ld; x += ld; errors += 4;
  }
}
