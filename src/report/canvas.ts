// RGB pixels to draw on: what a contact sheet needs, no more.
import { GLYPH_WIDTH, isInk, LINE_HEIGHT } from './glyphs.js';

export type Colour = readonly [r: number, g: number, b: number];

export class Canvas {
  /** [height][width][3] */
  readonly pixels: Uint8Array<ArrayBuffer>;

  constructor(
    readonly width: number,
    readonly height: number,
    background: Colour,
  ) {
    this.pixels = new Uint8Array(width * height * 3);
    this.pixels.set(background);
    for (let n = 3; n < this.pixels.length; n *= 2) this.pixels.copyWithin(n, 0, n);
  }

  dot(x: number, y: number, colour: Colour): void {
    if (!(x >= 0 && y >= 0 && x < this.width && y < this.height)) return;
    const at = (y * this.width + x) * 3;
    for (let c = 0; c < 3; c++) this.pixels[at + c] = colour[c];
  }

  /** A square picture [side][side][3]. */
  put(picture: Uint8Array, side: number, left: number, top: number): void {
    for (let y = 0; y < side; y++)
      this.pixels.set(
        picture.subarray(y * side * 3, (y + 1) * side * 3),
        ((top + y) * this.width + left) * 3,
      );
  }

  /** A line of one pixel around x0 .. x1 - 1, y0 .. y1 - 1, on those pixels. */
  frame(x0: number, y0: number, x1: number, y1: number, colour: Colour): void {
    for (let x = x0; x < x1; x++) for (const y of [y0, y1 - 1]) this.dot(x, y, colour);
    for (let y = y0; y < y1; y++) for (const x of [x0, x1 - 1]) this.dot(x, y, colour);
  }

  /** Cut where it would leave `room` pixels. */
  text(
    text: string,
    left: number,
    top: number,
    scale: number,
    colour: Colour,
    room = this.width - left,
  ): void {
    const most = Math.floor((room + scale) / advanceOf(scale));
    const shown = text.length > most ? `${text.slice(0, Math.max(0, most - 2))}..` : text;
    for (const [i, letter] of [...shown].entries())
      for (let y = 0; y < LINE_HEIGHT * scale; y++)
        for (let x = 0; x < GLYPH_WIDTH * scale; x++)
          if (isInk(letter, Math.floor(x / scale), Math.floor(y / scale)))
            this.dot(left + i * advanceOf(scale) + x, top + y, colour);
  }
}

/** From letter to letter. */
const advanceOf = (scale: number): number => (GLYPH_WIDTH + 1) * scale;
