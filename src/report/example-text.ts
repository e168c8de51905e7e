// What is said of examples: on contact sheets and on their page, in the same words.
import type { SheetText } from '../study/examples/sheet.js';
import type { ExampleLevel, ExamplesResult, UnitExamples } from '../study/examples/types.js';
import { short } from './numbers.js';

/** Three digits at most. */
export const percent = (share: number): string => `${short(100 * share)} %`;

export const firingFacts = ({ density, images, max }: UnitExamples, all: number): string =>
  `fires at ${percent(density)} of places, on ${images} of ${all} pictures, up to ${short(max)}`;

export const levelText = ({ from, to, share, fires }: ExampleLevel, all: number): string =>
  `${short(from)} to ${short(to)}: ${percent(fires / all)} of places, ${percent(share)} of activation`;

export const TOP_TEXT = 'strongest';
export const NEAR_TEXT = 'near misses: silent, before the threshold';

export function sheetText(name: string, unit: UnitExamples, { images }: ExamplesResult): SheetText {
  return {
    title: name,
    facts: firingFacts(unit, images),
    captions: [
      TOP_TEXT,
      ...unit.levels.map((level) => levelText(level, unit.fires)),
      ...(unit.nearMisses?.length ? [NEAR_TEXT] : []),
    ],
  };
}

export const randomText = ({ images }: ExamplesResult): SheetText => ({
  title: 'random places',
  facts: `drawn from all places of ${images} pictures: what chance shows`,
  captions: ['any of them'],
});
