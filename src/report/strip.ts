// Crops of a unit on a page.
import { toBase64 } from '../core/base64.js';
import { html, type Markup } from './html.js';

/** Strips of crops by unit, JPEG. */
export type CropFiles = ReadonlyMap<string, Uint8Array>;

/** Nothing where there is none. */
export const strip = (jpeg: Uint8Array | undefined, unit: string): Markup | false =>
  jpeg !== undefined &&
  html`<img class="strip" src="data:image/jpeg;base64,${toBase64(jpeg)}" loading="lazy" alt="strongest places of ${unit}">`;
