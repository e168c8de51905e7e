// f32_winograd_6x6: convolution NHWC, stride 1, by Winograd's minimal filtering on
//   6x6 input tiles with the points 0, 1, -1, 2, -2, inf: F(4x4,3x3), F(3x3,4x4) and
//   F(2x2,5x5) share the input transform and the 36 GEMMs.
//   Y = A^T [ (G g G^T) . (B^T d B) ] A, then + bias, then an optional ReLU
//
//   B^T  4  0 -5  0  1  0     A^T  1  1  1  1  1  0     (first M rows; the 1 of the
//        0 -4 -4  1  1  0          0  1 -1  2 -2  0      last column stands in row
//        0  4 -4 -1  1  0          0  1  1  4  4  0      M - 1)
//        0 -2 -1  2  1  0          0  1 -1  8 -8  0
//        0  2 -1 -2  1  0     G    1/4; -1/6 (1 1 1 ..); -1/6 (1 -1 1 ..);
//        0  4  0 -5  0  1          1/24 (1 2 4 8 ..); 1/24 (1 -2 4 -8 ..); last tap
//
// lanes: 4 neighbouring channels in the transforms; then 4 tiles are interleaved for
//   f32_gemm_packed_4x8 (a group that runs past the last tile repeats it).
//   The transforms are in ../winograd/tile6.ts, the turns in ../winograd/turns.ts.
// needs: Cin % 4 == 0, Cout % 4 == 0; the source padded so that every 6x6 tile can be
//   read: (ceil(OH/M)-1)*M + 6 rows and as many columns likewise.
import { scratchOf, turns } from "../winograd/turns";

/** Bytes of scratch that f32_winograd_6x6 needs for blocks of `block` tiles. */
export function f32_winograd_6x6_scratch(block: i32, cin: i32, cout: i32): usize {
  return scratchOf(6, block, cin, cout);
}

/**
 * `src`: padded top left of output (0,0); ps, rs: bytes between source pixels, rows;
 * ds, dr: the same for the destination. m: 4, 3 or 2 outputs a side (kernel 3, 4, 5).
 * `packed`: f32_winograd_6x6_pack. `block`: tiles a turn, a multiple of 4.
 */
export function f32_winograd_6x6(src: usize, ps: usize, rs: usize, cin: i32, packed: usize, bias: usize, dst: usize, ds: usize, dr: usize, oh: i32, ow: i32, cout: i32, m: i32, relu: i32, block: i32, scratch: usize): void {
  turns(6, src, ps, rs, cin, packed, bias, dst, ds, dr, oh, ow, cout, m, relu ? 0 : -Infinity, block, scratch);
}

// G applied to r taps at p, `step` bytes apart: 6 f64 at o, `to` bytes apart.
function transformTaps(p: usize, step: usize, r: i32, o: usize, to: usize): void {
  const g0 = load<f64>(p), g1 = load<f64>(p + step), g2 = load<f64>(p + 2 * step);
  let even = g0 + g2, odd = g1, even2 = g0 + 4 * g2, odd2 = 2 * g1, last = g2;
  if (r > 3) { const g3 = load<f64>(p + 3 * step); odd += g3; odd2 += 8 * g3; last = g3; }
  if (r > 4) { const g4 = load<f64>(p + 4 * step); even += g4; even2 += 16 * g4; last = g4; }
  store<f64>(o, g0 / 4); o += to;
  store<f64>(o, (even + odd) / -6); o += to;
  store<f64>(o, (even - odd) / -6); o += to;
  store<f64>(o, (even2 + odd2) / 24); o += to;
  store<f64>(o, (even2 - odd2) / 24); o += to;
  store<f64>(o, last);
}

// One r x r filter, f64 at g: 36 values, `plane` bytes apart. mid: 6 * r f64, line: 6 f64.
function packFilter(g: usize, r: i32, mid: usize, line: usize, out: usize, plane: usize): void {
  const row = <usize>r << 3;
  for (let x = 0; x < r; x++) transformTaps(g + (<usize>x << 3), row, r, mid + (<usize>x << 3), row);
  for (let i = 0; i < 6; i++) {
    transformTaps(mid, 8, r, line, 8);
    for (let j: usize = 0; j < 48; j += 8) { store<f32>(out, <f32>load<f64>(line + j)); out += plane; }
    mid += row;
  }
}

/**
 * w[Cout,Cin,r,r] -> G g G^T as [36][ceil(Cout/8)][Cin][8], zero-padded; computed in f64,
 * rounded once. r: 3, 4 or 5. `scratch`: 61 f64.
 */
export function f32_winograd_6x6_pack(w: usize, out: usize, cout: i32, cin: i32, r: i32, scratch: usize): void {
  const wide = (cout + 7) & ~7, plane = <usize>(cin * wide) << 2, mid = scratch + 200, line = mid + 240;
  for (let f = 0; f < wide; f++)
    for (let c = 0; c < cin; c++) {
      for (let k = 0; k < r * r; k++) {
        store<f64>(scratch + (<usize>k << 3), f < cout ? <f64>load<f32>(w) : 0);
        if (f < cout) w += 4;
      }
      packFilter(scratch, r, mid, line, out + (<usize>((f >> 3) * cin * 8 + c * 8 + (f & 7)) << 2), plane);
    }
}
