// Parts of pictures at the size that they are shown in.

/** What lies outside of a picture. */
const OUTSIDE = 96;

/** A square of a picture [size][size][3], which may leave it, as [side][side][3]: means over whole pixels. */
export function tileOf(
  pixels: Uint8Array,
  size: number,
  window: { left: number; top: number; side: number },
  side: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(side * side * 3).fill(OUTSIDE);
  const span = (i: number, first: number): [number, number] => {
    const from = Math.floor((i * window.side) / side);
    return [first + from, first + Math.max(from + 1, Math.floor(((i + 1) * window.side) / side))];
  };
  for (let y = 0; y < side; y++) {
    const [y0, y1] = span(y, window.top).map((v) => Math.min(size, Math.max(0, v)));
    for (let x = 0; x < side; x++) {
      const [x0, x1] = span(x, window.left).map((v) => Math.min(size, Math.max(0, v)));
      const n = (y1 - y0) * (x1 - x0);
      if (!n) continue;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let b = y0; b < y1; b++) for (let a = x0; a < x1; a++) sum += pixels[(b * size + a) * 3 + c];
        out[(y * side + x) * 3 + c] = Math.round(sum / n);
      }
    }
  }
  return out;
}
