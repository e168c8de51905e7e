// f32_fft: discrete Fourier transform of n complex elements of m floats each, for any n, without scaling:
//   X[k] = sum_j x[j] e^(-+ 2 pi i j k / n)      (- forwards, + backwards)
// Stockham's form: in a pass of radix p over blocks of N (n at first), s elements apart (1 at first), the
// p values x[q + i N/p] of each q become sum_i x[..] w_p^(ik) times w_N^(qk), at p q + k; then N / p and s p.
// Real and imaginary parts lie apart. Radix 4 as long as it divides, then 2, then the least divisor.
// Roots e^(2 pi i j / n), j < n, come in a table: cosines [n], sines [n].
// lanes: neighbouring floats of an element; every output has one order of additions. needs: m % 4 == 0, n >= 1.

// One pass of radix 4: four blocks `quarter` bytes apart, `run` bytes of lanes at one q.
function pass4(xr: usize, xi: usize, yr: usize, yi: usize, quarter: usize, run: usize, roots: usize, n: i32, stride: i32, blocks: i32, sign: f32): void {
  const S = f32x4.splat(sign), sines = roots + (<usize>n << 2);
  for (let q = 0; q < blocks; q++) {
    const a = <usize>(q * stride) << 2, b = a + a, c = b + a;
    const c1 = v128.load32_splat(roots + a), c2 = v128.load32_splat(roots + b), c3 = v128.load32_splat(roots + c);
    const s1 = f32x4.mul(S, v128.load32_splat(sines + a)), s2 = f32x4.mul(S, v128.load32_splat(sines + b)), s3 = f32x4.mul(S, v128.load32_splat(sines + c));
    for (let t: usize = 0; t < run; t += 16) {
      const p = xr + t, u = xi + t, d = yr + t, e = yi + t;
      const ar = v128.load(p), br = v128.load(p + quarter), cr = v128.load(p + 2 * quarter), dr = v128.load(p + 3 * quarter);
      const ai = v128.load(u), bi = v128.load(u + quarter), ci = v128.load(u + 2 * quarter), di = v128.load(u + 3 * quarter);
      const er = f32x4.add(ar, cr), ei = f32x4.add(ai, ci), fr = f32x4.sub(ar, cr), fi = f32x4.sub(ai, ci);
      const gr = f32x4.add(br, dr), gi = f32x4.add(bi, di);
      // i (b - d), turned as the sign says.
      const hr = f32x4.mul(S, f32x4.sub(di, bi)), hi = f32x4.mul(S, f32x4.sub(br, dr));
      v128.store(d, f32x4.add(er, gr)); v128.store(e, f32x4.add(ei, gi));
      let zr = f32x4.add(fr, hr), zi = f32x4.add(fi, hi);
      v128.store(d + run, f32x4.sub(f32x4.mul(zr, c1), f32x4.mul(zi, s1))); v128.store(e + run, f32x4.add(f32x4.mul(zr, s1), f32x4.mul(zi, c1)));
      zr = f32x4.sub(er, gr); zi = f32x4.sub(ei, gi);
      v128.store(d + 2 * run, f32x4.sub(f32x4.mul(zr, c2), f32x4.mul(zi, s2))); v128.store(e + 2 * run, f32x4.add(f32x4.mul(zr, s2), f32x4.mul(zi, c2)));
      zr = f32x4.sub(fr, hr); zi = f32x4.sub(fi, hi);
      v128.store(d + 3 * run, f32x4.sub(f32x4.mul(zr, c3), f32x4.mul(zi, s3))); v128.store(e + 3 * run, f32x4.add(f32x4.mul(zr, s3), f32x4.mul(zi, c3)));
    }
    xr += run; xi += run; yr += 4 * run; yi += 4 * run;
  }
}

// One pass of radix 2, which comes last: of one block, whose roots are 1.
function pass2(xr: usize, xi: usize, yr: usize, yi: usize, half: usize): void {
  for (let t: usize = 0; t < half; t += 16) {
    const ar = v128.load(xr + t), br = v128.load(xr + half + t), ai = v128.load(xi + t), bi = v128.load(xi + half + t);
    v128.store(yr + t, f32x4.add(ar, br)); v128.store(yr + half + t, f32x4.sub(ar, br));
    v128.store(yi + t, f32x4.add(ai, bi)); v128.store(yi + half + t, f32x4.sub(ai, bi));
  }
}

// One pass of any radix: the products with roots of p and of N are one root of n.
function pass(radix: i32, xr: usize, xi: usize, yr: usize, yi: usize, part: usize, run: usize, roots: usize, n: i32, stride: i32, blocks: i32, sign: f32): void {
  const S = f32x4.splat(sign), sines = roots + (<usize>n << 2), turn = stride * blocks;
  for (let q = 0; q < blocks; q++) {
    for (let k = 0; k < radix; k++) {
      for (let t: usize = 0; t < run; t += 16) {
        let sr = f32x4.splat(0), si = sr, p = xr + t, u = xi + t;
        for (let i = 0; i < radix; i++) {
          const at = roots + (<usize>((k * (i * turn + q * stride)) % n) << 2);
          const c = v128.load32_splat(at), s = f32x4.mul(S, v128.load32_splat(at + (sines - roots)));
          const r = v128.load(p), m = v128.load(u);
          sr = f32x4.add(sr, f32x4.sub(f32x4.mul(r, c), f32x4.mul(m, s)));
          si = f32x4.add(si, f32x4.add(f32x4.mul(r, s), f32x4.mul(m, c)));
          p += part; u += part;
        }
        v128.store(yr + t, sr); v128.store(yi + t, si);
      }
      yr += run; yi += run;
    }
    xr += run; xi += run;
  }
}

/**
 * In place: re, im [n][m]. `roots`: cosines and sines, 2n floats. `backwards` != 0: the inverse times n.
 * `scratch`: as much as re and im together.
 */
export function f32_fft(re: usize, im: usize, n: i32, m: i32, roots: usize, backwards: i32, scratch: usize): void {
  const sign: f32 = backwards ? 1 : -1, bytes = <usize>(n * m) << 2;
  let xr = re, xi = im, yr = scratch, yi = scratch + bytes, length = n, run = <usize>m << 2, stride = 1;
  while (length > 1) {
    let radix = 4;
    if (length & 3) { radix = 2; while (length % radix) radix++; }
    const blocks = length / radix, part = bytes / radix;
    if (length == 2) pass2(xr, xi, yr, yi, part);
    else if (radix == 4) pass4(xr, xi, yr, yi, part, run, roots, n, stride, blocks, sign);
    else pass(radix, xr, xi, yr, yi, part, run, roots, n, stride, blocks, sign);
    length = blocks; run *= radix; stride *= radix;
    let t = xr; xr = yr; yr = t;
    t = xi; xi = yi; yi = t;
  }
  if (xr != re) { memory.copy(re, xr, bytes); memory.copy(im, xi, bytes); }
}
