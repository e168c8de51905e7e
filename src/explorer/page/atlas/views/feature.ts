// A feature: its name and how good that is, the documents that fire it at every level, others by chance, and its relatives.
import { short } from '../../../../report/numbers.js';
import { levelsOf } from '../../../../units/levels.js';
import { type Bin, binOf } from '../../../../units/octaves.js';
import { histogram } from '../../charts.js';
import { h, note, percent, plural, section } from '../../dom.js';
import { downloads } from '../../download.js';
import { linear } from '../../linear.js';
import type { View } from '../../view.js';
import { type AtlasContext, grouped, listClass, thing, things } from '../context.js';
import { type FeatureFacts, familiesOfSae, type Relative } from '../data.js';
import { documentRow } from '../document-parts.js';
import { familyTree } from '../family-tree.js';
import { featureBars, scoreText } from '../feature-parts.js';

const [TOP, LEVELS, EACH, CHANCE, BARS, SHOWN] = [10, 5, 4, 6, 40, 8];

export async function featurePage(feature: number, context: AtlasContext): Promise<View> {
  const { data, link } = context;
  const sae = context.sae!;
  const { dSae, name: saeName } = data.index.saes[sae];
  const [facts, labels, table] = await Promise.all([
    data.feature(sae, feature),
    data.labels(sae),
    data.table(sae),
  ]);
  const label = labels.get(feature);
  const { documents: count, of } = data.index;
  const fires = facts.document.length;
  const order = Array.from(facts.document, (_, i) => i).sort(
    (a, b) => facts.value[b] - facts.value[a] || facts.document[a] - facts.document[b],
  );
  const step = (to: number, rel: string, text: string) =>
    to >= 0 &&
    to < dSae &&
    h('a', { href: link(['features', to]), rel, 'aria-label': text }, rel === 'prev' ? '‹' : '›');
  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'title-line' },
      h('h1', { tabindex: -1 }, label ? label.label : `Feature ${feature}`),
      h(
        'nav',
        { class: 'steps', 'aria-label': 'Neighbours' },
        step(feature - 1, 'prev', 'previous'),
        step(feature + 1, 'next', 'next'),
      ),
    ),
    h(
      'p',
      { class: 'soft' },
      `f${feature} of ${saeName}`,
      label && ` · ${scoreText(label)}`,
      ` · on ${things(context, fires)} of ${grouped(count)} (${percent(fires / count, 2)})`,
      fires > 0 && ` · strength ${short(table.strength[feature])}`,
    ),
    label?.terms &&
      label.terms.length > 0 &&
      h(
        'p',
        { class: 'terms' },
        label.terms.map((term) => h('span', { class: 'term' }, term)),
      ),
    h(
      'p',
      { class: 'actions' },
      fires > 0 && [
        h('a', { class: 'button', href: link(['documents'], { feature }) }, `All its ${of}`),
        h('a', { class: 'button', href: link(['map'], { feature }) }, 'On the map'),
        h(
          'a',
          {
            class: 'button',
            href: link(['documents', chance(count, 1, feature)[0]], { steer: `f${feature}=1` }),
          },
          `Steer a ${thing(context)} by it`,
        ),
      ],
    ),
    fires === 0 ? note('It fires on nothing.') : documentsOf(context, facts, order, feature),
    relatives(context, feature, facts),
  );
  const families = h('div');
  element.append(families);
  // Families are one large file: the page does not wait for it.
  void familiesOf(context, feature).then(
    (found) => found && families.append(found),
    (error: Error) => families.append(note(`Families cannot be shown: ${error.message}`)),
  );
  return { title: label ? `f${feature} ${label.label}` : `f${feature}`, element };
}

/** `n` rows drawn evenly from a hash of the feature: the same at every visit, chosen by nothing that it does. */
function chance(count: number, n: number, seed: number): number[] {
  let state = (seed + 1) >>> 0;
  return Array.from({ length: n }, () => {
    // xorshift32, after a step that tells neighbouring seeds apart.
    state = Math.imul(state ^ 0x9e3779b9, 0x85ebca6b) >>> 0;
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state % count;
  });
}

function documentsOf(
  context: AtlasContext,
  { document, value }: FeatureFacts,
  order: readonly number[],
  feature: number,
): HTMLElement[] {
  const { data } = context;
  const kind = listClass(context);
  const list = (which: readonly number[]) =>
    h(
      'ol',
      { class: kind },
      which.map((i) => h('li', {}, documentRow(context, document[i], { before: short(value[i]) }))),
    );
  const fired = new Map(Array.from(document, (row, i) => [row, i]));
  const random = [...new Set(chance(data.index.documents, CHANCE, feature))];
  const largest = value[order[0]];
  return [
    section(
      'Strongest',
      h('div', { class: 'with-chart' }, list(order.slice(0, TOP)), histogramOf(value, largest)),
      downloads(`f${feature}-${data.index.of}`, () => ({
        columns: ['row', 'id', 'activation'],
        rows: order.map((i) => [document[i], data.briefs.now(document[i])?.[0], value[i]]),
      })),
    ),
    section(
      'Levels',
      h(
        'p',
        { class: 'soft' },
        'Drawn evenly from every level of activation: what the strongest alone do not show.',
      ),
      h(
        'div',
        { class: 'atlas-levels' },
        levelsOf(binsOf(value), LEVELS).map(({ from, to, fires, share }) => {
          const inside = order.filter((i) => value[i] >= from && value[i] < to);
          const drawn = Array.from(
            { length: Math.min(EACH, inside.length) },
            (_, k) => inside[Math.floor(((k + 0.5) * inside.length) / Math.min(EACH, inside.length))],
          );
          return h(
            'div',
            { class: 'atlas-level' },
            h(
              'p',
              {},
              h('b', {}, `${short(from)} to ${short(Math.min(to, largest))}`),
              h('small', {}, `${things(context, fires)}, ${Math.round(100 * share)} % of the activation`),
            ),
            list(drawn),
          );
        }),
        h(
          'div',
          { class: 'atlas-level' },
          h('p', {}, h('b', {}, 'Chance'), h('small', {}, 'drawn from all, and what it does there')),
          h(
            'ol',
            { class: kind },
            random.map((row) => {
              const i = fired.get(row);
              return h(
                'li',
                {},
                documentRow(context, row, { before: i === undefined ? '0' : short(value[i]) }),
              );
            }),
          ),
        ),
      ),
    ),
  ];
}

function binsOf(values: Float32Array): Bin[] {
  const bins = new Map<number, Bin>();
  for (const v of values) {
    const bin = binOf(v);
    const known = bins.get(bin) ?? { bin, count: 0, sum: 0 };
    known.count++;
    known.sum += v;
    bins.set(bin, known);
  }
  return [...bins.values()].sort((a, b) => a.bin - b.bin);
}

function histogramOf(values: Float32Array, largest: number): HTMLElement {
  const counts = new Array<number>(BARS).fill(0);
  for (const v of values) counts[Math.min(BARS - 1, Math.floor((BARS * v) / largest))]++;
  const bounds = Array.from({ length: BARS + 1 }, (_, i) => (i * largest) / BARS);
  const ticks = linear([0, largest], [0, 1])
    .ticks(4)
    .map((at) => ({ at, text: short(at) }));
  return histogram('features', 'activations above 0', counts, bounds, ticks);
}

function relatives(context: AtlasContext, feature: number, facts: FeatureFacts): HTMLElement {
  const bars = (items: readonly Relative[], text: (by: number) => string, sae = context.sae) =>
    items.length
      ? featureBars(
          context,
          items.slice(0, SHOWN).map(({ feature: f, by }) => ({ feature: f, by, text: text(by), sae })),
        )
      : note('none');
  const cosine = (by: number) => by.toFixed(2);
  const { saes } = context.data.index;
  return section(
    'Relatives',
    h(
      'div',
      { class: 'pair' },
      h(
        'div',
        {},
        h('h3', {}, 'Fires together with'),
        h('p', { class: 'soft' }, `share of its ${context.data.index.of} on which the other fires too`),
        bars(facts.together, (by) => percent(by, 0)),
      ),
      h(
        'div',
        {},
        h('h3', {}, 'Points the same way'),
        h('p', { class: 'soft' }, 'cosine of decoder rows'),
        bars(facts.similar, cosine),
      ),
      [...facts.elsewhere].map(([to, items]) =>
        h(
          'div',
          {},
          h('h3', {}, `Nearest in ${saes[to].name}`),
          h('p', { class: 'soft' }, `${saes[to].dSae} features; cosine of decoder rows`),
          bars(items, cosine, to),
        ),
      ),
    ),
    downloads(`f${feature}-relatives`, () => ({
      columns: ['relation', 'sae', 'feature', 'value'],
      rows: [
        ...facts.together.map((r) => ['together', saes[context.sae!].name, `f${r.feature}`, r.by]),
        ...facts.similar.map((r) => ['similar', saes[context.sae!].name, `f${r.feature}`, r.by]),
        ...[...facts.elsewhere].flatMap(([to, items]) =>
          items.map((r) => ['elsewhere', saes[to].name, `f${r.feature}`, r.by]),
        ),
      ],
    })),
  );
}

/** The trees that it stands in: as the parent of one, and below others. */
async function familiesOf(context: AtlasContext, feature: number): Promise<HTMLElement | undefined> {
  const { data, link } = context;
  const found = await data.families();
  if (!found) return undefined;
  const name = data.familyName(context.sae!, feature);
  const own = familiesOfSae(found, context.sae!).filter(
    ({ parent, children }) => parent === name || children.includes(name),
  );
  if (!own.length) return section('Family', note('It is in no family.'));
  return section(
    own.length > 1 ? 'Families' : 'Family',
    own
      .slice(0, 2)
      .map((family) => [
        h(
          'p',
          {},
          family.parent === name ? 'It is the parent of ' : 'It is one of ',
          h('a', { href: link(['families', family.parent]) }, plural(family.children.length, 'feature')),
          family.parent === name ? '.' : `, below ${family.parent}.`,
        ),
        familyTree(context, family, { here: name, most: 60 }),
      ]),
  );
}
