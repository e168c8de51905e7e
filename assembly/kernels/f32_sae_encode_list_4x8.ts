// f32_sae_encode_list_4x8: f32_sae_encode_4x8 of listed features, with the same bits.
import { eachPanel, interleave } from "../sae/encode";

/** The n features in `list` (n % 4 == 0); bias [n] in the order of the list, out [panelCount][n][8]. */
export function f32_sae_encode_list_4x8(panels: usize, panelCount: i32, wEnc: usize, list: usize, bias: usize, out: usize, d: i32, n: i32, block: i32, scratch: usize): void {
  const ld = <usize>d << 2, outPanel = <usize>n << 5;
  for (let at = 0; at < n; at += block) {
    const here = min(block, n - at);
    for (let i = 0; i < here; i += 4) {
      interleave(wEnc + <usize>load<i32>(list) * ld, wEnc + <usize>load<i32>(list, 4) * ld,
        wEnc + <usize>load<i32>(list, 8) * ld, wEnc + <usize>load<i32>(list, 12) * ld, ld, scratch + <usize>i * ld);
      list += 16;
    }
    eachPanel(panels, panelCount, scratch, ld, bias, out, outPanel, here);
    bias += <usize>here << 2; out += <usize>here << 5;
  }
}
