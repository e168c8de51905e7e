// f32_conv_4x8, naive. Convolution, one output after the other. The table's source pixels are its receptive fields.
export function f32_conv_4x8(table: usize, groups: i32, block: i32, kh: i32, srcRow: usize, segment: i32, packed: usize, bias: usize, cout: i32, relu: i32): void {
  for (let p = 0; p < groups * 4; p++) {
    const entry = table + (<usize>((p >> 2) * 8 + (p & 3)) << 2), src = load<usize>(entry), dst = load<usize>(entry, 16);
    for (let f = 0; f < cout; f++) {
      let s = load<f32>(bias + (<usize>f << 2));
      for (let y = 0; y < kh; y++)
        for (let x = 0; x < segment; x++)
          s += load<f32>(src + <usize>y * srcRow + (<usize>x << 2)) * load<f32>(packed + (<usize>((((f >> 3) * kh + y) * segment + x) * 8 + (f & 7)) << 2));
      store<f32>(dst + (<usize>f << 2), relu != 0 && s < 0 ? 0 : s);
    }
  }
}
