// f32_colour: what is painted, in decorrelated colours, to RGB in 0..1 (Lucid):
//   rgb = 1 / (1 + exp(-M t / 4))
// M is Lucid's colour correlation, row by row, over its largest column norm. Pixels of 4 floats: R, G, B, nothing.
// exp in f64, each value rounded once.
import { f64_exp } from "../math/f64";

// @ts-ignore: decorator
@inline
function sigmoid(x: f32): f32 { return <f32>(1.0 / (1.0 + f64_exp(-(<f64>x)))); }

/** t [n][4] -> rgb [n][4]; matrix: 9 floats, the factor 1/4 within. */
export function f32_colour(t: usize, n: i32, matrix: usize, rgb: usize): void {
  const m0 = load<f32>(matrix), m1 = load<f32>(matrix, 4), m2 = load<f32>(matrix, 8), m3 = load<f32>(matrix, 12), m4 = load<f32>(matrix, 16);
  const m5 = load<f32>(matrix, 20), m6 = load<f32>(matrix, 24), m7 = load<f32>(matrix, 28), m8 = load<f32>(matrix, 32);
  for (let i = 0; i < n; i++) {
    const a = load<f32>(t), b = load<f32>(t, 4), c = load<f32>(t, 8);
    store<f32>(rgb, sigmoid(m0 * a + m1 * b + m2 * c));
    store<f32>(rgb, sigmoid(m3 * a + m4 * b + m5 * c), 4);
    store<f32>(rgb, sigmoid(m6 * a + m7 * b + m8 * c), 8);
    store<f32>(rgb, 0, 12);
    t += 16; rgb += 16;
  }
}

/** The gradient by t from that by rgb, both [n][4], in place of the latter: M^T (g rgb (1 - rgb)). */
export function f32_colour_grad(rgb: usize, n: i32, matrix: usize, g: usize): void {
  const m0 = load<f32>(matrix), m1 = load<f32>(matrix, 4), m2 = load<f32>(matrix, 8), m3 = load<f32>(matrix, 12), m4 = load<f32>(matrix, 16);
  const m5 = load<f32>(matrix, 20), m6 = load<f32>(matrix, 24), m7 = load<f32>(matrix, 28), m8 = load<f32>(matrix, 32);
  for (let i = 0; i < n; i++) {
    const x = load<f32>(rgb), y = load<f32>(rgb, 4), z = load<f32>(rgb, 8);
    const a = load<f32>(g) * x * (1 - x), b = load<f32>(g, 4) * y * (1 - y), c = load<f32>(g, 8) * z * (1 - z);
    store<f32>(g, m0 * a + m3 * b + m6 * c);
    store<f32>(g, m1 * a + m4 * b + m7 * c, 4);
    store<f32>(g, m2 * a + m5 * b + m8 * c, 8);
    store<f32>(g, 0, 12);
    rgb += 16; g += 16;
  }
}
