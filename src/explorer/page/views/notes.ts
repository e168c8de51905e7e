// All labels, notes and lists: what there is, saved as a file, and files of others merged.
import { InputError } from '../../../core/errors.js';
import { parseUnit, type Unit, unitName } from '../../../units/unit.js';
import { best } from '../crops.js';
import { type Child, fill, h, note, plural, warning } from '../dom.js';
import { downloads, save, sheetOf } from '../download.js';
import type { Notes } from '../notes.js';
import type { View, ViewContext } from '../view.js';

/** Above any file of notes. */
const MAX_BYTES = 16 << 20;

export async function notesPage(context: ViewContext): Promise<View> {
  const { run } = context;
  await Promise.all([run.table('neurons'), run.table('features')]).catch(() => undefined);
  return notesView(run.notes!, {
    where: 'in the folder of the run',
    path: (unit) => context.link([unit.kind, unit.index]),
    picture: (unit) => best(run, unit) ?? h('span', { class: 'crop' }),
  });
}

/** What the page of notes needs to know of the units that they are about. */
export interface Noted {
  /** Where the file has to lie. */
  where: string;
  path(unit: Unit): string;
  /** Undefined where units are shown in words. */
  picture(unit: Unit): Child;
  /** Why a file of notes is not shown. */
  complaint?: string;
}

export function notesView(notes: Notes, noted: Noted): View {
  const place = h('div');
  const status = h('div', { role: 'status' });
  const draw = () => {
    const units = notes.units();
    fill(
      place,
      units.length
        ? h(
            'div',
            { class: 'noted' },
            units.map((name) => row(name, notes, noted)),
          )
        : note('Nothing yet: each feature and neuron has a place for a label, a note and lists on its page.'),
    );
  };
  const input = h('input', {
    type: 'file',
    id: 'notes-file',
    accept: '.json,application/json',
    onchange: async () => {
      const file = input.files?.[0];
      if (!file) return;
      try {
        if (file.size > MAX_BYTES) throw new InputError(`${file.name}: too large for a file of notes`);
        const changes = notes.merge(JSON.parse(await file.text()));
        fill(
          status,
          note(
            `${file.name}: ${plural(changes, 'unit')} changed; where both say something, the later stays.`,
          ),
        );
        draw();
      } catch (error) {
        fill(status, warning(`${file.name}: ${(error as Error).message}`));
      }
      input.value = '';
    },
  });
  draw();
  const element = h(
    'div',
    {},
    h('h1', { tabindex: -1 }, 'Notes'),
    h(
      'p',
      { class: 'soft' },
      'Labels, notes and lists of your own. This browser keeps them; saved as ',
      h('code', {}, 'notes.json'),
      ` ${noted.where}, they are there for everyone who explores it, and in its exports.`,
    ),
    h(
      'div',
      { class: 'controls' },
      h(
        'button',
        {
          type: 'button',
          onclick: () => save('notes.json', `${JSON.stringify(notes.file(), null, 1)}\n`, 'application/json'),
        },
        'Save notes.json',
      ),
      h('label', { class: 'button', for: 'notes-file' }, 'Merge a file', input),
      downloads('notes-table', () => {
        const units = notes.units();
        const of = (key: 'label' | 'text' | 'changed') => units.map((u) => notes.of(u)![key]);
        return sheetOf({
          unit: units,
          label: of('label'),
          lists: units.map((u) => notes.of(u)!.lists.join(', ')),
          note: of('text'),
          changed: of('changed'),
        });
      }),
    ),
    noted.complaint && warning(noted.complaint),
    notes.lost && warning(notes.lost),
    status,
    place,
  );
  return { title: 'Notes', element };
}

function row(name: string, notes: Notes, { path, picture }: Noted): HTMLElement {
  const unit = parseUnit(name)!;
  const { label, text, lists } = notes.of(name)!;
  const seen = picture(unit);
  return h(
    'a',
    { class: seen ? 'note-row' : 'note-row in-words', href: path(unit) },
    seen,
    h(
      'span',
      {},
      h('b', {}, unitName(unit)),
      label && ` ${label}`,
      lists.map((list) => h('span', { class: 'badge quiet' }, list)),
      text && h('small', { class: 'soft' }, text),
    ),
  );
}
