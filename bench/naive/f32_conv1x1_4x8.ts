// f32_conv1x1_4x8, naive. 1x1 convolution, one output after the other.
export function f32_conv1x1_4x8(table: usize, groups: i32, block: i32, cin: i32, packed: usize, bias: usize, cout: i32, relu: i32, scratch: usize): void {
  for (let p = 0; p < groups * 4; p++) {
    const entry = table + (<usize>((p >> 2) * 8 + (p & 3)) << 2), src = load<usize>(entry), dst = load<usize>(entry, 16);
    for (let f = 0; f < cout; f++) {
      let s = load<f32>(bias + (<usize>f << 2));
      for (let c = 0; c < cin; c++) s += load<f32>(src + (<usize>c << 2)) * load<f32>(packed + (<usize>(((f >> 3) * cin + c) * 8 + (f & 7)) << 2));
      store<f32>(dst + (<usize>f << 2), relu != 0 && s < 0 ? 0 : s);
    }
  }
}
