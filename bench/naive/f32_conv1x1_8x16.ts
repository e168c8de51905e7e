// f32_conv1x1_8x16, naive. 1x1 convolutions of the same pixels, one output after the other, every
// product; of the packed blocks [B11 B21 T2 T3 T1 B22 T4] those that the plain form needs (B12 = T1 + B11).
function weight(packed: usize, cin: i32, f: i32, c: i32): f32 {
  const half = cin >> 1, low = c < half, at = packed + (<usize>((f >> 4) * 28 * cin + (low ? c : c - half) * 8 + (f & 7)) << 2), block = <usize>cin << 4;
  if (f & 8) return low ? load<f32>(at + 4 * block) + load<f32>(at) : load<f32>(at + 5 * block);
  return load<f32>(low ? at : at + block);
}

export function f32_conv1x1_8x16(sources: usize, groups: i32, block: i32, cin: i32, outputs: usize, outputCount: i32, scratch: usize): void {
  for (let o = outputs; o < outputs + <usize>(20 * outputCount); o += 20) {
    const packed = load<usize>(o), bias = load<usize>(o, 4), cout = load<i32>(o, 8), relu = load<i32>(o, 12), table = load<usize>(o, 16);
    for (let p: usize = 0; p < <usize>groups * 4; p++) {
      const src = load<usize>(sources + (p << 2)), dst = load<usize>(table + (p << 2));
      for (let f = 0; f < cout; f++) {
        let s = load<f32>(bias + (<usize>f << 2));
        for (let c = 0; c < cin; c++) s += load<f32>(src + (<usize>c << 2)) * weight(packed, cin, f, c);
        store<f32>(dst + (<usize>f << 2), relu != 0 && s < 0 ? 0 : s);
      }
    }
  }
}
