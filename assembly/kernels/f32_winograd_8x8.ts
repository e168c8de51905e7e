// f32_winograd_8x8: convolution NHWC, stride 1, by Winograd's minimal filtering on
//   8x8 input tiles with the points 0, 1, -1, 2, -2, 1/2, -1/2, inf: F(4x4,5x5), F(5x5,4x4)
//   and F(6x6,3x3) share the input transform and the 64 GEMMs.
//   Y = A^T [ (G g G^T) . (B^T d B) ] A, then + bias, then an optional ReLU
//
//   B^T  1    0  -21/4    0   21/4    0  -1  0     A^T  1 1  1  1   1    1     1   0
//        0    1    1   -17/4 -17/4    1   1  0          0 1 -1  2  -2   1/2  -1/2  0
//        0   -1    1    17/4 -17/4   -1   1  0          0 1  1  4   4   1/4   1/4  0
//        0   1/2  1/4   -5/2  -5/4    2   1  0          0 1 -1  8  -8   1/8  -1/8  0
//        0  -1/2  1/4    5/2  -5/4   -2   1  0          0 1  1 16  16  1/16  1/16  0
//        0    2    4    -5/2   -5    1/2  1  0          0 1 -1 32 -32  1/32 -1/32  1
//        0   -2    4     5/2   -5   -1/2  1  0     (first M rows; the 1 of the last
//        0   -1    0    21/4    0  -21/4  0  1      column stands in row M - 1)
//   G    1; -2/9 (1 1 1 ..); -2/9 (1 -1 1 ..); 1/90 (1 2 4 8 ..); 1/90 (1 -2 4 -8 ..);
//        32/45 (1 1/2 1/4 ..); 32/45 (1 -1/2 1/4 ..); last tap
//
// 64 products for 16, 25 or 36 outputs where the 6x6 tile has 36 for 4, 9 or 16; errors are
// about 1.5 times those of the 6x6 tile (docs/kernels.md says which layer uses which).
// lanes: 4 neighbouring channels in the transforms; then 4 tiles are interleaved for
//   f32_gemm_packed_4x8 (a group that runs past the last tile repeats it).
//   The transforms are in ../winograd/tile8.ts, turns and short edge tiles in
//   ../winograd/turns.ts, the weights in ../winograd/pack.ts.
// needs: Cin % 4 == 0, Cout % 4 == 0; the source padded so that every 8x8 tile can be
//   read: (ceil(OH/M)-1)*M + 8 rows and as many columns likewise.
import { packFilters } from "../winograd/pack";
import { scratchOf, turns } from "../winograd/turns";

/** Bytes of scratch that f32_winograd_8x8 needs for blocks of `block` tiles. */
export function f32_winograd_8x8_scratch(block: i32, cin: i32, cout: i32): usize {
  return scratchOf(8, block, cin, cout);
}

/** Arguments as f32_winograd_6x6's; outputs: 6, 5 or 4 a side of a tile (kernel 3, 4, 5). */
export function f32_winograd_8x8(src: usize, srcPixel: usize, srcRow: usize, cin: i32, packed: usize, bias: usize, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, cout: i32, outputs: i32, relu: i32, fold: i32, block: i32, scratch: usize): void {
  turns(8, src, srcPixel, srcRow, cin, packed, bias, dst, dstPixel, dstRow, outHeight, outWidth, cout, outputs, relu ? 0 : -Infinity, fold != 0, block, scratch);
}

/**
 * weight[Cout,Cin,size,size] -> G g G^T: 64 planes [ceil(Cout/8)][Cin][8], zero-padded, each followed by
 * 64 unused bytes; computed in f64,
 * rounded once. size: 3, 4 or 5. `scratch`: 40 f64.
 */
export function f32_winograd_8x8_pack(weight: usize, packed: usize, cout: i32, cin: i32, size: i32, scratch: usize): void {
  packFilters(8, weight, packed, cout, cin, size, scratch);
}
