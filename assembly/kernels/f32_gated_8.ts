// f32_gated_8: the open gates of each of 8 samples (METHODS 3.4), in order of index:
//   pi = c + b_gate, open where pi > 0;  f = ReLU(scale * c + b_mag), scale = exp(r_mag)
// layout: c = (x - b_dec) W [F][8], without a bias; bGate, scale, bMag [F];
//   gates (pi), values (f), indices [8][F]; counts i32[8].

function insert(row: usize, f: i32, mask: i32, bias: f32, scale: f32, shift: f32, onlyActive: i32, gates: usize, values: usize, indices: usize, counts: usize, stride: usize): void {
  do {
    const lane = <usize>ctz(mask);
    mask &= mask - 1;
    const c = load<f32>(row + (lane << 2)), magnitude = max<f32>(scale * c + shift, 0);
    if (onlyActive != 0 && !(magnitude > 0)) continue;
    const at = counts + (lane << 2);
    const n = load<i32>(at);
    const to = lane * stride + (<usize>n << 2);
    store<f32>(gates + to, c + bias);
    store<f32>(values + to, magnitude);
    store<i32>(indices + to, f);
    store<i32>(at, n + 1);
  } while (mask);
}

/** `onlyActive`: leave out open gates of magnitude 0, which encoding has no use for and training's gate has. */
export function f32_gated_8(c: usize, f: i32, bGate: usize, scale: usize, bMag: usize, onlyActive: i32, gates: usize, values: usize, indices: usize, counts: usize): void {
  const zero = f32x4.splat(0), stride = <usize>f << 2;
  memory.fill(counts, 0, 32);
  for (let i = 0; i < f; i++) {
    const b = v128.load32_splat(bGate);
    const g0 = f32x4.gt(f32x4.add(v128.load(c), b), zero), g1 = f32x4.gt(f32x4.add(v128.load(c, 16), b), zero);
    if (v128.any_true(v128.or(g0, g1)))
      insert(c, i, i32x4.bitmask(g0) | (i32x4.bitmask(g1) << 4), load<f32>(bGate), load<f32>(scale), load<f32>(bMag), onlyActive, gates, values, indices, counts, stride);
    c += 32; bGate += 4; scale += 4; bMag += 4;
  }
}

/**
 * The same from lists per latent (ends: i32[F + 1], sample, value) whose values are c of open
 * gates: value becomes f, gates pi; with `onlyActive` the lists are cut in place. Returns the entries.
 */
export function f32_gated_lists(ends: usize, f: i32, sample: usize, value: usize, bGate: usize, scale: usize, bMag: usize, onlyActive: i32, gates: usize): i32 {
  let at = 0, to = 0;
  for (let i = 0; i < f; i++) {
    const from = <usize>i << 2, end = load<i32>(ends + from, 4);
    const bias = load<f32>(bGate + from), s = load<f32>(scale + from), shift = load<f32>(bMag + from);
    for (; at < end; at++) {
      const c = load<f32>(value + (<usize>at << 2)), magnitude = max<f32>(s * c + shift, 0);
      if (onlyActive != 0 && !(magnitude > 0)) continue;
      const here = <usize>to << 2;
      store<f32>(gates + here, c + bias);
      store<f32>(value + here, magnitude);
      store<i32>(sample + here, load<i32>(sample + (<usize>at << 2)));
      to++;
    }
    store<i32>(ends + from, to, 4);
  }
  return to;
}

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
