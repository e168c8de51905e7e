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
//   The transforms are in ../winograd/tile6.ts, turns and short edge tiles in
//   ../winograd/turns.ts, the weights in ../winograd/pack.ts.
// needs: Cin % 4 == 0, Cout % 4 == 0; the source padded so that every 6x6 tile can be
//   read: (ceil(OH/M)-1)*M + 6 rows and as many columns likewise.
import { packFilters } from "../winograd/pack";
import { scratchOf, turns } from "../winograd/turns";

/** Bytes of scratch that f32_winograd_6x6 needs for blocks of `block` tiles. */
export function f32_winograd_6x6_scratch(block: i32, cin: i32, cout: i32): usize {
  return scratchOf(6, block, cin, cout);
}

/**
 * `src`: padded top left of output (0,0); srcPixel, srcRow: bytes between source pixels, rows;
 * dstPixel, dstRow: the same for the destination. outputs: 4, 3 or 2 a side of a tile (kernel 3, 4, 5).
 * `packed`: f32_winograd_6x6_pack. `block`: tiles a turn, a multiple of 4. `fold` != 0: a kernel of 7x7 and stride 2,
 * folded to 4x4 (../winograd/turns.ts): products with weights known to be zero are left out.
 */
export function f32_winograd_6x6(src: usize, srcPixel: usize, srcRow: usize, cin: i32, packed: usize, bias: usize, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, cout: i32, outputs: i32, relu: i32, fold: i32, block: i32, scratch: usize): void {
  turns(6, src, srcPixel, srcRow, cin, packed, bias, dst, dstPixel, dstRow, outHeight, outWidth, cout, outputs, relu ? 0 : -Infinity, fold != 0, block, scratch);
}

/**
 * weight[Cout,Cin,size,size] -> G g G^T: 36 planes [ceil(Cout/8)][Cin][8], zero-padded, each followed by
 * 64 unused bytes; computed in f64,
 * rounded once. size: 3, 4 or 5. `scratch`: 40 f64.
 */
export function f32_winograd_6x6_pack(weight: usize, packed: usize, cout: i32, cin: i32, size: i32, scratch: usize): void {
  packFilters(6, weight, packed, cout, cin, size, scratch);
}
