// A drawing as a small picture for a page.
import { toBase64 } from '../core/base64.js';
import type { CoreMath } from '../core/math.js';
import { type Drawing, draw } from './drawings.js';
import { encodePng } from './png-write.js';

/** Address of a PNG of `shown` x `shown` pixels at most, of the middle `field` pixels of a drawing. */
export function drawingThumbnail(math: CoreMath, drawing: Drawing, field: number, shown = 64): string {
  const size = Math.max(field, 3);
  const rgb = draw(math, drawing, { size, middle: (size - 1) / 2 });
  const step = Math.max(1, Math.ceil(size / shown));
  const side = Math.floor(size / step);
  const pixels = new Uint8Array(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++)
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let j = 0; j < step; j++)
          for (let i = 0; i < step; i++) sum += rgb[3 * ((y * step + j) * size + x * step + i) + c];
        pixels[3 * (y * side + x) + c] = Math.round(sum / (step * step));
      }
  return `data:image/png;base64,${toBase64(encodePng(pixels, side, side))}`;
}
