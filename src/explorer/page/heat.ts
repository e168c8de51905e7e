import type { Kind } from '../../units/unit.js';
// Where a unit fires, as light over a picture.

/** Paints `map` [H][W] on a canvas of that size, opaque at `largest`. */
export function paintMap(canvas: HTMLCanvasElement, map: Float32Array, largest: number, kind: Kind): void {
  const colour = kind === 'features' ? [242, 130, 20] : [60, 140, 235];
  const pixels = new Uint8ClampedArray(4 * map.length);
  map.forEach((v, i) => {
    pixels.set(colour, 4 * i);
    pixels[4 * i + 3] = Math.round(220 * Math.sqrt(Math.min(1, Math.max(0, v / largest))));
  });
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, canvas.width, canvas.height), 0, 0);
}
