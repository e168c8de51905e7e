// f32_linear_pack16: weights of f32_linear_1x16 -> panels of 16 outputs.

/** weight[outputs, inputs] -> panels [ceil(outputs/16)][inputs][16], zero-padded. */
export function f32_linear_pack16(weight: usize, packed: usize, outputs: i32, inputs: i32): void {
  for (let j = 0; j < outputs; j += 16)
    for (let i = 0; i < inputs; i++)
      for (let l = 0; l < 16; l++) {
        store<f32>(packed, j + l < outputs ? load<f32>(weight + (<usize>((j + l) * inputs + i) << 2)) : 0);
        packed += 4;
      }
}
