// f32_winograd_8x8, naive. Its matrices, and plain loops over them.
import { winograd } from "./winograd/plain";

const BT: StaticArray<f32> = [
  1, 0, -5.25, 0, 5.25, 0, -1, 0,
  0, 1, 1, -4.25, -4.25, 1, 1, 0,
  0, -1, 1, 4.25, -4.25, -1, 1, 0,
  0, 0.5, 0.25, -2.5, -1.25, 2, 1, 0,
  0, -0.5, 0.25, 2.5, -1.25, -2, 1, 0,
  0, 2, 4, -2.5, -5, 0.5, 1, 0,
  0, -2, 4, 2.5, -5, -0.5, 1, 0,
  0, -1, 0, 5.25, 0, -5.25, 0, 1,
];
const AT: StaticArray<f32> = [
  1, 1, 1, 1, 1, 1, 1, 0,
  0, 1, -1, 2, -2, 0.5, -0.5, 0,
  0, 1, 1, 4, 4, 0.25, 0.25, 0,
  0, 1, -1, 8, -8, 0.125, -0.125, 0,
  0, 1, 1, 16, 16, 0.0625, 0.0625, 0,
  0, 1, -1, 32, -32, 0.03125, -0.03125, 0,
];

export function f32_winograd_8x8(src: usize, srcPixel: usize, srcRow: usize, cin: i32, packed: usize, bias: usize, dst: usize, dstPixel: usize, dstRow: usize, outHeight: i32, outWidth: i32, cout: i32, outputs: i32, relu: i32, fold: i32, block: i32, scratch: usize): void {
  winograd(8, BT, AT, src, srcPixel, srcRow, cin, packed, bias, dst, dstPixel, dstRow, outHeight, outWidth, cout, outputs, relu, scratch);
}
