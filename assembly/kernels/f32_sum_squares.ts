// f32_sum_squares: squared norm of many floats, for the clipping of gradients.
import { squared } from "../rows";

/** sum + the squares of n floats (n % 4 == 0), f64 over blocks of 256 so that large sums keep their digits. */
export function f32_sum_squares(x: usize, n: i32, sum: f64): f64 {
  while (n > 0) {
    const block = min(n, 256);
    sum += <f64>squared(x, block);
    x += <usize>block << 2; n -= block;
  }
  return sum;
}
