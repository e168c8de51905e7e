// Weights as pictures: orange excites, blue inhibits, the paper is 0, in proportion. One pixel a weight; the page enlarges them.
import { toBase64 } from '../core/base64.js';
import { encodePng } from '../images/png-write.js';
import { Canvas, type Colour } from './canvas.js';

const NONE: Colour = [247, 246, 243];
const MORE: Colour = [196, 74, 10];
const LESS: Colour = [24, 84, 160];
const GAP: Colour = [200, 198, 192];

function colourOf(share: number): Colour {
  const end = share < 0 ? LESS : MORE;
  const t = Math.min(1, Math.abs(share));
  return [0, 1, 2].map((c) => Math.round(NONE[c] + (end[c] - NONE[c]) * t)) as unknown as Colour;
}

const png = ({ pixels, width, height }: Canvas): string =>
  `data:image/png;base64,${toBase64(encodePng(pixels, width, height))}`;

const largest = (values: readonly number[]): number => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0);

/** A patch [side][side], of full colour at `most`; its own largest unless given. */
export function patchPicture(weights: readonly number[], side: number, most = largest(weights)): string {
  const canvas = new Canvas(side, side, NONE);
  for (const [i, w] of weights.entries())
    canvas.dot(i % side, Math.floor(i / side), colourOf(most > 0 ? w / most : 0));
  return png(canvas);
}

/** Patches [rows][columns][side][side] of values in -1 .. 1, a pixel between them. */
export function gridPicture(
  grid: readonly (readonly (readonly number[])[])[],
  side: number,
): { url: string; width: number; height: number } {
  const cell = side + 1;
  const canvas = new Canvas(grid[0].length * cell - 1, grid.length * cell - 1, GAP);
  for (const [r, row] of grid.entries())
    for (const [c, patch] of row.entries())
      for (const [i, w] of patch.entries())
        canvas.dot(c * cell + (i % side), r * cell + Math.floor(i / side), colourOf(w));
  return { url: png(canvas), width: canvas.width, height: canvas.height };
}
