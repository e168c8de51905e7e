// f32_sae_rescore: exact pre-activations of the candidates that i16_sae_screen_4x8 left, with
// the bits of f32_sae_encode_4x8 (f32_dots_4), and the choice among them.
// rows: x [n][D] as the encoder takes it, W_enc [F][D], bias [F].
import { f32_dots_4 } from "./f32_dots_4";
import { f32_keep_top } from "./f32_keep_top";
import { i16_sae_prune } from "./i16_sae_prune";

/** Products that are worth a look at the bounds first. */
const PRUNE: i64 = 2048;

function fill(indices: usize, n: i32, bias: usize, values: usize): void {
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2;
    store<f32>(values + at, load<f32>(bias + (<usize>load<i32>(indices + at) << 2)));
  }
}

/** One list: exact values; those > 0 stay. Returns how many; those >= t are counted at `above`. */
function rescore(x: usize, w: usize, bias: usize, d: i32, values: usize, indices: usize, n: i32, t: f32, above: usize): i32 {
  const full = (n + 3) & ~3;
  for (let i = n; i < full; i++) store<i32>(indices + (<usize>i << 2), load<i32>(indices));
  fill(indices, full, bias, values);
  f32_dots_4(indices, n, w, d, x, values);
  let to: usize = 0, least = 0;
  for (let i = 0; i < n; i++) {
    const at = <usize>i << 2, p = load<f32>(values + at);
    if (p >= t) least++;
    if (!(p > 0)) continue;
    store<f32>(values + to, p);
    store<i32>(indices + to, load<i32>(indices + at));
    to += 4;
  }
  store<i32>(above, least);
  return <i32>(to >> 2);
}

/**
 * The k largest values > 0 of each of n samples, lowest index first among equals, in order of
 * index: lists of i16_sae_screen_top_4x8, in place. counts: entries; -1 as it was; -2 where
 * fewer than k reach a threshold above 0 (the threshold was too high). thresholds: becomes the
 * k-th value, 0 where there are fewer. capacity % 8 == 0; scratch: capacity floats.
 */
export function f32_sae_rescore_top(x: usize, n: i32, wEnc: usize, bias: usize, d: i32, k: i32, inverseX: usize, inverseW: usize, thresholds: usize, values: usize, indices: usize, counts: usize, capacity: i32, scratch: usize): void {
  const ld = <usize>d << 2, stride = <usize>capacity << 2;
  for (let b = 0; b < n; b++) {
    let m = load<i32>(counts);
    // Cutting the list costs about as much as a few dozen products of this length.
    if (<i64>(m - k) * d > PRUNE) m = i16_sae_prune(values, indices, m, k, load<f32>(inverseX), inverseW, bias, d, thresholds, scratch);
    if (m >= 0) {
      const t = load<f32>(thresholds);
      m = rescore(x, wEnc, bias, d, values, indices, m, t, scratch);
      const above = load<i32>(scratch);
      let least: f32 = 0;
      if (t > 0 && above < k) m = -2;
      else if (m >= k) {
        least = f32_keep_top(values, indices, m, k, scratch);
        m = k;
      }
      store<f32>(thresholds, least);
    }
    store<i32>(counts, m);
    x += ld; inverseX += 4; thresholds += 4; counts += 4; values += stride; indices += stride;
  }
}

/** Samples marked in a row of masks, those below n, to `index`; returns how many. 64 samples at a time. */
function marked(masks: usize, n: i32, index: usize): i32 {
  const start = index;
  for (let b = 0; b < n; b += 64) {
    let m = load<u64>(masks);
    if (n - b < 64) m &= (<u64>1 << <u64>(n - b)) - 1;
    while (m) {
      store<i32>(index, b + <i32>ctz(m));
      m &= m - 1;
      index += 4;
    }
    masks += 8;
  }
  return <i32>((index - start) >> 2);
}

/**
 * Features first .. first + count, masks [count][maskStride] of i16_sae_screen_4x8 over n samples:
 * the values > thresholds[f] of each feature, samples in order, appended to lists per feature
 * from entry `at` on: first[f + 1] = end. x rows of the n samples. Returns the end, -1 where
 * the lists' `capacity` is too small. scratch: 2 (n + 4) floats.
 */
export function f32_sae_rescore_masks(masks: usize, maskStride: i32, n: i32, x: usize, wEnc: usize, bias: usize, thresholds: usize, d: i32, first: i32, count: i32, ends: usize, sample: usize, value: usize, at: i32, capacity: i32, scratch: usize): i32 {
  const index = scratch, dots = scratch + (<usize>(n + 4) << 2);
  for (let f = first; f < first + count; f++) {
    const m = marked(masks, n, index), full = (m + 3) & ~3, from = <usize>f << 2;
    const b = load<f32>(bias + from), t = load<f32>(thresholds + from);
    for (let i = m; i < full; i++) store<i32>(index + (<usize>i << 2), load<i32>(index));
    for (let i = 0; i < full; i++) store<f32>(dots + (<usize>i << 2), b);
    f32_dots_4(index, m, x, d, wEnc + from * <usize>d, dots);
    if (at + m > capacity) return -1;
    for (let i = 0; i < m; i++) {
      const p = load<f32>(dots + (<usize>i << 2));
      if (!(p > t)) continue;
      store<i32>(sample + (<usize>at << 2), load<i32>(index + (<usize>i << 2)));
      store<f32>(value + (<usize>at << 2), p);
      at++;
    }
    store<i32>(ends + from, at, 4);
    masks += maskStride;
  }
  return at;
}
