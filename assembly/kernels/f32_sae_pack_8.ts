// f32_sae_pack_8: x - offset of n samples, stored twice: rows [n][D] (for gradients) and panels
// [n/8][D][8] (the encoder's B operand: eight samples side by side).
// needs: D % 4 == 0, n % 8 == 0; offset D floats (zeros for architectures that do not subtract b_dec).

function packRow(x: usize, offset: usize, xc: usize, panel: usize, d: i32): void {
  do {
    const v = f32x4.sub(v128.load(x), v128.load(offset));
    v128.store(xc, v);
    f32.store(panel, f32x4.extract_lane(v, 0));
    f32.store(panel, f32x4.extract_lane(v, 1), 32);
    f32.store(panel, f32x4.extract_lane(v, 2), 64);
    f32.store(panel, f32x4.extract_lane(v, 3), 96);
    x += 16; offset += 16; xc += 16; panel += 128; d -= 4;
  } while (d > 0);
}

export function f32_sae_pack_8(x: usize, offset: usize, rows: usize, panels: usize, n: i32, d: i32): void {
  const ld = <usize>d << 2;
  for (let i = 0; i < n; i += 8) {
    for (let r: usize = 0; r < 32; r += 4) {
      packRow(x, offset, rows, panels + r, d);
      x += ld; rows += ld;
    }
    panels += ld << 3;
  }
}
