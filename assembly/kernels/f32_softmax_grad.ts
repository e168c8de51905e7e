// f32_softmax_grad: dx_i = y_i (g_i - sum_j g_j y_j). The sum and each product are f64, in index order,
// rounded once at the end.

/** y: what the softmax gave; g: the gradient by it; dx: that by its input. n values. dx may be g. */
export function f32_softmax_grad(y: usize, g: usize, dx: usize, n: i32): void {
  const end = <usize>n << 2;
  let sum: f64 = 0;
  for (let i: usize = 0; i < end; i += 4) sum += <f64>load<f32>(g + i) * <f64>load<f32>(y + i);
  for (let i: usize = 0; i < end; i += 4) store<f32>(dx + i, <f32>(<f64>load<f32>(y + i) * (<f64>load<f32>(g + i) - sum)));
}
