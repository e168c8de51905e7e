// f32_add_indexed: values of a table per latent, added to list entries.

/** df[i] += scale * table[index[i]]: the penalty's part of each active latent's gradient. */
export function f32_add_indexed(df: usize, index: usize, table: usize, scale: f32, n: i32): void {
  const end = df + (<usize>n << 2);
  while (df < end) {
    store<f32>(df, load<f32>(df) + scale * load<f32>(table + (<usize>load<i32>(index) << 2)));
    df += 4; index += 4;
  }
}
