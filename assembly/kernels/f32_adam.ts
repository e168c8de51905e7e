// f32_adam: Adam (Kingma & Ba 2015) on n floats, the gradient scaled by `scale` (clipping).
//   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  p -= rate * m / (sqrt(v) * correction + eps)
// rate = lr / (1 - b1^t), correction = 1 / sqrt(1 - b2^t). n % 4 == 0.

export function f32_adam(p: usize, m: usize, v: usize, g: usize, n: i32, scale: f32, rate: f32, correction: f32, b1: f32, b2: f32, eps: f32): void {
  const S = f32x4.splat(scale), R = f32x4.splat(rate), C = f32x4.splat(correction), E = f32x4.splat(eps);
  const B1 = f32x4.splat(b1), A1 = f32x4.splat(1 - b1), B2 = f32x4.splat(b2), A2 = f32x4.splat(1 - b2);
  const end = p + (<usize>n << 2);
  while (p < end) {
    const gg = f32x4.mul(v128.load(g), S);
    const mm = f32x4.add(f32x4.mul(B1, v128.load(m)), f32x4.mul(A1, gg));
    const vv = f32x4.add(f32x4.mul(B2, v128.load(v)), f32x4.mul(A2, f32x4.mul(gg, gg)));
    v128.store(m, mm);
    v128.store(v, vv);
    const step = f32x4.div(f32x4.mul(R, mm), f32x4.add(f32x4.mul(f32x4.sqrt(vv), C), E));
    v128.store(p, f32x4.sub(v128.load(p), step));
    p += 16; m += 16; v += 16; g += 16;
  }
}
