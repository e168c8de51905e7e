// A feature or a neuron where it is named: a chip, a row with a bar.
import { short } from '../../../report/numbers.js';
import type { FeatureLabel } from '../../../units/labels.js';
import { type Child, fill, h } from '../dom.js';
import { type AtlasUnit, kindOf, unitText } from './atlas-unit.js';
import { type AtlasContext, unitPath } from './context.js';
import { titleOf } from './document-parts.js';

/** Its label, one's own before a given one; without one the title of the row that fires it most. Filled once they are here. */
export function unitWords({ data }: AtlasContext, unit: AtlasUnit): HTMLElement {
  const words = h('span', { class: 'feature-words' });
  const { of, index } = unit;
  const look = async () => {
    const label = await data.title(unit);
    const best = label ? -1 : (await data.table(of)).best[index];
    if (label) words.textContent = label;
    else if (best >= 0) {
      words.classList.add('soft');
      fill(words, 'fires most on: ', titleOf((await data.briefs.of(best))[1]));
    }
  };
  look().catch(() => {}); // the page's own list says what cannot be read
  return words;
}

/** The picture that fires it most, where documents are pictures. */
export function unitPicture({ data }: AtlasContext, { of, index }: AtlasUnit): HTMLElement | undefined {
  if (data.index.of !== 'pictures') return undefined;
  const image = h('img', { class: 'feature-picture', alt: '', width: 44, height: 44, decoding: 'async' });
  data.table(of).then(
    ({ best }) => {
      if (best[index] >= 0) image.src = data.picture(best[index])!;
    },
    () => {}, // as above
  );
  return image;
}

/** A link to a unit; its label may come later. */
export function unitLink(
  context: AtlasContext,
  unit: AtlasUnit,
  { after, cut = false }: { after?: Child; cut?: boolean } = {},
): HTMLElement {
  return h(
    'a',
    { class: `feature-link${cut ? ' cut' : ''}`, href: unitPath(context, unit) },
    unitPicture(context, unit),
    h('b', {}, unitText(unit)),
    unitWords(context, unit),
    after !== undefined && h('span', { class: 'number' }, after),
  );
}

/** A list of units with a bar each, as long as `by` says of 1. */
export function unitBars(
  context: AtlasContext,
  items: readonly (AtlasUnit & { by: number; text: string })[],
): HTMLElement {
  return h(
    'ol',
    { class: 'feature-bars' },
    items.map(({ of, index, by, text }) => {
      const meter = h(
        'span',
        { class: 'meter', 'aria-hidden': 'true' },
        h('span', { style: { width: `${Math.min(100, 100 * Math.abs(by))}%` } }),
      );
      return h(
        'li',
        { class: `of-${kindOf(of)}` },
        unitLink(context, { of, index }, { cut: true }),
        meter,
        h('span', { class: 'number' }, text),
      );
    }),
  );
}

/** How sure a label is, on documents that were held out from the naming. */
export const scoreText = ({ f1, pearson, kind }: FeatureLabel): string =>
  [kind, f1 === null ? undefined : `F1 ${short(f1)}`, pearson === null ? undefined : `r ${short(pearson)}`]
    .filter(Boolean)
    .join(', ');
