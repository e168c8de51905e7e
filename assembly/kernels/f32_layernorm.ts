// f32_layernorm: rows brought to mean 0 and (biased) variance 1, then gain and bias; and the way back:
//   z = (x - mean) r,  r = 1 / sqrt(variance + eps),  y = z gain + bias
//   dx = r (h - mean h - z mean(h z)),  h = g gain
// Sums across lanes: four partial sums, then (0+1)+(2+3). needs: D % 4 == 0.
import { madd, sum4 } from "../lanes";

function meanOf(x: usize, d: i32): f32 {
  let s = f32x4.splat(0), n = d;
  do { s = f32x4.add(s, v128.load(x)); x += 16; n -= 4; } while (n > 0);
  return sum4(s) / <f32>d;
}

function scaleOf(x: usize, d: i32, mean: f32, eps: f32): f32 {
  const m = f32x4.splat(mean);
  let s = f32x4.splat(0), n = d;
  do { const v = f32x4.sub(v128.load(x), m); s = madd(v, v, s); x += 16; n -= 4; } while (n > 0);
  return 1 / sqrt<f32>(sum4(s) / <f32>d + eps);
}

function normalize(x: usize, d: i32, eps: f32, gain: usize, bias: usize, y: usize): void {
  const mean = meanOf(x, d), m = f32x4.splat(mean), r = f32x4.splat(scaleOf(x, d, mean, eps));
  do {
    v128.store(y, madd(f32x4.mul(f32x4.sub(v128.load(x), m), r), v128.load(gain), v128.load(bias)));
    x += 16; y += 16; gain += 16; bias += 16; d -= 4;
  } while (d > 0);
}

/** n rows; srcPixel, dstPixel: bytes between rows. In place is allowed. */
export function f32_layernorm(src: usize, srcPixel: usize, dst: usize, dstPixel: usize, n: i32, d: i32, gain: usize, bias: usize, eps: f32): void {
  for (; n > 0; n--) { normalize(src, d, eps, gain, bias, dst); src += srcPixel; dst += dstPixel; }
}

function back(x: usize, g: usize, d: i32, eps: f32, gain: usize, dx: usize): void {
  const mean = meanOf(x, d), scale = scaleOf(x, d, mean, eps), m = f32x4.splat(mean), r = f32x4.splat(scale);
  let s = f32x4.splat(0), t = s;
  for (let at: usize = 0; at < <usize>d << 2; at += 16) {
    const h = f32x4.mul(v128.load(g + at), v128.load(gain + at));
    s = f32x4.add(s, h);
    t = madd(h, f32x4.mul(f32x4.sub(v128.load(x + at), m), r), t);
  }
  const mh = f32x4.splat(sum4(s) / <f32>d), mz = f32x4.splat(sum4(t) / <f32>d);
  for (let at: usize = 0; at < <usize>d << 2; at += 16) {
    const h = f32x4.mul(v128.load(g + at), v128.load(gain + at)), z = f32x4.mul(f32x4.sub(v128.load(x + at), m), r);
    v128.store(dx + at, f32x4.mul(r, f32x4.sub(f32x4.sub(h, mh), f32x4.mul(z, mz))));
  }
}

/** dst: the gradient by what was read (src), from that by what was given (grad). dst may be grad. */
export function f32_layernorm_grad(src: usize, srcPixel: usize, grad: usize, gradPixel: usize, dst: usize, dstPixel: usize, n: i32, d: i32, gain: usize, eps: f32): void {
  for (; n > 0; n--) { back(src, grad, d, eps, gain, dst); src += srcPixel; grad += gradPixel; dst += dstPixel; }
}
