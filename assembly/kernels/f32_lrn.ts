// f32_lrn: local response normalisation over channels, NHWC, window cut at the ends:
//   y_c = x_c / (bias + alpha * sum_{|j-c|<=r} x_j^2)^beta
//   r = 5, beta = 1/2 (TF inception5h) and r = 2, beta = 3/4 (Caffe), both by square roots.
// lanes: [c, c+1, c+2, c+3]; the squares stand in `scratch` with 8 zeros on both sides
//   and are read 2r+1 times, unaligned, in one order.
// needs: C % 4 == 0; scratch of C + 16 floats (the kernel clears its ends: scratch is
//   shared by layers of different C).

function squares(s: usize, q: usize, end: usize): void {
  do { const v = v128.load(s); v128.store(q, f32x4.mul(v, v)); s += 16; q += 16; } while (q < end);
}

function normalise5(s: usize, q: usize, d: usize, end: usize, bias: f32, alpha: f32): void {
  const b = f32x4.splat(bias), a = f32x4.splat(alpha);
  q -= 20; end -= 20;
  do {
    let t = f32x4.add(v128.load(q), v128.load(q, 4)), u = f32x4.add(v128.load(q, 8), v128.load(q, 12));
    t = f32x4.add(t, v128.load(q, 16)); u = f32x4.add(u, v128.load(q, 20));
    t = f32x4.add(t, v128.load(q, 24)); u = f32x4.add(u, v128.load(q, 28));
    t = f32x4.add(t, v128.load(q, 32)); u = f32x4.add(u, v128.load(q, 36));
    t = f32x4.add(f32x4.add(t, v128.load(q, 40)), u);
    v128.store(d, f32x4.div(v128.load(s), f32x4.sqrt(f32x4.add(b, f32x4.mul(a, t)))));
    s += 16; q += 16; d += 16;
  } while (q < end);
}

function normalise2(s: usize, q: usize, d: usize, end: usize, bias: f32, alpha: f32): void {
  const b = f32x4.splat(bias), a = f32x4.splat(alpha);
  q -= 8; end -= 8;
  do {
    let t = f32x4.add(v128.load(q), v128.load(q, 4)), u = f32x4.add(v128.load(q, 8), v128.load(q, 12));
    t = f32x4.add(f32x4.add(t, v128.load(q, 16)), u);
    const r = f32x4.sqrt(f32x4.add(b, f32x4.mul(a, t)));
    v128.store(d, f32x4.div(v128.load(s), f32x4.mul(r, f32x4.sqrt(r))));
    s += 16; q += 16; d += 16;
  } while (q < end);
}

/** radius 5: beta 1/2; radius 2: beta 3/4. ps, rs / ds, dr: bytes between pixels, rows. In place is allowed. */
export function f32_lrn(src: usize, ps: usize, rs: usize, dst: usize, ds: usize, dr: usize, h: i32, w: i32, channels: i32, radius: i32, bias: f32, alpha: f32, scratch: usize): void {
  const q = scratch + 32, end = q + (<usize>channels << 2);
  memory.fill(scratch, 0, 32);
  memory.fill(end, 0, 32);
  for (let y = 0; y < h; y++) {
    let s = src, d = dst;
    for (let x = 0; x < w; x++) {
      squares(s, q, end);
      if (radius == 5) normalise5(s, q, d, end, bias, alpha);
      else normalise2(s, q, d, end, bias, alpha);
      s += ps; d += ds;
    }
    src += rs; dst += dr;
  }
}
