// f32_row: norms, normalisation, projections and combinations of rows, D % 4 == 0.
// Sums across lanes: four partial sums, then (0+1)+(2+3).
import { madd, sum4 } from "../lanes";
import { squared } from "../rows";

function inner(p: usize, q: usize, d: i32): f32 {
  let s = f32x4.splat(0);
  do { s = madd(v128.load(p), v128.load(q), s); p += 16; q += 16; d -= 4; } while (d > 0);
  return sum4(s);
}

function axpy(a: f32, x: usize, y: usize, d: i32): void {
  const s = f32x4.splat(a);
  do { v128.store(y, madd(s, v128.load(x), v128.load(y))); x += 16; y += 16; d -= 4; } while (d > 0);
}

/** norms[n] of rows x [n][D]. */
export function f32_row_norms(x: usize, n: i32, d: i32, norms: usize): void {
  for (let i = 0; i < n; i++) {
    store<f32>(norms, sqrt<f32>(squared(x, d)));
    x += <usize>d << 2; norms += 4;
  }
}

/** Rows to norm 1; zero rows stay. */
export function f32_row_normalize(x: usize, n: i32, d: i32): void {
  for (let i = 0; i < n; i++) {
    const norm = sqrt<f32>(squared(x, d));
    if (norm > 0) {
      const s = f32x4.splat(1 / norm);
      for (let c = 0; c < d; c += 4) v128.store(x + (<usize>c << 2), f32x4.mul(v128.load(x + (<usize>c << 2)), s));
    }
    x += <usize>d << 2;
  }
}

/** g[i] -= (g[i] . w[i]) w[i] for unit rows w: the part of the gradient that only changes the norm. */
export function f32_row_project(g: usize, w: usize, n: i32, d: i32): void {
  const ld = <usize>d << 2;
  for (let i = 0; i < n; i++) {
    axpy(-inner(g, w, d), w, g, d);
    g += ld; w += ld;
  }
}

/** out[i] = a[i] . b[i] of rows of D floats. */
export function f32_row_inner(a: usize, b: usize, n: i32, d: i32, out: usize): void {
  for (let i = 0; i < n; i++) {
    store<f32>(out, inner(a, b, d));
    a += <usize>d << 2; b += <usize>d << 2; out += 4;
  }
}

/** y[D] += sum_i a[i] * x[i][D] over rows in order; rows with a[i] == 0 are skipped. */
export function f32_row_combine(a: usize, x: usize, n: i32, d: i32, y: usize): void {
  for (let i = 0; i < n; i++) {
    const s = load<f32>(a);
    if (s != 0) axpy(s, x, y, d);
    a += 4; x += <usize>d << 2;
  }
}

/** y[i][D] += a[i] * x[i][D]. */
export function f32_row_axpy(a: usize, x: usize, n: i32, d: i32, y: usize): void {
  const ld = <usize>d << 2;
  for (let i = 0; i < n; i++) {
    const s = load<f32>(a);
    if (s != 0) axpy(s, x, y, d);
    a += 4; x += ld; y += ld;
  }
}

/** out[i] = x[i] - row of n rows of D floats. */
export function f32_row_subtract(x: usize, row: usize, n: i32, d: i32, out: usize): void {
  const end = row + (<usize>d << 2);
  for (let i = 0; i < n; i++)
    for (let r = row; r < end; r += 16) {
      v128.store(out, f32x4.sub(v128.load(x), v128.load(r)));
      x += 16; out += 16;
    }
}
