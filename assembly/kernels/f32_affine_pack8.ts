// f32_affine_pack8: weights of f32_affine_4x8 -> panels of 8 columns [ceil(N/8)][K][8], zero-padded; from a table
//   [N,K], whose rows are columns of W. (From W [K,N] itself: f32_gemm_pack8.) needs: K % 4 == 0.
import { transpose4 } from "../lanes";

// Four rows of the table to half a panel: rows of 32 bytes.
function half(p: usize, ld: usize, k: i32, to: usize, buffer: usize): void {
  const end = p + (<usize>k << 2);
  let p1 = p + ld, p2 = p1 + ld, p3 = p2 + ld;
  do {
    transpose4(v128.load(p), v128.load(p1), v128.load(p2), v128.load(p3), buffer);
    v128.store(to, v128.load(buffer)); v128.store(to, v128.load(buffer, 16), 32);
    v128.store(to, v128.load(buffer, 32), 64); v128.store(to, v128.load(buffer, 48), 96);
    p += 16; p1 += 16; p2 += 16; p3 += 16; to += 128;
  } while (p < end);
}

function last(p: usize, rows: i32, ld: usize, k: i32, to: usize): void {
  for (let c = 0; c < k; c++) {
    for (let j = 0; j < 8; j++) store<f32>(to + (<usize>j << 2), j < rows ? load<f32>(p + <usize>j * ld) : 0);
    p += 4; to += 32;
  }
}

/** table [n,k] row-major -> packed. `scratch`: 64 bytes. */
export function f32_affine_pack8(table: usize, packed: usize, n: i32, k: i32, scratch: usize): void {
  const ld = <usize>k << 2, bytes = <usize>k << 5;
  for (; n >= 8; n -= 8) {
    half(table, ld, k, packed, scratch); half(table + 4 * ld, ld, k, packed + 16, scratch);
    table += 8 * ld; packed += bytes;
  }
  if (n > 0) last(table, n, ld, k, packed);
}
