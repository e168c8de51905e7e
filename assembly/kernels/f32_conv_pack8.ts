// f32_conv_pack8: weights of f32_conv_4x8 and f32_conv1x1_4x8 -> panels of 8 filters.

/** weight[Cout,Cin,KH,KW] -> panels [ceil(Cout/8)][KH][KW][Cin][8], zero-padded. */
export function f32_conv_pack8(weight: usize, packed: usize, cout: i32, cin: i32, kh: i32, kw: i32): void {
  const filter = <usize>(cin * kh * kw) << 2;
  for (let f = 0; f < cout; f += 8)
    for (let y = 0; y < kh; y++)
      for (let x = 0; x < kw; x++)
        for (let c = 0; c < cin; c++)
          for (let j = 0; j < 8; j++) {
            store<f32>(packed, f + j < cout ? load<f32>(weight + <usize>(f + j) * filter + (<usize>((c * kh + y) * kw + x) << 2)) : 0);
            packed += 4;
          }
}
