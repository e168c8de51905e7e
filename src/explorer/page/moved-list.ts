// How logits move, each beside how far random directions move it.
import { short, signed } from '../../report/numbers.js';
import type { Classes } from './beside.js';
import { h, note, plural } from './dom.js';

/** A bar to either side; grey: chance. */
export function movedList(
  title: string,
  { up, down, random, largest }: Classes,
  what: 'classes' | 'tokens',
): HTMLElement {
  const rows = [...up, ...[...down].reverse()];
  const most = rows.reduce((m, r) => Math.max(m, r.random ?? 0), largest) || 1;
  const width = (v: number) => `${((50 * Math.abs(v)) / most).toFixed(2)}%`;
  const chance = (v: number) => {
    const half = Math.min(50, (50 * v) / most);
    return { left: `${(50 - half).toFixed(2)}%`, width: `${(2 * half).toFixed(2)}%` };
  };
  return h(
    'figure',
    {},
    h('h3', {}, title),
    h(
      'ol',
      { class: 'moved' },
      rows.map((m) =>
        h(
          'li',
          {},
          h('span', { class: 'what' }, m.name),
          h(
            'span',
            { class: 'balance', 'aria-hidden': 'true' },
            m.random !== undefined && h('i', { class: 'chance', style: chance(m.random) }),
            h('i', {
              class: m.change > 0 ? 'more' : 'less',
              style: { [m.change > 0 ? 'left' : 'right']: '50%', width: width(m.change) },
            }),
          ),
          h('span', { class: 'number' }, signed(m.change)),
        ),
      ),
    ),
    !rows.length && note(`No ${what === 'classes' ? 'class' : 'token'} moves.`),
    h(
      'figcaption',
      {},
      `By chance: ${random.asMuch} of ${plural(random.draws, 'random direction')} of the same length move the ${what} as much; the largest change of one is ${short(random.largest)} on average, of this ${short(largest)}.`,
    ),
  );
}
