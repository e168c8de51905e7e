// One's own label, note and lists of a unit, and the name that labels.json gives it.
import type { Unit } from '../../../units/unit.js';
import { type Child, h, warning } from '../dom.js';
import type { Notes } from '../notes.js';
import type { ViewContext } from '../view.js';

export function notesSection(unit: Unit, context: ViewContext): Child {
  const { run } = context;
  if (!run.notes) return undefined;
  const name = run.name(unit.kind, unit.index);
  const given = run.made?.labels.get(name);
  const family = run.made?.families.get(name)?.family;
  return h(
    'div',
    { class: 'own' },
    given &&
      h(
        'p',
        { class: 'soft' },
        `labels.json calls it “${given.label}”`,
        given.f1 !== null && given.f1 !== undefined && ` (F1 ${given.f1.toFixed(2)} on held-out data)`,
        '.',
      ),
    family &&
      h('p', { class: 'soft' }, 'Family: ', h('a', { href: context.link([unit.kind], { family }) }, family)),
    ownFields(run.notes, name, context.link(['notes'])),
  );
}

/** Fields for one's own label, note and lists of the unit of that name; `all`: the address of all notes. */
export function ownFields(notes: Notes, name: string, all: string): HTMLElement {
  const own = notes.of(name);
  const lost = h('div', { role: 'status' });
  const changed = (change: Parameters<typeof notes.set>[1]) => {
    notes.set(name, change);
    lost.replaceChildren(...(notes.lost ? [warning(notes.lost)] : []));
    summary.textContent = heading();
  };
  const label = h('input', {
    type: 'text',
    id: 'own-label',
    maxlength: 120,
    value: own?.label ?? '',
    placeholder: 'what it is, in a few words',
    oninput: () => changed({ label: label.value.trim() }),
  });
  const text = h(
    'textarea',
    { id: 'own-note', rows: 2, maxlength: 4000, oninput: () => changed({ text: text.value }) },
    own?.text ?? '',
  );
  const lists = h('input', {
    type: 'text',
    id: 'own-lists',
    list: 'known-lists',
    value: own?.lists.join(', ') ?? '',
    placeholder: 'curves, to look at again',
    oninput: () => changed({ lists: lists.value.split(',') }),
  });
  const heading = () => {
    const mine = notes.of(name);
    return mine
      ? `Yours: ${[mine.label, ...mine.lists].filter(Boolean).join(' · ') || 'a note'}`
      : 'Label it, note something, put it on a list';
  };
  const summary = h('summary', {}, heading());
  return h(
    'details',
    { open: own !== undefined },
    summary,
    h(
      'div',
      { class: 'own-fields' },
      h('label', { for: 'own-label' }, 'Label', label),
      h('label', { for: 'own-lists' }, 'Lists', lists),
      h('label', { for: 'own-note', class: 'wide' }, 'Note', text),
      h(
        'datalist',
        { id: 'known-lists' },
        notes.lists().map((value) => h('option', { value })),
      ),
    ),
    h(
      'p',
      { class: 'soft' },
      'Kept in this browser. ',
      h('a', { href: all }, 'All notes, as a file to share'),
    ),
    lost,
  );
}
