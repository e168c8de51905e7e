// f32_conv1x1_8x16: f32_conv1x1_4x8 with 7 products of half the channels for every 8 pixels and
//   16 output channels instead of 8 (Strassen's algorithm in Winograd's form, one level):
//   pixels A = [A11 A12; A21 A22] (4 + 4 pixels, two halves of the input channels),
//   weights B = [B11 B12; B21 B22] (8 + 8 output channels)
//   S1 = A21 + A22   S2 = S1 - A11   S3 = A11 - A21   S4 = A12 - S2
//   T1 = B12 - B11   T2 = B22 - T1   T3 = B22 - B12   T4 = B21 - T2
//   P = A11 B11   U = P + S2 T2   V = U + S3 T3   Q = S1 T1
//   C11 = P + A12 B21   C12 = U + S4 B22 + Q   C21 = V + A22 T4   C22 = V + Q
// The sums of A are made when the pixels are interleaved, those of B when they are packed; products
// start from the sums they are added to, so that a block costs 7 tiles of 4x8 and some additions.
// Errors are about three times those of the plain form (docs/kernels.md); bits depend on which pixels share a block.
// All convolutions that read the same pixels are computed together: interleaved and added up once.
// lanes: 8 neighbouring output channels of one pixel; c runs in order.
// needs: Cin % 8 == 0, every Cout % 16 == 0, groups even; weights from f32_conv1x1_8x16_pack.
import { interleavePixels, madd } from "../lanes";

// Which sum a product starts from: 0 nothing, n the n-th result; product i in hex digit i.
const START: u32 = 0x4303110;

// @ts-ignore: decorator
@inline
function put(d: usize, s: usize, q: usize, b: usize, z: v128, plus: bool): void {
  let v = f32x4.add(v128.load(s), v128.load(b));
  if (plus) v = f32x4.add(v, v128.load(q));
  v128.store(d, f32x4.pmax(v, z));
}

// @ts-ignore: decorator
@inline
function rows(t: usize, first: usize, second: usize, q: usize, bias: usize, z: v128, at: usize): void {
  for (let i: usize = 0; i < 4; i++) {
    const d = load<usize>(t + (i << 2)) + at, o = i << 5;
    put(d, first + o, q + o, bias, z, false); put(d + 16, first + o + 16, q + o + 16, bias + 16, z, false);
    put(d + 32, second + o, q + o, bias + 32, z, true); put(d + 48, second + o + 16, q + o + 16, bias + 48, z, true);
  }
}

function panels(t: usize, last: usize, a: usize, b: usize, half: usize, results: usize, bias: usize, low: f32, at: usize): void {
  const stop = b + 7 * half;
  do {
    let w = b, o = results + 128, start = START;
    do {
      const s = results + <usize>((start & 15) << 7), end = w + half;
      let s00 = v128.load(s), s01 = v128.load(s, 16), s10 = v128.load(s, 32), s11 = v128.load(s, 48);
      let s20 = v128.load(s, 64), s21 = v128.load(s, 80), s30 = v128.load(s, 96), s31 = v128.load(s, 112);
      do {
        const b0 = v128.load(w), b1 = v128.load(w, 16);
        let x = v128.load32_splat(a); s00 = madd(x, b0, s00); s01 = madd(x, b1, s01);
        x = v128.load32_splat(a, 4); s10 = madd(x, b0, s10); s11 = madd(x, b1, s11);
        x = v128.load32_splat(a, 8); s20 = madd(x, b0, s20); s21 = madd(x, b1, s21);
        x = v128.load32_splat(a, 12); s30 = madd(x, b0, s30); s31 = madd(x, b1, s31);
        a += 16; w += 32;
      } while (w < end);
      v128.store(o, s00); v128.store(o, s01, 16); v128.store(o, s10, 32); v128.store(o, s11, 48);
      v128.store(o, s20, 64); v128.store(o, s21, 80); v128.store(o, s30, 96); v128.store(o, s31, 112);
      o += 128; start >>= 4;
    } while (w < stop);
    const z = f32x4.splat(low), q = results + 640;
    rows(t, results + 256, results + 768, q, bias, z, at);
    rows(t + 16, results + 896, results + 512, q, bias, z, at);
    t += 32;
  } while (t < last);
}

// 8 pixels -> [A11 A12 S2 S3 S1 S4 A22], each [C/2][4].
function sums(t: usize, a: usize, cin: i32): void {
  const block = <usize>cin << 3;
  interleavePixels(t, a, cin); interleavePixels(t + 16, a + 5 * block, cin);
  const end = a + block;
  do {
    const a11 = v128.load(a), a12 = v128.load(a + block), a21 = v128.load(a + 5 * block);
    const s1 = f32x4.add(a21, v128.load(a + 6 * block)), s2 = f32x4.sub(s1, a11);
    v128.store(a + 2 * block, s2); v128.store(a + 3 * block, f32x4.sub(a11, a21));
    v128.store(a + 4 * block, s1); v128.store(a + 5 * block, f32x4.sub(a12, s2));
    a += 16;
  } while (a < end);
}

/** Bytes of scratch for `block` groups a turn. */
export function f32_conv1x1_8x16_scratch(block: i32, cin: i32): usize {
  return 1024 + <usize>(block >> 1) * (<usize>(7 * cin) << 3);
}

/**
 * `sources`: `groups` x 4 addresses of pixels. `outputs`: `outputCount` records of five: packed weights, bias,
 * Cout, relu (0: none), table of `groups` x 4 destination addresses. `groups`, `block` (groups a turn): even, >= 2.
 */
export function f32_conv1x1_8x16(sources: usize, groups: i32, block: i32, cin: i32, outputs: usize, outputCount: i32, scratch: usize): void {
  const half = <usize>cin << 4, pair = <usize>(7 * cin) << 3, from = scratch + 1024;
  const last = sources + (<usize>groups << 4), step = <usize>block << 4, stop = outputs + <usize>(20 * outputCount);
  memory.fill(scratch, 0, 128);
  for (let turn = sources; turn < last; turn += step) {
    const bytes = min(step, last - turn);
    let a = from;
    for (let t = turn; t < turn + bytes; t += 32) { sums(t, a, cin); a += pair; }
    for (let o = outputs; o < stop; o += 20) {
      let b = load<usize>(o), bias = load<usize>(o, 4), at: usize = 0;
      const low: f32 = load<i32>(o, 12) ? 0 : -Infinity, t = load<usize>(o, 16) + (turn - sources);
      for (let f = load<i32>(o, 8); f > 0; f -= 16) {
        panels(t, t + bytes, from, b, half, scratch, bias, low, at);
        b += 7 * half; bias += 64; at += 64;
      }
    }
  }
}

/** Panels of f32_conv_pack8 -> [Cout/16][B11 B21 T2 T3 T1 B22 T4], each [C/2][8]. */
export function f32_conv1x1_8x16_pack(panels: usize, packed: usize, cout: i32, cin: i32): void {
  const half = <usize>cin << 4;
  for (let f = cout; f > 0; f -= 16) {
    const next = panels + half;
    for (; panels < next; panels += 16) {
      const b11 = v128.load(panels), b21 = v128.load(panels + half), b12 = v128.load(panels + 2 * half), b22 = v128.load(panels + 3 * half);
      const t1 = f32x4.sub(b12, b11), t2 = f32x4.sub(b22, t1);
      v128.store(packed, b11); v128.store(packed + half, b21); v128.store(packed + 2 * half, t2); v128.store(packed + 3 * half, f32x4.sub(b22, b12));
      v128.store(packed + 4 * half, t1); v128.store(packed + 5 * half, b22); v128.store(packed + 6 * half, f32x4.sub(b21, t2));
      packed += 16;
    }
    panels += 3 * half; packed += 6 * half;
  }
}
