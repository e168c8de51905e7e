// Crops of units on a page. A unit is named often and its picture held once, as the background of a class.
import { toBase64 } from '../core/base64.js';
import { html, type Markup } from './html.js';

/** A strip of crops, JPEG. */
export interface CropFile {
  jpeg: Uint8Array;
  width: number;
  height: number;
}

export type CropFiles = ReadonlyMap<string, CropFile>;

const STYLE = `.strip{width:100%;max-width:28rem;background-size:100% 100%;border-radius:4px;margin:.35rem 0;print-color-adjust:exact;-webkit-print-color-adjust:exact}
`;

export class Strips {
  /** Belongs into the page's style sheet; its pictures need `img-src data:`. */
  readonly style: string;
  #classes: ReadonlyMap<string, string>;

  constructor(crops: CropFiles) {
    this.#classes = new Map([...crops.keys()].map((unit, i) => [unit, `c${i}`]));
    const rules = [...crops.values()].map(
      ({ jpeg, width, height }, i) =>
        `.c${i}{aspect-ratio:${width}/${height};background-image:url(data:image/jpeg;base64,${toBase64(jpeg)})}\n`,
    );
    this.style = rules.length ? STYLE + rules.join('') : '';
  }

  /** Nothing where there is none. */
  of(unit: string): Markup | false {
    const name = this.#classes.get(unit);
    return (
      name !== undefined &&
      html`<div class="strip ${name}" role="img" aria-label="strongest places of ${unit}"></div>`
    );
  }
}
