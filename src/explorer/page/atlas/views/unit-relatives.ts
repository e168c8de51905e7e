// A unit's relatives: what fires together with it, what points the same way, and what is nearest to it in other dictionaries.
import type { Dictionary } from '../../../../study/atlas/format.js';
import { h, note, percent, section } from '../../dom.js';
import { downloads } from '../../download.js';
import { type AtlasUnit, unitText } from '../atlas-unit.js';
import { type AtlasContext, placeOf, things } from '../context.js';
import type { Relative, UnitFacts } from '../unit-facts.js';
import { unitBars } from '../unit-parts.js';

const SHOWN = 8;

export function relatives(context: AtlasContext, unit: AtlasUnit, facts: UnitFacts): HTMLElement {
  const { index } = context.data;
  const neuron = unit.of === 'neurons';
  const bars = (items: readonly Relative[], text: (by: number) => string, of = unit.of) =>
    items.length
      ? unitBars(
          context,
          items.slice(0, SHOWN).map((one) => ({ of, ...one, text: text(one.by) })),
        )
      : note('none');
  const cosine = (by: number) => by.toFixed(2);
  const part = (title: string, text: string, list: HTMLElement) =>
    h('div', {}, h('h3', {}, title), h('p', { class: 'soft' }, text), list);
  const nameOfSae = (of: Dictionary) => (of === 'neurons' ? placeOf(context) : index.saes[of].name);
  return section(
    'Relatives',
    h(
      'div',
      { class: 'pair' },
      neuron
        ? part(
            'Correlates with',
            `over ${things(context, index.neurons!.rows)}`,
            bars(facts.together, cosine),
          )
        : [
            part(
              'Fires together with',
              `share of its ${index.of} on which the other fires too`,
              bars(facts.together, (by) => percent(by, 0)),
            ),
            part('Points the same way', 'cosine of decoder rows', bars(facts.similar, cosine)),
          ],
      [...facts.elsewhere].map(([of, items]) =>
        part(
          of === 'neurons' ? 'Leans on neurons' : `Nearest in ${nameOfSae(of)}`,
          of === 'neurons'
            ? `${index.d} neurons; share of the decoder row's length, with its sign`
            : `${index.saes[of].dSae} features; cosine of decoder rows${neuron ? ' with its axis' : ''}`,
          bars(items, cosine, of),
        ),
      ),
    ),
    downloads(`${unitText(unit)}-relatives`, () => {
      const rows = (relation: string, of: Dictionary, items: readonly Relative[]) =>
        items.map((one) => [relation, nameOfSae(of), unitText({ of, index: one.index }), one.by]);
      return {
        columns: ['relation', 'of', 'unit', 'value'],
        rows: [
          ...rows(neuron ? 'correlates' : 'together', unit.of, facts.together),
          ...rows('similar', unit.of, facts.similar),
          ...[...facts.elsewhere].flatMap(([of, items]) => rows('elsewhere', of, items)),
        ],
      };
    }),
  );
}
