// f32_sae_encode_4x8: pre[b][f] = b_enc[f] + sum_d xc[b][d] * W_enc[f][d].
// layout: W_enc transposed [F][D] rows, samples in panels [B/8][D][8], result [B/8][F][8]:
//   contiguous stores, no transposes, and no 4 KB aliasing however large F is.
// lanes: 8 samples; 4 features per tile; d runs in order: one reduction order per element.
// A block of features is first turned into groups [4 features][D][4], so that one pointer
//   walks the weights (as in f32_gemm_packed_4x8); every panel then reuses the block from
//   the first-level cache.
// needs: F % 4 == 0, D % 4 == 0; scratch for `block` rows of D floats.
// v1 four row pointers; v2 packed blocks (npm run bench -- --only sae, docs/lab/sae.md).
import { eachPanel, interleave } from "../sae/encode";

/** `panelCount` panels of 8 samples; `scratch`: block * d floats. */
export function f32_sae_encode_4x8(panels: usize, panelCount: i32, wEnc: usize, bias: usize, out: usize, d: i32, f: i32, block: i32, scratch: usize): void {
  const ld = <usize>d << 2, outPanel = <usize>f << 5;
  for (let at = 0; at < f; at += block) {
    const n = min(block, f - at);
    for (let i = 0; i < n; i += 4) {
      const row = wEnc + <usize>i * ld;
      interleave(row, row + ld, row + 2 * ld, row + 3 * ld, ld, scratch + <usize>i * ld);
    }
    eachPanel(panels, panelCount, scratch, ld, bias, out, outPanel, n);
    wEnc += ld * <usize>n; bias += <usize>n << 2; out += <usize>n << 5;
  }
}
