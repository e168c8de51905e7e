// Photographs of units on a page that is one file: each unit's crops are one strip, a JPEG in a class of the style
// sheet, so that a unit that is named often costs its bytes once.
import { toBase64 } from '../core/base64.js';
import type { CropsOfUnits, UnitCrops } from '../study/examples/crops.js';
import { html, type Markup } from './html.js';
import { short } from './numbers.js';

/** RGB [height][width][3] as a JPEG file. */
export type EncodeJpeg = (pixels: Uint8Array, width: number, height: number) => Promise<Uint8Array>;

/** Letters of pictures on a page: 5 MB with all else on it. */
const MOST_LETTERS = 3_500_000;
/** Side of a crop beside a name, in pixels of the page. */
const SMALL = 36;
/** Crops of a unit in rows of three. */
const MOST = 6;

const POSITIONS = Array.from({ length: MOST }, (_, n) =>
  Array.from({ length: n + 1 }, (_, k) =>
    n ? `.n${n + 1}>:nth-child(${k + 1}){background-position:${(100 * k) / n}% 0}` : '',
  ).join(''),
).join('');

export const CROP_STYLE = `
.crop,.crops i{background-repeat:no-repeat;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.crop{display:inline-block;width:${SMALL}px;height:${SMALL}px;border-radius:5px;background-size:auto ${SMALL}px;vertical-align:middle;margin-right:.5rem}
.crops{display:grid;grid-template-columns:repeat(3,1fr);gap:3px}
.crops i{aspect-ratio:1;border-radius:4px}
.chance .crops{grid-template-columns:repeat(6,1fr);max-width:20rem}
table td:first-child:has(.crop){white-space:nowrap}
${Array.from({ length: MOST }, (_, n) => `.n${n + 1} i{background-size:${100 * (n + 1)}% 100%}`).join('')}
${POSITIONS}
`;

export class Crops {
  /** What the style sheet needs besides. */
  style = '';
  /** Units without crops because the page would be too large. */
  leftOut = 0;
  readonly #classes = new Map<string, { name: string; crops: UnitCrops }>();

  static async of(units: CropsOfUnits | undefined, encode: EncodeJpeg | undefined): Promise<Crops> {
    const crops = new Crops();
    if (!units || !encode) return crops;
    crops.style = CROP_STYLE;
    await crops.#add('random', units.random, units.tile, encode);
    for (const [unit, own] of units.units) await crops.#add(unit, own, units.tile, encode);
    return crops;
  }

  async #add(unit: string, crops: UnitCrops, tile: number, encode: EncodeJpeg): Promise<void> {
    const n = crops.spots.length;
    if (!n) return;
    if (this.style.length > MOST_LETTERS) {
      this.leftOut++;
      return;
    }
    const name = `p${this.#classes.size}`;
    const bytes = await encode(stripOf(crops.tiles, n, tile), n * tile, tile);
    this.style += `.${name}{background-image:url(data:image/jpeg;base64,${toBase64(bytes)})}\n`;
    this.#classes.set(unit, { name, crops });
  }

  /** The strongest place of a unit, small; nothing where there is none. */
  small(unit: string): Markup | undefined {
    const own = this.#classes.get(unit);
    return (
      own && html`<span class="crop ${own.name}" role="img" aria-label="where ${unit} fires most"></span>`
    );
  }

  /** All of them in a row. */
  row(unit: string): Markup | undefined {
    const own = this.#classes.get(unit);
    if (!own) return undefined;
    const { spots } = own.crops;
    const label =
      unit === 'random'
        ? `${spots.length} places drawn at random`
        : `the ${spots.length} places that fire ${unit} most, ${spots.map(({ value }) => short(value)).join(', ')}`;
    return html`<span class="crops n${spots.length}" role="img" aria-label="${label}">${spots.map(() => html`<i class="${own.name}"></i>`)}</span>`;
  }
}

/** Tiles [n][tile][tile][3] side by side, [tile][n * tile][3]. */
function stripOf(tiles: Uint8Array, n: number, tile: number): Uint8Array {
  const row = 3 * tile;
  const out = new Uint8Array(n * tile * row);
  for (let i = 0; i < n; i++)
    for (let y = 0; y < tile; y++)
      out.set(tiles.subarray((i * tile + y) * row, (i * tile + y + 1) * row), (y * n + i) * row);
  return out;
}
