// A contact sheet as pixels: the strongest picture whole and with what the unit does on it, the strongest places, places of
// each level, near misses. Dark around photographs, whatever the page.
import type { SheetContent, SheetPicture, SheetTile } from '../study/examples/sheet.js';
import { tileOf } from '../study/examples/tiles.js';
import { Canvas, type Colour } from './canvas.js';
import { LINE_HEIGHT } from './glyphs.js';
import { short } from './numbers.js';

const COLUMNS = 8;
const MARGIN = 12;
const GAP = 6;
/** Below a part, for its value. */
const LABEL = LINE_HEIGHT + 4;
const TITLE = 3;
const CAPTION = 2;
const LINE = LINE_HEIGHT * CAPTION + 6;

const PAPER: Colour = [28, 32, 36];
const INK: Colour = [232, 230, 225];
const SOFT: Colour = [154, 163, 173];
const MARK: Colour = [255, 255, 255];
const SHADOW: Colour = [0, 0, 0];
const HEAT: Colour = [255, 138, 20];

/** RGB [height][width][3]. */
export function drawContactSheet(sheet: SheetContent): { pixels: Uint8Array; width: number; height: number } {
  const { tile, strongest } = sheet;
  const cell = { width: tile + GAP, height: tile + LABEL };
  const width = 2 * MARGIN + COLUMNS * cell.width - GAP;
  const head = MARGIN + LINE_HEIGHT * TITLE + 4 + LINE;
  /** Rows of parts of a row of the sheet; beside the strongest picture four columns are left, in two rows. */
  const lines = (n: number): number => Math.max(1, Math.ceil(n / COLUMNS));
  const heights = sheet.rows.map((row, i) =>
    i === 0 && strongest ? 2 + Math.ceil(Math.max(0, row.length - COLUMNS) / COLUMNS) : lines(row.length),
  );
  const height = head + heights.reduce((h, n) => h + LINE + n * cell.height + GAP, 0) + MARGIN - GAP;
  const canvas = new Canvas(width, height, PAPER);
  canvas.text(sheet.title, MARGIN, MARGIN, TITLE, INK, width - 2 * MARGIN);
  canvas.text(sheet.facts, MARGIN, MARGIN + LINE_HEIGHT * TITLE + 4, CAPTION, SOFT, width - 2 * MARGIN);
  let y = head;
  for (const [i, row] of sheet.rows.entries()) {
    canvas.text(sheet.captions[i], MARGIN, y + 4, CAPTION, INK, width - 2 * MARGIN);
    const top = y + LINE;
    const beside = i === 0 ? strongest : undefined;
    if (beside) drawWhole(canvas, beside, 2 * tile + LABEL, cell.width, top);
    for (const [n, part] of row.entries()) {
      const first = beside && n < COLUMNS;
      const column = first ? COLUMNS / 2 + (n % 4) : n % COLUMNS;
      const line = first ? Math.floor(n / 4) : Math.floor(n / COLUMNS) + (beside ? 1 : 0);
      drawTile(canvas, part, tile, MARGIN + column * cell.width, top + line * cell.height);
    }
    y = top + heights[i] * cell.height + GAP;
  }
  return { pixels: canvas.pixels, width, height };
}

function drawTile(
  canvas: Canvas,
  { pixels, value, mark }: SheetTile,
  tile: number,
  left: number,
  top: number,
) {
  canvas.put(pixels, tile, left, top);
  const least = Math.max(mark.side, 5);
  const grow = (least - mark.side) / 2;
  const within = (v: number) => Math.min(tile, Math.max(0, Math.round(v)));
  const [x0, y0] = [mark.left - grow, mark.top - grow].map(within);
  const [x1, y1] = [mark.left + grow + mark.side, mark.top + grow + mark.side].map(within);
  canvas.frame(left + x0 - 1, top + y0 - 1, left + x1 + 1, top + y1 + 1, SHADOW);
  canvas.frame(left + x0, top + y0, left + x1, top + y1, MARK);
  if (value !== undefined) canvas.text(short(value), left, top + tile + 3, 1, SOFT, tile);
}

/** The picture with the field outlined, and beside it the same in grey under what the unit does. */
function drawWhole(canvas: Canvas, strongest: SheetPicture, room: number, cell: number, top: number): void {
  const { pixels, size, crop } = strongest;
  const side = Math.min(room, 2 * cell - GAP);
  const small = tileOf(pixels, size, { left: 0, top: 0, side: size }, side);
  const heat = withHeat(small, side, strongest);
  for (const [i, picture] of [small, heat].entries()) {
    const left = MARGIN + 2 * i * cell;
    canvas.put(picture, side, left, top);
    const [x0, y0, x1, y1] = crop.map((v) => Math.round((v * side) / size));
    canvas.frame(left + x0, top + y0, left + x1, top + y1, SHADOW);
    canvas.frame(left + x0 + 1, top + y0 + 1, left + x1 - 1, top + y1 - 1, MARK);
  }
}

function withHeat(picture: Uint8Array, side: number, { map, size, grid }: SheetPicture): Uint8Array {
  const out = new Uint8Array(picture.length);
  const max = map.reduce((m, v) => Math.max(m, v), 0) || 1;
  const at = (i: number, n: number): { low: number; part: number } => {
    const place = (((i + 0.5) * size) / side - 0.5 - grid.centre) / grid.stride;
    const held = Math.min(n - 1, Math.max(0, place));
    const low = Math.min(Math.floor(held), Math.max(0, n - 2));
    return { low, part: held - low };
  };
  const value = (row: number, column: number) =>
    map[Math.min(grid.height - 1, row) * grid.width + Math.min(grid.width - 1, column)];
  for (let y = 0; y < side; y++) {
    const r = at(y, grid.height);
    for (let x = 0; x < side; x++) {
      const c = at(x, grid.width);
      const above = value(r.low, c.low) * (1 - c.part) + value(r.low, c.low + 1) * c.part;
      const below = value(r.low + 1, c.low) * (1 - c.part) + value(r.low + 1, c.low + 1) * c.part;
      const share = (above * (1 - r.part) + below * r.part) / max;
      const i = (y * side + x) * 3;
      const grey = (0.6 * (picture[i] + 2 * picture[i + 1] + picture[i + 2])) / 4;
      for (let k = 0; k < 3; k++) out[i + k] = Math.round(grey + (HEAT[k] - grey) * 0.9 * share);
    }
  }
  return out;
}
