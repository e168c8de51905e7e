// f32_lrn: local response normalisation over channels, NHWC, window cut at the ends:
//   y_c = x_c / (bias + alpha * sum_{|j-c|<=r} x_j^2)^beta
//   r = 5, beta = 1/2 (TF inception5h) and r = 2, beta = 3/4 (Caffe), both by square roots.
// lanes: [c, c+1, c+2, c+3]. The squares q of neighbouring vectors stay in registers and become
//   sums of two, p_c = q_c + q_(c+1), and of four, f_c = p_c + p_(c+2):
//   r = 5: (f_(c-5) + f_(c-1)) + (p_(c+3) + q_(c+5));  r = 2: f_(c-2) + q_(c+2)
//   Vectors before the first and behind the last channel are zeros.
// needs: C % 4 == 0.

// Lanes n .. n + 3 of a and then b.
// @ts-ignore: decorator
@inline
function from1(a: v128, b: v128): v128 { return v128.shuffle<i32>(a, b, 1, 2, 3, 4); }
// @ts-ignore: decorator
@inline
function from2(a: v128, b: v128): v128 { return v128.shuffle<i32>(a, b, 2, 3, 4, 5); }
// @ts-ignore: decorator
@inline
function from3(a: v128, b: v128): v128 { return v128.shuffle<i32>(a, b, 3, 4, 5, 6); }

// Squares at s, zeros from `end` on.
// @ts-ignore: decorator
@inline
function squares(s: usize, end: usize): v128 {
  if (s >= end) return f32x4.splat(0);
  const x = v128.load(s);
  return f32x4.mul(x, x);
}

function normalise5(s: usize, d: usize, end: usize, bias: f32, alpha: f32): void {
  const b = f32x4.splat(bias), a = f32x4.splat(alpha), z = f32x4.splat(0);
  const q0 = squares(s, end);
  let q1 = squares(s + 16, end);
  const p = from1(z, q0);
  let p0 = f32x4.add(q0, from1(q0, q1)), f = f32x4.add(p, from2(p, p0)), low = from3(from2(z, p), f);
  do {
    const q2 = squares(s + 32, end), q5 = from1(q1, q2), p1 = f32x4.add(q1, q5);
    const f0 = f32x4.add(p0, from2(p0, p1)), middle = from3(f, f0);
    const t = f32x4.add(f32x4.add(low, middle), f32x4.add(from3(p0, p1), q5));
    v128.store(d, f32x4.div(v128.load(s), f32x4.sqrt(f32x4.add(b, f32x4.mul(a, t)))));
    low = middle; f = f0; p0 = p1; q1 = q2;
    s += 16; d += 16;
  } while (s < end);
}

function normalise2(s: usize, d: usize, end: usize, bias: f32, alpha: f32): void {
  const b = f32x4.splat(bias), a = f32x4.splat(alpha), z = f32x4.splat(0);
  let q0 = squares(s, end), q1 = squares(s + 16, end), p = from1(z, q0);
  let p0 = f32x4.add(q0, from1(q0, q1)), f = f32x4.add(p, from2(p, p0));
  do {
    const q2 = squares(s + 32, end), p1 = f32x4.add(q1, from1(q1, q2)), f0 = f32x4.add(p0, from2(p0, p1));
    const t = f32x4.add(from2(f, f0), from2(q0, q1));
    const r = f32x4.sqrt(f32x4.add(b, f32x4.mul(a, t)));
    v128.store(d, f32x4.div(v128.load(s), f32x4.mul(r, f32x4.sqrt(r))));
    f = f0; p0 = p1; q0 = q1; q1 = q2;
    s += 16; d += 16;
  } while (s < end);
}

/** radius 5: beta 1/2; radius 2: beta 3/4. srcPixel, srcRow / dstPixel, dstRow: bytes between pixels, rows. In place is allowed. */
export function f32_lrn(src: usize, srcPixel: usize, srcRow: usize, dst: usize, dstPixel: usize, dstRow: usize, height: i32, width: i32, channels: i32, radius: i32, bias: f32, alpha: f32): void {
  const bytes = <usize>channels << 2;
  for (let y = 0; y < height; y++) {
    let s = src, d = dst;
    for (let x = 0; x < width; x++) {
      if (radius == 5) normalise5(s, d, s + bytes, bias, alpha);
      else normalise2(s, d, s + bytes, bias, alpha);
      s += srcPixel; d += dstPixel;
    }
    src += srcRow; dst += dstRow;
  }
}
