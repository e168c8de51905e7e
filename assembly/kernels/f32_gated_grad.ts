// f32_gated_grad: gradients of the gate's and the magnitude's parameters (f32_gated_8, METHODS 3.4).

function add(p: usize, v: f32): void { store<f32>(p, load<f32>(p) + v); }

/**
 * Gradients of n list entries. `value`: f; `df`: d loss / d f; `dpi`: d loss / d pi. Writes
 * dc = dpi + scale * d(f's argument) over dpi and adds to gGate, gMag and gScale (r_mag) [F];
 * where f > 0, d f / d r_mag = scale * c = f - b_mag.
 */
export function f32_gated_grad(index: usize, value: usize, df: usize, dpi: usize, n: i32, scale: usize, bMag: usize, gGate: usize, gMag: usize, gScale: usize): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>load<i32>(index) << 2, f = load<f32>(value), gate = load<f32>(dpi);
    add(gGate + at, gate);
    if (f > 0) {
      const g = load<f32>(df);
      add(gMag + at, g);
      add(gScale + at, g * (f - load<f32>(bMag + at)));
      store<f32>(dpi, gate + g * load<f32>(scale + at));
    }
    index += 4; value += 4; df += 4; dpi += 4;
  }
}
