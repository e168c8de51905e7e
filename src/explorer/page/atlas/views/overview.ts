// What there is: documents, SAEs beside chance, the best names, the largest families, and one field to look for anything.
import { short } from '../../../../report/numbers.js';
import { h, note, percent, plural, section } from '../../dom.js';
import { downloads } from '../../download.js';
import type { View } from '../../view.js';
import { type AtlasContext, grouped, listClass, things } from '../context.js';
import { familiesOfSae, ofFamilyName } from '../data.js';
import { documentRow } from '../document-parts.js';
import { knownUnits, titleOfUnit } from '../known-units.js';
import { unitBars } from '../unit-parts.js';
import { searchField } from './search.js';

const [BEST, FAMILIES] = [12, 6];
/** Documents, or pictures, that are shown. */
const SOME = { documents: 6, pictures: 14, tokens: 8 };
/** A name of fewer documents is no rule, and its score is luck. */
const LEAST_DOCUMENTS = 20;

export async function overview(context: AtlasContext): Promise<View> {
  const { data, link, sae } = context;
  const { index, site } = data;
  const { documents, d, saes, of } = index;
  const pictures = of === 'pictures';
  const go = (text: string) => {
    if (text.trim()) location.hash = link(['search'], { q: text });
  };
  const field = searchField(context, '', () => {});
  const form = h(
    'form',
    {
      class: 'overview-search',
      onsubmit: (event: Event) => {
        event.preventDefault();
        go(field.value);
      },
    },
    field,
    h('button', { type: 'submit' }, 'Search'),
  );
  const shown = Math.min(SOME[of], documents);
  const rows = Array.from({ length: shown }, (_, i) => Math.floor(((i + 0.5) * documents) / shown));
  const families = h('div');
  const some = section(
    `Some ${of}`,
    h(
      'p',
      { class: 'soft' },
      'Evenly spaced over all. Each has a page with what is nearest to it, to be steered by features.',
    ),
    h(
      'ol',
      { class: listClass(context) },
      rows.map((row) => h('li', {}, documentRow(context, row))),
    ),
    h(
      'p',
      {},
      h('a', { href: link(['documents']) }, `all ${grouped(documents)}`),
      ' · ',
      h('a', { href: link(['map']) }, 'on a map'),
    ),
  );
  const element = h(
    'div',
    {},
    h('h1', { tabindex: -1 }, site.label),
    h(
      'p',
      { class: 'lead' },
      `${things(context, documents)}, each a vector of ${d}`,
      saes.length > 0 &&
        `, and what ${saes.length > 1 ? `${saes.length} sparse autoencoders` : 'a sparse autoencoder'} found in them`,
      '.',
    ),
    form,
    site.reads !== null &&
      h('p', {}, h('a', { class: 'button', href: link(['read']) }, 'Read a text with it')),
    pictures && some,
    sae !== undefined && (await bestFeatures(context, sae)),
    families,
    !pictures && some,
    saes.length > 0 && (await saeTable(context)),
    saes.length === 0 &&
      note(
        'No SAEs are here: ',
        h('code', {}, 'curvesae pack SAE --in E --out DIR'),
        ' puts them beside the embeddings.',
      ),
  );
  if (sae !== undefined && site.families !== null)
    void largestFamilies(context, sae).then(
      (found) => families.append(found),
      (error: Error) => families.append(note(`Families cannot be shown: ${error.message}`)),
    );
  return { title: site.label, element };
}

async function bestFeatures(context: AtlasContext, sae: number): Promise<HTMLElement> {
  const { data, link } = context;
  const [labels, table, controls] = await Promise.all([
    data.labels(sae),
    data.table(sae),
    data.controls(sae),
  ]);
  const count = data.index.documents;
  const enough = Math.min(LEAST_DOCUMENTS, count / 20);
  const best = [...labels]
    .filter(([f, { f1 }]) => f1 !== null && table.fires[f] >= enough)
    .sort((a, b) => b[1].f1! - a[1].f1! || a[0] - b[0])
    .slice(0, BEST);
  const frequent = Array.from(table.fires, (fires, f) => ({ f, fires }))
    .sort((a, b) => b.fires - a.fires || a.f - b.f)
    .slice(0, BEST);
  const { features, random, dimensions } = controls ?? {};
  const chance =
    features?.f1 && random?.f1 && dimensions?.f1
      ? ` Over all ${features.labels} labels F1 is ${short(features.f1.mean)} on ${data.index.of} held out; random directions that are named the same way have ${short(random.f1.mean)}, single dimensions ${short(dimensions.f1.mean)}.`
      : '';
  return section(
    best.length ? 'Best named features' : 'Most frequent features',
    best.length > 0 && h('p', { class: 'soft' }, `By F1 of the label.${chance}`),
    unitBars(
      context,
      best.length
        ? best.map(([index, { f1 }]) => ({ of: sae, index, by: f1!, text: `F1 ${short(f1!)}` }))
        : frequent.map(({ f, fires }) => ({
            ...{ of: sae, index: f, by: fires / (frequent[0].fires || 1), text: percent(fires / count, 2) },
          })),
    ),
    h('p', {}, h('a', { href: link(['features']) }, `all ${grouped(table.fires.length)}`)),
  );
}

async function largestFamilies(context: AtlasContext, sae: number): Promise<HTMLElement> {
  const { data, link } = context;
  const [found, known] = await Promise.all([data.families(), knownUnits(context, sae)]);
  const own = familiesOfSae(found, sae).sort((a, b) => b.children.length - a.children.length);
  const label = (name: string) =>
    titleOfUnit(known, ofFamilyName(name).feature) ?? `f${ofFamilyName(name).feature}`;
  return section(
    'Largest families',
    h(
      'ul',
      { class: 'family-list' },
      own
        .slice(0, FAMILIES)
        .map(({ parent, children }) =>
          h(
            'li',
            {},
            h('a', { href: link(['families', parent]) }, label(parent)),
            h(
              'small',
              { class: 'soft' },
              `${plural(children.length, 'feature')}: ${children.slice(0, 5).map(label).join(' · ')}`,
            ),
          ),
        ),
    ),
    h('p', {}, h('a', { href: link(['families']) }, `all ${grouped(own.length)}`)),
  );
}

async function saeTable({ data, link }: AtlasContext): Promise<HTMLElement> {
  const { saes } = data.index;
  const controls = await Promise.all(saes.map((_, i) => data.controls(i).catch(() => undefined)));
  const families = data.site.families;
  const f1 = (i: number, of: 'features' | 'random' | 'dimensions') => {
    const mean = controls[i]?.[of].f1?.mean;
    return mean === undefined ? '–' : short(mean);
  };
  const columns = [
    'SAE',
    'features',
    'k',
    'L0',
    'FVU',
    'dead',
    'F1 of labels',
    'of random directions',
    'of dimensions',
  ];
  const cells = saes.map((s, i) => [
    ...[s.name, s.dSae, s.k ?? '–', short(s.l0), short(s.fvu), s.dead],
    ...[f1(i, 'features'), f1(i, 'random'), f1(i, 'dimensions')],
  ]);
  return section(
    'Sparse autoencoders',
    h(
      'p',
      { class: 'soft' },
      `On all ${data.index.of}: how many features fire on one (L0), the share of the variance that is not explained (FVU), features that never fire; means of F1 on those that were held out from the naming.`,
    ),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        {},
        h(
          'tr',
          {},
          columns.map((c) => h('th', {}, c)),
        ),
        cells.map((row, i) =>
          h(
            'tr',
            {},
            row.map((cell, c) =>
              h('td', {}, c ? cell : h('a', { href: link(['features'], { sae: i || undefined }) }, cell)),
            ),
          ),
        ),
      ),
    ),
    downloads('saes', () => ({
      columns,
      rows: cells.map((row) => row.map((cell) => (cell === '–' ? undefined : cell))),
    })),
    families === null &&
      note('No families were packed: ', h('code', {}, 'curvesae families'), ' finds them.'),
  );
}
