// f32_attention: causal self-attention of `heads` heads of `width` values, over keys and values that are kept:
//   z_i = sum_{j <= i} p_ij v_j,   p_i = softmax_{j <= i}(q_i k_j / sqrt(width))
// and the way back. The last `count` of past + count tokens ask; their q, k, v are rows [q | k | v] of heads x width each.
// Kept: keys in panels of 8 tokens [heads][capacity/8][width][8], values in rows [heads][capacity][width].
// A token's bits do not depend on how many are asked at a time: products in order of the values (scores) and of the
// tokens (z), exponentials added in four partial sums by token, then (0+1)+(2+3); behind a token's own, p is 0.
// lanes: 8 keys of one query; 8 values of one. Four queries at a time.
// needs: width % 8 == 0, capacity % 8 == 0.
import { exp4 } from "../exp4";
import { madd, sum4 } from "../lanes";

function keep(row: usize, keys: usize, values: usize, capacity: i32, at: i32, heads: i32, width: i32): void {
  const d = <usize>(heads * width) << 2, head = <usize>(capacity * width) << 2;
  let k = row + d;
  keys += (<usize>((at >> 3) * width) << 5) + (<usize>(at & 7) << 2);
  values += <usize>(at * width) << 2;
  for (let h = 0; h < heads; h++) {
    memory.copy(values, k + d, <usize>width << 2);
    for (let i = 0, to = keys; i < width; i++) { store<f32>(to, load<f32>(k)); k += 4; to += 32; }
    keys += head; values += head;
  }
}

// Scores of four queries [width][4] with 8 keys [width][8], to rows of `ld` bytes.
function score(q: usize, end: usize, b: usize, s: usize, ld: usize): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  do {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load32_splat(q); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
    x = v128.load32_splat(q, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
    x = v128.load32_splat(q, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
    x = v128.load32_splat(q, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
    q += 16; b += 32;
  } while (q < end);
  v128.store(s, s00); v128.store(s, s01, 16); s += ld;
  v128.store(s, s10); v128.store(s, s11, 16); s += ld;
  v128.store(s, s20); v128.store(s, s21, 16); s += ld;
  v128.store(s, s30); v128.store(s, s31, 16);
}

// s [tokens], of which the first `n` are seen: probabilities, 0 behind them up to `room` (a multiple of 4).
function probabilities(s: usize, n: i32, room: i32): void {
  for (let j = n; j < room; j++) store<f32>(s + (<usize>j << 2), -Infinity);
  const end = s + (<usize>((n + 3) & ~3) << 2);
  let m = v128.load(s);
  for (let p = s + 16; p < end; p += 16) m = f32x4.pmax(m, v128.load(p));
  const top = f32x4.splat(max(max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1)), max(f32x4.extract_lane(m, 2), f32x4.extract_lane(m, 3))));
  let sum = f32x4.splat(0);
  for (let p = s; p < end; p += 16) {
    const e = exp4(f32x4.sub(v128.load(p), top));
    sum = f32x4.add(sum, e);
    v128.store(p, e);
  }
  const total = f32x4.splat(sum4(sum));
  for (let p = s; p < end; p += 16) v128.store(p, f32x4.div(v128.load(p), total));
  memory.fill(end, 0, (s + (<usize>room << 2)) - end);
}

// Up to four queries of one head: rows of probabilities [4][capacity] at s. Queries that are not there repeat the first.
function ask(q: usize, pixel: usize, rows: i32, width: i32, keys: usize, capacity: i32, seen: i32, a: usize, s: usize): void {
  const scale: f32 = 1 / sqrt<f32>(<f32>width), ld = <usize>capacity << 2, end = a + (<usize>width << 4);
  for (let i: usize = 0; i < 4; i++) {
    const from = i < <usize>rows ? q + i * pixel : q;
    for (let c: usize = 0; c < <usize>width; c++) store<f32>(a + (c << 4) + (i << 2), load<f32>(from + (c << 2)) * scale);
  }
  const room = (seen + rows + 7) & ~7;
  for (let j = 0; j < room; j += 8) score(a, end, keys + (<usize>(j * width) << 2), s + (<usize>j << 2), ld);
  for (let i = 0; i < 4; i++) probabilities(s + <usize>i * ld, seen + (i < rows ? i : 0) + 1, room);
}

// z of four queries, 8 columns: rows p of `ld` bytes, n tokens.
function mix(p: usize, ld: usize, n: i32, v: usize, stride: usize, to: usize): void {
  let p0 = p, p1 = p + ld, p2 = p1 + ld, p3 = p2 + ld;
  const end = p + (<usize>n << 2);
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  do {
    const b0 = v128.load(v), b1 = v128.load(v, 16);
    let x = v128.load32_splat(p0); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
    x = v128.load32_splat(p1); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
    x = v128.load32_splat(p2); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
    x = v128.load32_splat(p3); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
    p0 += 4; p1 += 4; p2 += 4; p3 += 4; v += stride;
  } while (p0 < end);
  v128.store(to, s00); v128.store(to, s01, 16); v128.store(to, s10, 32); v128.store(to, s11, 48);
  v128.store(to, s20, 64); v128.store(to, s21, 80); v128.store(to, s30, 96); v128.store(to, s31, 112);
}

/** Bytes of scratch. */
export function f32_attention_scratch(capacity: i32, width: i32): usize {
  return 128 + (<usize>width << 4) + (<usize>capacity << 4);
}

/** qkv: rows of the `count` tokens, qkvPixel bytes apart; z: rows of heads x width values. Takes their keys and values into the kept ones first. */
export function f32_attention(qkv: usize, qkvPixel: usize, keys: usize, values: usize, capacity: i32, past: i32, count: i32, heads: i32, width: i32, z: usize, zPixel: usize, scratch: usize): void {
  for (let t = 0; t < count; t++) keep(qkv + <usize>t * qkvPixel, keys, values, capacity, past + t, heads, width);
  const a = scratch + 128, s = a + (<usize>width << 4), head = <usize>(capacity * width) << 2, ld = <usize>capacity << 2, row = <usize>width << 2;
  for (let h: usize = 0; h < <usize>heads; h++)
    for (let t = 0; t < count; t += 4) {
      const rows = min(4, count - t), seen = past + t;
      ask(qkv + <usize>t * qkvPixel + h * row, qkvPixel, rows, width, keys + h * head, capacity, seen, a, s);
      const to = z + <usize>t * zPixel + h * row;
      for (let c: usize = 0; c < row; c += 32) {
        mix(s, ld, seen + rows, values + h * head + c, row, scratch);
        for (let i: usize = 0; i < <usize>rows; i++) {
          const d = to + i * zPixel + c, e = scratch + (i << 5);
          v128.store(d, v128.load(e)); v128.store(d, v128.load(e, 16), 16);
        }
      }
    }
}

function inner(p: usize, q: usize, end: usize): f32 {
  let s = f32x4.splat(0);
  do { s = madd(v128.load(p), v128.load(q), s); p += 16; q += 16; } while (p < end);
  return sum4(s);
}

function axpy(f: f32, x: usize, y: usize, end: usize): void {
  const s = f32x4.splat(f);
  do { v128.store(y, madd(s, v128.load(x), v128.load(y))); x += 16; y += 16; } while (y < end);
}

// One query: p its probabilities over n tokens, dz its gradient. dq is set; rows of dk and dv from `past` on are added to.
function backOf(p: usize, n: i32, past: i32, q: usize, dz: usize, rows: usize, values: usize, width: i32, dp: usize, dq: usize, dk: usize, pixel: usize, d: usize): void {
  const row = <usize>width << 2;
  const scale: f32 = 1 / sqrt<f32>(<f32>width);
  let mean: f64 = 0;
  for (let j: usize = 0; j < <usize>n; j++) {
    const g = inner(dz, values + j * row, dz + row);
    store<f32>(dp + (j << 2), g);
    mean += <f64>g * <f64>load<f32>(p + (j << 2));
  }
  memory.fill(dq, 0, row);
  for (let j: usize = 0; j < <usize>n; j++) {
    const w = load<f32>(p + (j << 2)), g = w * (load<f32>(dp + (j << 2)) - <f32>mean) * scale;
    axpy(g, rows + j * row, dq, dq + row);
    if (j < <usize>past) continue;
    const to = dk + (j - <usize>past) * pixel;
    axpy(g, q, to, to + row);
    axpy(w, dz, to + d, to + d + row);
  }
}

/** Bytes of scratch of the way back. */
export function f32_attention_grad_scratch(capacity: i32, width: i32): usize {
  return f32_attention_scratch(capacity, width) + (<usize>capacity << 2) * <usize>(width + 1);
}

/**
 * After f32_attention, with its operands: dz, rows by z; dqkv, rows by qkv, is written. Keys and values of the past are constants.
 */
export function f32_attention_grad(qkv: usize, qkvPixel: usize, keys: usize, values: usize, capacity: i32, past: i32, count: i32, heads: i32, width: i32, dz: usize, dzPixel: usize, dqkv: usize, dqkvPixel: usize, scratch: usize): void {
  const a = scratch + 128, s = a + (<usize>width << 4), dp = s + (<usize>capacity << 4), rows = dp + (<usize>capacity << 2);
  const head = <usize>(capacity * width) << 2, row = <usize>width << 2, d = row * <usize>heads, ld = <usize>capacity << 2;
  for (let t = 0; t < count; t++) memory.fill(dqkv + <usize>t * dqkvPixel, 0, 3 * d);
  for (let h: usize = 0; h < <usize>heads; h++) {
    const k = keys + h * head, v = values + h * head;
    for (let j: usize = 0; j < <usize>(past + count); j++)
      for (let c: usize = 0; c < <usize>width; c++)
        store<f32>(rows + j * row + (c << 2), load<f32>(k + (j >> 3) * (row << 3) + (c << 5) + ((j & 7) << 2)));
    for (let t = 0; t < count; t += 4) {
      const asked = min(4, count - t), q = qkv + <usize>t * qkvPixel + h * row;
      ask(q, qkvPixel, asked, width, k, capacity, past + t, a, s);
      for (let i = 0; i < asked; i++) {
        const to = dqkv + <usize>(t + i) * dqkvPixel + h * row;
        backOf(s + <usize>i * ld, past + t + i + 1, past, q + <usize>i * qkvPixel, dz + <usize>(t + i) * dzPixel + h * row, rows, v, width, dp, to, dqkv + d + h * row, dqkvPixel, d);
      }
    }
  }
}
