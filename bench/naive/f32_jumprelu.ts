// f32_jumprelu, naive. Two passes: count, then copy.
export function f32_jumprelu(start: usize, index: usize, pre: usize, n: i32, theta: usize, activeStart: usize, activeIndex: usize, activeValue: usize, activeAt: usize): i32 {
  store<i32>(activeStart, 0);
  for (let b = 0; b < n; b++) {
    let active = 0;
    for (let i = load<i32>(start + (<usize>b << 2)); i < load<i32>(start + (<usize>b << 2), 4); i++)
      if (load<f32>(pre + (<usize>i << 2)) > load<f32>(theta + (<usize>load<i32>(index + (<usize>i << 2)) << 2))) active++;
    store<i32>(activeStart + (<usize>b << 2), load<i32>(activeStart + (<usize>b << 2)) + active, 4);
  }
  for (let b = 0; b < n; b++) {
    let to = load<i32>(activeStart + (<usize>b << 2));
    for (let i = load<i32>(start + (<usize>b << 2)); i < load<i32>(start + (<usize>b << 2), 4); i++)
      if (load<f32>(pre + (<usize>i << 2)) > load<f32>(theta + (<usize>load<i32>(index + (<usize>i << 2)) << 2))) {
        store<i32>(activeIndex + (<usize>to << 2), load<i32>(index + (<usize>i << 2)));
        store<f32>(activeValue + (<usize>to << 2), load<f32>(pre + (<usize>i << 2)));
        store<i32>(activeAt + (<usize>to << 2), i);
        to++;
      }
  }
  return load<i32>(activeStart + (<usize>n << 2));
}
