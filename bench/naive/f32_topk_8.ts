// f32_topk_8, naive. k largest positive values by k passes over a sorted insertion: each value is compared with the
// smallest that is kept, no start threshold.
export function f32_topk_8(pre: usize, f: i32, k: i32, guess: f32, values: usize, indices: usize, counts: usize, work: usize): f32 {
  let least: f32 = Infinity;
  for (let lane = 0; lane < 8; lane++) {
    const v = values + (<usize>(lane * k) << 4), ix = indices + (<usize>(lane * k) << 4);
    let n = 0;
    for (let i = 0; i < f; i++) {
      const x = load<f32>(pre + (<usize>(i * 8 + lane) << 2));
      if (!(x > 0)) continue;
      if (n == k) {
        // The smallest kept, the last one among equals, gives way to a larger value.
        let low = 0;
        for (let j = 1; j < n; j++) if (load<f32>(v + (<usize>j << 2)) <= load<f32>(v + (<usize>low << 2))) low = j;
        if (!(x > load<f32>(v + (<usize>low << 2)))) continue;
        for (let j = low; j < n - 1; j++) {
          store<f32>(v + (<usize>j << 2), load<f32>(v + (<usize>j << 2), 4));
          store<i32>(ix + (<usize>j << 2), load<i32>(ix + (<usize>j << 2), 4));
        }
        n--;
      }
      store<f32>(v + (<usize>n << 2), x);
      store<i32>(ix + (<usize>n << 2), i);
      n++;
    }
    store<i32>(counts + (<usize>lane << 2), n);
    let kth: f32 = n == k ? Infinity : 0;
    for (let j = 0; j < n; j++) kth = min(kth, load<f32>(v + (<usize>j << 2)));
    least = min(least, kth);
  }
  return least;
}
