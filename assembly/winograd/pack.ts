// G g G^T of every filter, in f64, rounded once: edge^2 planes [ceil(Cout/8)][Cin][8], zero-padded,
// each followed by 64 bytes that are not used: planes a multiple of 4 KB apart would fall into
// one set of the cache.
// A function for each number of taps, small enough that engines optimise it early: packing is
// most of what a session's creation costs. `edge` is a constant in each caller.

// @ts-ignore: decorator
@inline
function put(last: bool, o: usize, v: f64): void {
  if (last) store<f32>(o, <f32>v);
  else store<f64>(o, v);
}

// G applied to r taps: edge values, `step` bytes apart; f32 when `last`, else f64.
// @ts-ignore: decorator
@inline
function taps(edge: i32, r: i32, last: bool, g0: f64, g1: f64, g2: f64, g3: f64, g4: f64, o: usize, step: usize): void {
  let even = g0 + g2, odd = g1, even2 = g0 + 4 * g2, odd2 = 2 * g1, end = g2;
  if (r > 3) { odd += g3; odd2 += 8 * g3; end = g3; }
  if (r > 4) { even += g4; even2 += 16 * g4; end = g4; }
  if (edge == 6) {
    even *= -1.0 / 6; odd *= -1.0 / 6; even2 *= 1.0 / 24; odd2 *= 1.0 / 24;
    put(last, o, 0.25 * g0); o += step;
  } else {
    even *= -2.0 / 9; odd *= -2.0 / 9; even2 *= 1.0 / 90; odd2 *= 1.0 / 90;
    put(last, o, g0); o += step;
  }
  put(last, o, even + odd); o += step;
  put(last, o, even - odd); o += step;
  put(last, o, even2 + odd2); o += step;
  put(last, o, even2 - odd2); o += step;
  if (edge == 8) {
    let half = 32 * g0 + 8 * g2, rest = 16 * g1;
    if (r > 3) rest += 4 * g3;
    if (r > 4) half += 2 * g4;
    half *= 1.0 / 45; rest *= 1.0 / 45;
    put(last, o, half + rest); o += step;
    put(last, o, half - rest); o += step;
  }
  put(last, o, end);
}

// @ts-ignore: decorator
@inline
function filter(edge: i32, r: i32, w: usize, mid: usize, out: usize, plane: usize): void {
  const row = <usize>r << 3, next = <usize>r << 2, stop = mid + row, end = mid + row * <usize>edge;
  let m = mid;
  do {
    const g0 = <f64>load<f32>(w), g1 = <f64>load<f32>(w + next), g2 = <f64>load<f32>(w + 2 * next);
    const g3 = r > 3 ? <f64>load<f32>(w + 3 * next) : 0, g4 = r > 4 ? <f64>load<f32>(w + 4 * next) : 0;
    taps(edge, r, false, g0, g1, g2, g3, g4, m, row);
    w += 4; m += 8;
  } while (m < stop);
  m = mid;
  do {
    taps(edge, r, true, load<f64>(m), load<f64>(m, 8), load<f64>(m, 16), r > 3 ? load<f64>(m, 24) : 0, r > 4 ? load<f64>(m, 32) : 0, out, plane);
    out += <usize>edge * plane; m += row;
  } while (m < end);
}

function filter63(w: usize, mid: usize, out: usize, plane: usize): void { filter(6, 3, w, mid, out, plane); }
function filter64(w: usize, mid: usize, out: usize, plane: usize): void { filter(6, 4, w, mid, out, plane); }
function filter65(w: usize, mid: usize, out: usize, plane: usize): void { filter(6, 5, w, mid, out, plane); }
function filter83(w: usize, mid: usize, out: usize, plane: usize): void { filter(8, 3, w, mid, out, plane); }
function filter84(w: usize, mid: usize, out: usize, plane: usize): void { filter(8, 4, w, mid, out, plane); }
function filter85(w: usize, mid: usize, out: usize, plane: usize): void { filter(8, 5, w, mid, out, plane); }

function nothing(edge: i32, out: usize, plane: usize): void {
  for (let p = edge * edge; p > 0; p--) { store<f32>(out, 0); out += plane; }
}

/** w[Cout,Cin,r,r]; scratch: 40 f64. The 8 filters of a panel side by side: whole lines are written. */
// @ts-ignore: decorator
@inline
export function packFilters(edge: i32, w: usize, out: usize, cout: i32, cin: i32, r: i32, scratch: usize): void {
  const wide = (cout + 7) & ~7, plane = (<usize>(cin * wide) << 2) + 64, size = <usize>(r * r) << 2, from = size * <usize>cin;
  for (let f = 0; f < wide; f += 8) {
    for (let c = 0; c < cin; c++) {
      let g = w + size * <usize>c;
      for (let i = f; i < f + 8; i++) {
        if (i >= cout) nothing(edge, out, plane);
        else if (edge == 6) {
          if (r == 3) filter63(g, scratch, out, plane);
          else if (r == 4) filter64(g, scratch, out, plane);
          else filter65(g, scratch, out, plane);
        } else if (r == 3) filter83(g, scratch, out, plane);
        else if (r == 4) filter84(g, scratch, out, plane);
        else filter85(g, scratch, out, plane);
        g += from; out += 4;
      }
    }
    w += from << 3;
  }
}
