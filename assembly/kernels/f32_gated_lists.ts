// f32_gated_lists: gates and magnitudes (f32_gated_8) of lists per latent.

/**
 * What f32_gated_8 gives, from lists per latent (ends: i32[F + 1], sample, value) whose values are c of open
 * gates: value becomes f, gates pi; with `onlyActive` the lists are cut in place. Returns the entries.
 */
export function f32_gated_lists(ends: usize, f: i32, sample: usize, value: usize, bGate: usize, scale: usize, bMag: usize, onlyActive: i32, gates: usize): i32 {
  let at = 0, to = 0;
  for (let i = 0; i < f; i++) {
    const from = <usize>i << 2, end = load<i32>(ends + from, 4);
    const bias = load<f32>(bGate + from), s = load<f32>(scale + from), shift = load<f32>(bMag + from);
    for (; at < end; at++) {
      const c = load<f32>(value + (<usize>at << 2)), magnitude = max<f32>(s * c + shift, 0);
      if (onlyActive != 0 && !(magnitude > 0)) continue;
      const here = <usize>to << 2;
      store<f32>(gates + here, c + bias);
      store<f32>(value + here, magnitude);
      store<i32>(sample + here, load<i32>(sample + (<usize>at << 2)));
      to++;
    }
    store<i32>(ends + from, to, 4);
  }
  return to;
}
