// f16_widen, naive. One value after the other, by its parts.
export function f16_widen(x: usize, n: i32, out: usize): void {
  for (let i = 0; i < n; i++) {
    const h = <u32>load<u16>(x + (<usize>i << 1)), exponent = (h >> 10) & 31, fraction = h & 1023, sign = (h & 0x8000) << 16;
    let bits: u32;
    if (exponent == 0) bits = reinterpret<u32>(<f32>fraction * <f32>5.9604644775390625e-8) | sign;
    else bits = sign | ((exponent == 31 ? 255 : exponent + 112) << 23) | (fraction << 13);
    store<u32>(out + (<usize>i << 2), bits);
  }
}
