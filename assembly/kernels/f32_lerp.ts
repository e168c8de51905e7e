// f32_lerp: the running average of weights.
import { madd } from "../lanes";

/** y += rate * (x - y), n floats (n % 4 == 0): the running average of weights. */
export function f32_lerp(x: usize, rate: f32, y: usize, n: i32): void {
  const s = f32x4.splat(rate);
  const end = x + (<usize>n << 2);
  while (x < end) {
    const v = v128.load(y);
    v128.store(y, madd(s, f32x4.sub(v128.load(x), v), v));
    x += 16; y += 16;
  }
}
