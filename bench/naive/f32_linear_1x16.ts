// f32_linear_1x16, naive. y = W x + b, one output after the other.
export function f32_linear_1x16(x: usize, inputs: i32, packed: usize, bias: usize, y: usize, outputs: i32): void {
  for (let j = 0; j < outputs; j++) {
    let s = load<f32>(bias + (<usize>j << 2));
    for (let i = 0; i < inputs; i++) s += load<f32>(packed + (<usize>(((j >> 4) * inputs + i) * 16 + (j & 15)) << 2)) * load<f32>(x + (<usize>i << 2));
    store<f32>(y + (<usize>j << 2), s);
  }
}
