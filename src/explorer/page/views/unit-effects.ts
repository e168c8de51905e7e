// What a unit does to the classes: what `circuit` measured, beside what as much of something else does.
import { short } from '../../../report/numbers.js';
import type { Unit } from '../../../units/unit.js';
import { type Child, h, plural, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { ViewContext } from '../view.js';

const SHOWN = 8;

export function effectsSection(unit: Unit, context: ViewContext): Child {
  const { run } = context;
  const name = run.name(unit.kind, unit.index);
  const title = 'What it does: class logits';
  const effects = run.made?.effects.get(name);
  if (!effects)
    return section(
      title,
      h(
        'p',
        { class: 'note' },
        'Not measured. ',
        h('code', {}, `curvesae circuit --units ${name}`),
        ' with ',
        h('code', {}, '--out circuit'),
        ' in the folder of the run does it.',
      ),
    );
  const { up, down, random, pictures } = effects;
  const list = (heading: string, moved: typeof up) =>
    h(
      'div',
      {},
      h('h3', {}, heading),
      h(
        'ol',
        { class: 'moved' },
        moved
          .slice(0, SHOWN)
          .map((m) => h('li', {}, h('span', {}, m.name), h('span', { class: 'number' }, short(m.change)))),
      ),
    );
  const all = [...up, ...down];
  return section(
    title,
    h(
      'p',
      {},
      `How logits change, about their mean over classes, where it is taken away from the ${plural(pictures, 'photograph')} that fire it most. By chance: ${random.asMuch} of ${plural(random.draws, 'random direction')} of the same size move the classes as much; the largest change of one is ${short(random.largest)} on average.`,
    ),
    h('div', { class: 'pair' }, list('Loses most', down), list('Gains most', up)),
    downloads(`${name.replace(':', '-')}-classes`, () =>
      sheetOf({ class: all.map((m) => m.name), change: all.map((m) => m.change) }),
    ),
  );
}
