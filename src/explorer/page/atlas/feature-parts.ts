// A feature where it is named: a chip, a row with a bar.
import { short } from '../../../report/numbers.js';
import type { FeatureLabel } from '../../../units/labels.js';
import { type Child, fill, h } from '../dom.js';
import type { AtlasContext } from './context.js';
import { titleOf } from './document-parts.js';

/** Its label; without one the title of the document that fires it most. Filled once they are here. */
export function featureWords({ data }: AtlasContext, sae: number, feature: number): HTMLElement {
  const words = h('span', { class: 'feature-words' });
  const look = async () => {
    const label = (await data.labels(sae)).get(feature);
    const best = label ? -1 : (await data.table(sae)).best[feature];
    if (label) words.textContent = label.label;
    else if (best >= 0) {
      words.classList.add('soft');
      fill(words, 'fires most on: ', titleOf((await data.briefs.of(best))[1]));
    }
  };
  look().catch(() => {}); // the page's own list says what cannot be read
  return words;
}

/** The picture that fires it most, where documents are pictures. */
export function featurePicture(
  { data }: AtlasContext,
  sae: number,
  feature: number,
): HTMLElement | undefined {
  if (data.index.of !== 'pictures') return undefined;
  const image = h('img', { class: 'feature-picture', alt: '', width: 44, height: 44, decoding: 'async' });
  data.table(sae).then(
    ({ best }) => {
      if (best[feature] >= 0) image.src = data.picture(best[feature])!;
    },
    () => {}, // as above
  );
  return image;
}

/** A link to a feature; its label may come later. `sae`: of another SAE than the address's. */
export function featureLink(
  context: AtlasContext,
  feature: number,
  { sae = context.sae, after, cut = false }: { sae?: number; after?: Child; cut?: boolean } = {},
): HTMLElement {
  const words = featureWords(context, sae!, feature);
  return h(
    'a',
    {
      class: `feature-link${cut ? ' cut' : ''}`,
      href: context.link(['features', feature], { sae: sae || undefined }),
    },
    featurePicture(context, sae!, feature),
    h('b', {}, `f${feature}`),
    words,
    after !== undefined && h('span', { class: 'number' }, after),
  );
}

/** A list of features with a bar each, as long as `by` says of 1. */
export function featureBars(
  context: AtlasContext,
  items: readonly { feature: number; by: number; text: string; sae?: number }[],
): HTMLElement {
  return h(
    'ol',
    { class: 'feature-bars' },
    items.map(({ feature, by, text, sae }) => {
      const link = featureLink(context, feature, { sae, cut: true });
      const meter = h(
        'span',
        { class: 'meter', 'aria-hidden': 'true' },
        h('span', { style: { width: `${Math.min(100, 100 * by)}%` } }),
      );
      return h('li', {}, link, meter, h('span', { class: 'number' }, text));
    }),
  );
}

/** How sure a label is, on documents that were held out from the naming. */
export const scoreText = ({ f1, pearson, kind }: FeatureLabel): string =>
  [kind, f1 === null ? undefined : `F1 ${short(f1)}`, pearson === null ? undefined : `r ${short(pearson)}`]
    .filter(Boolean)
    .join(', ');
