// f32_winograd_6x6_grad: the gradient by a convolution's weights, stride 1, by Winograd's minimal filtering: what
//   f32_winograd_6x6 computes, turned round, with the same matrices (its header has them).
//   dg = G^T [ sum over tiles of (A dY A^T) . (B^T d B) ] G
// Three steps, with 36 products of f32_outer_4x8 between the second and the third: of each tile's input and of its
// gradient the 36 points, laid out as that product reads them, and the taps from its sums.
//
// lanes: 4 neighbouring channels.
// needs: Cin % 4 == 0, Cout % 4 == 0; tiles of 6x6 inputs, `outputs` apart, that can all be read, and of outputs x outputs
//   gradients, zero where there is no output.
import { inputTile } from "../winograd/tile6";

/**
 * B^T d B: 36 planes [ceil(Cin/8)][tilesY * tilesX][8]. `src`: padded top left of output (0,0). Where Cin % 8 is 4 the
 * last panel's other half is left as it is. `scratch`: 72 * 16 bytes.
 */
export function f32_winograd_6x6_grad_input(src: usize, srcPixel: usize, srcRow: usize, cin: i32, tilesY: i32, tilesX: i32, outputs: i32, v: usize, scratch: usize): void {
  const panel = <usize>(tilesY * tilesX) << 5, plane = panel * <usize>((cin + 7) >> 3);
  for (let y = 0; y < tilesY; y++) {
    let s = src + <usize>(y * outputs) * srcRow;
    for (let x = 0; x < tilesX; x++) {
      for (let c = 0; c < cin; c += 4) {
        inputTile(s + (<usize>c << 2), srcPixel, srcRow, scratch, scratch + 576, 6, 6);
        planes(scratch, v + panel * (<usize>c >> 3) + ((<usize>c & 4) << 2), plane);
      }
      s += <usize>outputs * srcPixel; v += 32;
    }
  }
}

/** A dY A^T: 36 planes [Cout/4][tilesY * tilesX][4]. outputs: 4, 3 or 2 a side. `scratch`: 60 * 16 bytes. */
export function f32_winograd_6x6_grad_output(dy: usize, pixel: usize, row: usize, cout: i32, tilesY: i32, tilesX: i32, outputs: i32, w: usize, scratch: usize): void {
  const panel = <usize>(tilesY * tilesX) << 4, plane = panel * (<usize>cout >> 2);
  for (let y = 0; y < tilesY; y++) {
    let s = dy + <usize>(y * outputs) * row;
    for (let x = 0; x < tilesX; x++) {
      for (let f = 0; f < cout; f += 4) {
        gradientTile(s + (<usize>f << 2), pixel, row, outputs, scratch, scratch + 576);
        planes(scratch, w + panel * (<usize>f >> 2), plane);
      }
      s += <usize>outputs * pixel; w += 16;
    }
  }
}

/** G^T m G: `sums`, 36 planes [Cout][ld], to taps [Cout][size * size][ld]; size: 3, 4 or 5; ld % 4 == 0. `scratch`: 30 * 16 bytes. */
export function f32_winograd_6x6_grad_weight(sums: usize, cout: i32, ld: i32, size: i32, taps: usize, scratch: usize): void {
  const plane = <usize>(cout * ld) << 2, tap = <usize>ld << 2;
  for (let f = 0; f < cout; f++) {
    for (let c = 0; c < ld; c += 4) {
      let t = scratch, m = sums;
      for (let i = 0; i < 6; i++) {
        line(size, m, plane, t, 96);
        t += 16; m += 6 * plane;
      }
      let o = taps + (<usize>c << 2);
      t = scratch;
      for (let i = 0; i < size; i++) {
        // The taps of a column of the six rows: [x tap][row].
        line(size, t, 16, o, tap * <usize>size);
        t += 96; o += tap;
      }
      sums += 16;
    }
    taps += tap * <usize>(size * size);
  }
}

// 36 vectors, each to its plane.
function planes(from: usize, to: usize, plane: usize): void {
  const end = from + 576;
  do {
    v128.store(to, v128.load(from));
    from += 16; to += plane;
  } while (from < end);
}

// Each size a function of its own: which values there are is no question of lanes.
function line(size: i32, s: usize, ps: usize, o: usize, step: usize): void {
  if (size == 3) taps3(s, ps, o, step);
  else if (size == 4) taps4(s, ps, o, step);
  else taps5(s, ps, o, step);
}
function taps3(s: usize, ps: usize, o: usize, step: usize): void { tapLine(s, ps, 3, o, step); }
function taps4(s: usize, ps: usize, o: usize, step: usize): void { tapLine(s, ps, 4, o, step); }
function taps5(s: usize, ps: usize, o: usize, step: usize): void { tapLine(s, ps, 5, o, step); }
function points(m: i32, s: usize, ps: usize, o: usize, step: usize): void {
  if (m == 4) points4(s, ps, o, step);
  else if (m == 3) points3(s, ps, o, step);
  else points2(s, ps, o, step);
}
function points4(s: usize, ps: usize, o: usize, step: usize): void { pointLine(s, ps, 4, o, step); }
function points3(s: usize, ps: usize, o: usize, step: usize): void { pointLine(s, ps, 3, o, step); }
function points2(s: usize, ps: usize, o: usize, step: usize): void { pointLine(s, ps, 2, o, step); }

// One pass of A over m values `ps` bytes apart: six vectors, `step` bytes apart at o.
// @ts-ignore: decorator
@inline
function pointLine(s: usize, ps: usize, m: i32, o: usize, step: usize): void {
  const z = f32x4.splat(0), y0 = v128.load(s), y1 = v128.load(s + ps);
  let y2 = z, y3 = z, end = y1;
  if (m > 2) { y2 = v128.load(s + (ps << 1)); end = y2; }
  if (m > 3) { y3 = v128.load(s + ps * 3); end = y3; }
  const k2 = f32x4.splat(2), k4 = f32x4.splat(4), k8 = f32x4.splat(8);
  const even = f32x4.add(y0, y2), odd = f32x4.add(y1, y3);
  const even2 = f32x4.add(y0, f32x4.mul(k4, y2)), odd2 = f32x4.add(f32x4.mul(k2, y1), f32x4.mul(k8, y3));
  v128.store(o, y0); v128.store(o + step, f32x4.add(even, odd)); v128.store(o + step * 2, f32x4.sub(even, odd));
  v128.store(o + step * 3, f32x4.add(even2, odd2)); v128.store(o + step * 4, f32x4.sub(even2, odd2)); v128.store(o + step * 5, end);
}

// A dY A^T of 4 channels of one tile: 36 vectors [y][x] at o; t: scratch of 24.
function gradientTile(s: usize, ps: usize, rs: usize, m: i32, o: usize, t: usize): void {
  const row = <usize>m << 4;
  let q = t;
  for (let i = 0; i < m; i++) { points(m, s, ps, q, row); s += rs; q += 16; }
  // t: [x point][row]
  for (let i = 0; i < 6; i++) { points(m, t, 16, o, 96); t += row; o += 16; }
}

// One pass of G^T over six values `ps` bytes apart: `size` vectors, `step` bytes apart at o.
// @ts-ignore: decorator
@inline
function tapLine(s: usize, ps: usize, size: i32, o: usize, step: usize): void {
  const m0 = v128.load(s), m1 = v128.load(s + ps), m2 = v128.load(s + ps * 2), m3 = v128.load(s + ps * 3), m4 = v128.load(s + ps * 4), m5 = v128.load(s + ps * 5);
  const sixth = f32x4.splat(<f32>(-1.0 / 6)), part = f32x4.splat(<f32>(1.0 / 24));
  const even = f32x4.mul(sixth, f32x4.add(m1, m2)), odd = f32x4.mul(sixth, f32x4.sub(m1, m2));
  const even2 = f32x4.mul(part, f32x4.add(m3, m4)), odd2 = f32x4.mul(part, f32x4.sub(m3, m4));
  v128.store(o, f32x4.add(f32x4.mul(f32x4.splat(0.25), m0), f32x4.add(even, even2)));
  v128.store(o + step, f32x4.add(odd, f32x4.mul(f32x4.splat(2), odd2)));
  let g = f32x4.add(even, f32x4.mul(f32x4.splat(4), even2));
  if (size == 3) g = f32x4.add(g, m5);
  v128.store(o + step * 2, g);
  if (size > 3) {
    g = f32x4.add(odd, f32x4.mul(f32x4.splat(8), odd2));
    if (size == 4) g = f32x4.add(g, m5);
    v128.store(o + step * 3, g);
  }
  if (size > 4) v128.store(o + step * 4, f32x4.add(f32x4.add(even, f32x4.mul(f32x4.splat(16), even2)), m5));
}
