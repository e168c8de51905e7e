// f32_window: a window onto a picture that is moved, turned and scaled: place (x, y) of the window shows the
//   picture at (a x + b y + c, d x + e y + f), between four pixels by how near they are; all around the picture is grey.
// lanes: R, G, B, nothing of one pixel. Coordinates are f32.

/** picture [height][width][4] -> window [size][size][4]; affine: 6 floats a b c d e f. `grey`: outside. */
export function f32_window(picture: usize, height: i32, width: i32, affine: usize, size: i32, grey: f32, out: usize): void {
  const a = load<f32>(affine), b = load<f32>(affine, 4), c = load<f32>(affine, 8), d = load<f32>(affine, 12), e = load<f32>(affine, 16), f = load<f32>(affine, 20);
  const outside = f32x4.splat(grey), row = <usize>width << 4;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const px = a * <f32>x + b * <f32>y + c, py = d * <f32>x + e * <f32>y + f;
      const fx = floor<f32>(px), fy = floor<f32>(py), ix = <i32>fx, iy = <i32>fy, tx = px - fx, ty = py - fy;
      let sum = f32x4.splat(0);
      for (let k = 0; k < 4; k++) {
        const xx = ix + (k & 1), yy = iy + (k >> 1);
        const near = (k & 1 ? tx : 1 - tx) * (k >> 1 ? ty : 1 - ty);
        const v = xx >= 0 && yy >= 0 && xx < width && yy < height ? v128.load(picture + <usize>yy * row + (<usize>xx << 4)) : outside;
        sum = f32x4.add(sum, f32x4.mul(f32x4.splat(near), v));
      }
      v128.store(out, sum);
      out += 16;
    }
}

/** Adds the gradient by the window, [size][size][4], to that by the picture, in the order of the window's places. */
export function f32_window_grad(g: usize, height: i32, width: i32, affine: usize, size: i32, picture: usize): void {
  const a = load<f32>(affine), b = load<f32>(affine, 4), c = load<f32>(affine, 8), d = load<f32>(affine, 12), e = load<f32>(affine, 16), f = load<f32>(affine, 20);
  const row = <usize>width << 4;
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const px = a * <f32>x + b * <f32>y + c, py = d * <f32>x + e * <f32>y + f;
      const fx = floor<f32>(px), fy = floor<f32>(py), ix = <i32>fx, iy = <i32>fy, tx = px - fx, ty = py - fy;
      const v = v128.load(g);
      for (let k = 0; k < 4; k++) {
        const xx = ix + (k & 1), yy = iy + (k >> 1);
        if (xx < 0 || yy < 0 || xx >= width || yy >= height) continue;
        const at = picture + <usize>yy * row + (<usize>xx << 4), near = (k & 1 ? tx : 1 - tx) * (k >> 1 ? ty : 1 - ty);
        v128.store(at, f32x4.add(v128.load(at), f32x4.mul(f32x4.splat(near), v)));
      }
      g += 16;
    }
}
