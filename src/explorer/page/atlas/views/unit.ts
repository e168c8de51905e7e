// A feature or a neuron: its name and how good that is, one's own notes, what fires it at every level, others by chance, and its
// relatives.
import { short } from '../../../../report/numbers.js';
import { levelsOf } from '../../../../units/levels.js';
import { type Bin, binOf } from '../../../../units/octaves.js';
import { histogram } from '../../charts.js';
import { h, note, percent, plural, section } from '../../dom.js';
import { downloads } from '../../download.js';
import { linear } from '../../linear.js';
import type { View } from '../../view.js';
import { ownFields } from '../../views/unit-notes.js';
import { type AtlasUnit, kindOf, unitText } from '../atlas-unit.js';
import {
  type AtlasContext,
  grouped,
  listClass,
  placeOf,
  thing,
  things,
  unitPath,
  unitValues,
} from '../context.js';
import { familiesOfSae } from '../data.js';
import { documentRow } from '../document-parts.js';
import { familyTree } from '../family-tree.js';
import { type KnownUnits, knownUnits, titleOfUnit } from '../known-units.js';
import { strongestFirst, type UnitFacts } from '../unit-facts.js';
import { scoreText } from '../unit-parts.js';
import { relatives } from './unit-relatives.js';

const [TOP, LEVELS, EACH, CHANCE, BARS] = [10, 5, 4, 6, 40];

export async function unitPage(unit: AtlasUnit, context: AtlasContext): Promise<View> {
  const { data, link } = context;
  const { of, index } = unit;
  const [facts, known] = await Promise.all([data.unit(of, index), knownUnits(context, of)]);
  const label = known.labels.get(index);
  const title = titleOfUnit(known, index);
  const fires = known.table.fires[index];
  const name = unitText(unit);
  const step = (to: number, rel: string, text: string) =>
    to >= 0 &&
    to < known.count &&
    h(
      'a',
      { href: unitPath(context, { of, index: to }), rel, 'aria-label': text },
      rel === 'prev' ? '‹' : '›',
    );
  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'title-line' },
      h('h1', { tabindex: -1 }, title ?? `${of === 'neurons' ? 'Neuron' : 'Feature'} ${index}`),
      h(
        'nav',
        { class: 'steps', 'aria-label': 'Neighbours' },
        step(index - 1, 'prev', 'previous'),
        step(index + 1, 'next', 'next'),
      ),
    ),
    h(
      'p',
      { class: 'soft' },
      whatItIs(context, unit, fires),
      label && ` · ${scoreText(label)}`,
      strengthOf(known, index),
    ),
    label?.terms &&
      label.terms.length > 0 &&
      h(
        'p',
        { class: 'terms' },
        label.terms.map((term) => h('span', { class: 'term' }, term)),
      ),
    h('p', { class: 'actions' }, fires > 0 && actionsOf(context, unit)),
    h('div', { class: 'own' }, ownFields(data.notes(of), data.noteName(unit), link(['notes']))),
    fires === 0
      ? note(of === 'neurons' ? 'It is above 0 nowhere.' : 'It fires on nothing.')
      : rowsOf(context, facts, unit),
    relatives(context, unit, facts),
  );
  if (of !== 'neurons') {
    const families = h('div');
    element.append(families);
    // Families are one large file: the page does not wait for it.
    void familiesOf(context, of, index).then(
      (found) => found && families.append(found),
      (error: Error) => families.append(note(`Families cannot be shown: ${error.message}`)),
    );
  }
  return { title: title ? `${name} ${title}` : name, element };
}

/** Where it is from, and on how many rows it fires. */
function whatItIs(context: AtlasContext, unit: AtlasUnit, fires: number): string {
  const { index } = context.data;
  const of = unit.of === 'neurons' ? placeOf(context) : index.saes[unit.of].name;
  const on = unit.of === 'neurons' ? 'above 0 on' : 'on';
  return `${unitText(unit)} of ${of} · ${on} ${things(context, fires)} of ${grouped(index.documents)} (${percent(fires / index.documents, 2)})`;
}

const strengthOf = ({ table }: KnownUnits, index: number): string | false =>
  table.strength[index] > 0 && ` · strength ${short(table.strength[index])}`;

function actionsOf(context: AtlasContext, unit: AtlasUnit): HTMLElement[] {
  const { data, link } = context;
  const { documents: count, of } = data.index;
  const button = (text: string, href: string) => h('a', { class: 'button', href }, text);
  const rows = button(
    unit.of === 'neurons' ? `Its strongest ${of}` : `All its ${of}`,
    link(['documents'], unitValues(unit)),
  );
  if (unit.of === 'neurons') return [rows];
  return [
    rows,
    button('On the map', link(['map'], { feature: unit.index })),
    button(
      `Steer a ${thing(context)} by it`,
      link(['documents', chance(count, 1, unit.index)[0]], { steer: `f${unit.index}=1` }),
    ),
  ];
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

/** The strongest, every level of activation, and rows by chance. */
function rowsOf(context: AtlasContext, facts: UnitFacts, unit: AtlasUnit): HTMLElement[] {
  const { data } = context;
  const name = unitText(unit);
  const kind = listClass(context);
  const { document, value } = facts;
  const strongest = strongestFirst(facts.top ?? facts);
  const order = strongestFirst(facts);
  const list = (which: readonly { row: number; value: number }[]) =>
    h(
      'ol',
      { class: kind },
      which.map((one) => h('li', {}, documentRow(context, one.row, { before: short(one.value) }))),
    );
  const fired = new Map(Array.from(document, (row, i) => [row, value[i]]));
  const drawn = [...new Set(chance(data.index.documents, CHANCE, unit.index))];
  const largest = strongest[0].value;
  const sampled = facts.top && data.index.neurons!.rows < data.index.documents;
  return [
    section(
      'Strongest',
      h('div', { class: 'with-chart' }, list(strongest.slice(0, TOP)), histogramOf(unit, value, largest)),
      downloads(`${name}-${data.index.of}`, () => ({
        columns: ['row', 'id', 'activation'],
        rows: strongest.map((one) => [one.row, data.briefs.now(one.row)?.[0], one.value]),
      })),
    ),
    section(
      'Levels',
      h(
        'p',
        { class: 'soft' },
        'Drawn evenly from every level of activation: what the strongest alone do not show.',
        sampled && ` Of ${things(context, data.index.neurons!.rows)}, evenly spaced over all.`,
      ),
      h(
        'div',
        { class: 'atlas-levels' },
        levelsOf(binsOf(value), LEVELS).map(({ from, to, fires, share }) =>
          level(
            `${short(from)} to ${short(Math.min(to, largest))}`,
            `${things(context, fires)}, ${Math.round(100 * share)} % of the activation`,
            list(evenly(order.filter((one) => one.value >= from && one.value < to))),
          ),
        ),
        level(
          'Chance',
          'drawn from all, and what it does there',
          h(
            'ol',
            { class: kind },
            drawn.map((row) =>
              // Of a neuron only a sample is known.
              h(
                'li',
                {},
                documentRow(context, row, { before: sampled ? undefined : short(fired.get(row) ?? 0) }),
              ),
            ),
          ),
        ),
      ),
    ),
  ];
}

const level = (title: string, text: string, rows: HTMLElement): HTMLElement =>
  h('div', { class: 'atlas-level' }, h('p', {}, h('b', {}, title), h('small', {}, text)), rows);

const evenly = <T>(all: readonly T[]): T[] => {
  const n = Math.min(EACH, all.length);
  return Array.from({ length: n }, (_, k) => all[Math.floor(((k + 0.5) * all.length) / n)]);
};

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

function histogramOf({ of }: AtlasUnit, values: Float32Array, largest: number): HTMLElement {
  const counts = new Array<number>(BARS).fill(0);
  for (const v of values) counts[Math.min(BARS - 1, Math.floor((BARS * v) / largest))]++;
  const bounds = Array.from({ length: BARS + 1 }, (_, i) => (i * largest) / BARS);
  const ticks = linear([0, largest], [0, 1])
    .ticks(4)
    .map((at) => ({ at, text: short(at) }));
  return histogram(kindOf(of), 'activations above 0', counts, bounds, ticks);
}

/** The trees that it stands in: as the parent of one, and below others. */
async function familiesOf(
  context: AtlasContext,
  sae: number,
  feature: number,
): Promise<HTMLElement | undefined> {
  const { data, link } = context;
  const found = await data.families();
  if (!found) return undefined;
  const name = data.familyName(sae, feature);
  const own = familiesOfSae(found, sae).filter(
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
