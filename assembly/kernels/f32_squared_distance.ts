// f32_squared_distance: spread of rows about a point. Sums across lanes: four partial sums, then (0+1)+(2+3).
// needs: D % 4 == 0.
import { madd, sum4 } from "../lanes";

function squaredDistance(p: usize, q: usize, d: i32): f32 {
  let s = f32x4.splat(0);
  do { const v = f32x4.sub(v128.load(p), v128.load(q)); s = madd(v, v, s); p += 16; q += 16; d -= 4; } while (d > 0);
  return sum4(s);
}

/** sum_i ||x[i] - centre||^2 over rows in order, f64 across rows. */
export function f32_squared_distance(x: usize, centre: usize, n: i32, d: i32): f64 {
  let s: f64 = 0;
  for (let i = 0; i < n; i++) { s += <f64>squaredDistance(x, centre, d); x += <usize>d << 2; }
  return s;
}
