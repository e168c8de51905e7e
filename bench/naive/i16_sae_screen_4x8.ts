// i16_sae_screen_4x8, naive. One bound after the other.
import { i16_sae_slack } from "../../assembly/kernels/i16_sae_slack";

function bound(x: usize, w: usize, d: i32, slack: i32, inverseX: f32, inverse: f32, beta: f32): f32 {
  let sum = slack;
  for (let j = 0; j < d; j += 2) {
    sum += <i32>load<i16>(x) * <i32>load<i16>(w) + <i32>load<i16>(x, 2) * <i32>load<i16>(w, 2);
    x += 32; w += 16;
  }
  return <f32>sum * inverseX * inverse + beta;
}

export function i16_sae_screen_4x8(x16: usize, panelCount: i32, inverseX: usize, thresholds: usize, w16: usize, inverseW: usize, beta: usize, d: i32, count: i32, masks: usize, maskStride: usize, scratch: usize): void {
  const slack = i16_sae_slack(d);
  for (let i = 0; i < count; i++)
    for (let p = 0; p < panelCount; p++) {
      let m = 0;
      for (let s = 0; s < 8; s++) {
        const b = <usize>(p * 8 + s) << 2, f = <usize>i << 2;
        const u = bound(x16 + (<usize>(p * d) << 4) + (<usize>s << 2), w16 + (<usize>((i >> 2) * d) << 3) + (<usize>(i & 3) << 2),
          d, slack, load<f32>(inverseX + b), load<f32>(inverseW + f), load<f32>(beta + f));
        if (!(u < load<f32>(thresholds + b))) m |= 1 << s;
      }
      store<u8>(masks + <usize>i * maskStride + <usize>p, m);
    }
}
