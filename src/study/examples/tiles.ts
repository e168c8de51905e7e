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
  const [columns, rows] = [
    spansOf(window.left, window.side, side, size),
    spansOf(window.top, window.side, side, size),
  ];
  for (let y = 0; y < side; y++) {
    const [y0, y1] = [rows[2 * y], rows[2 * y + 1]];
    for (let x = 0; x < side; x++) {
      const [x0, x1] = [columns[2 * x], columns[2 * x + 1]];
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

/** The pixels from .. to that each of `count` pixels is the mean of, [count][2]; equal ones: outside. */
function spansOf(first: number, length: number, count: number, size: number): Int32Array {
  const out = new Int32Array(2 * count);
  for (let i = 0; i < count; i++) {
    const from = Math.floor((i * length) / count);
    const to = Math.max(from + 1, Math.floor(((i + 1) * length) / count));
    out[2 * i] = Math.min(size, Math.max(0, first + from));
    out[2 * i + 1] = Math.min(size, Math.max(0, first + to));
  }
  return out;
}
