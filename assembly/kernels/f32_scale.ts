// f32_scale: a vector times a number.

/** y = scale * x, n floats (n % 4 == 0). */
export function f32_scale(x: usize, scale: f32, y: usize, n: i32): void {
  const s = f32x4.splat(scale);
  const end = x + (<usize>n << 2);
  while (x < end) {
    v128.store(y, f32x4.mul(v128.load(x), s));
    x += 16; y += 16;
  }
}
