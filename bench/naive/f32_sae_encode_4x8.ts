// f32_sae_encode_4x8, naive. One pre-activation after the other.
export function f32_sae_encode_4x8(panels: usize, panelCount: i32, wEnc: usize, bias: usize, out: usize, d: i32, f: i32, block: i32, scratch: usize): void {
  for (let p = 0; p < panelCount; p++)
    for (let i = 0; i < f; i++)
      for (let lane = 0; lane < 8; lane++) {
        let s = load<f32>(bias + (<usize>i << 2));
        for (let c = 0; c < d; c++) s += load<f32>(panels + (<usize>((p * d + c) * 8 + lane) << 2)) * load<f32>(wEnc + (<usize>(i * d + c) << 2));
        store<f32>(out + (<usize>((p * f + i) * 8 + lane) << 2), s);
      }
}
