// Sums over a row that more than one kernel needs: four partial sums, then (0+1)+(2+3).
import { madd, sum4 } from "./lanes";

/** Squares of d floats, d % 4 == 0. */
export function squared(p: usize, d: i32): f32 {
  let s = f32x4.splat(0);
  do { const v = v128.load(p); s = madd(v, v, s); p += 16; d -= 4; } while (d > 0);
  return sum4(s);
}
