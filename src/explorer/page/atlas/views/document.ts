// A document: what is known of it, its features, and what is nearest, before and after steering.
import { short } from '../../../../report/numbers.js';
import { unmarked } from '../../../../study/atlas/marked.js';
import { textsOf } from '../../../../vectors/metadata.js';
import { h } from '../../dom.js';
import type { View } from '../../view.js';
import type { AtlasContext } from '../context.js';
import { titleOf } from '../document-parts.js';
import { queryPanel } from '../query-panel.js';

export async function documentPage(row: number, context: AtlasContext): Promise<View> {
  const { data, link } = context;
  const [id, title] = await data.briefs.of(row);
  const record = await data.record(row);
  const panel = await queryPanel(context, ['documents', row], {}, async () => row);
  const picture = data.picture(row);
  const step = (to: number, rel: string, text: string) =>
    to >= 0 &&
    to < data.index.documents &&
    h('a', { href: link(['documents', to]), rel, 'aria-label': text }, rel === 'prev' ? '‹' : '›');
  return {
    title: unmarked(title)?.token.trim() || title,
    element: h(
      'div',
      {},
      h(
        'div',
        { class: 'title-line' },
        h('h1', { tabindex: -1, class: unmarked(title) && 'quote' }, titleOf(title)),
        h(
          'nav',
          { class: 'steps', 'aria-label': 'Neighbours' },
          step(row - 1, 'prev', 'previous'),
          step(row + 1, 'next', 'next'),
        ),
      ),
      h(
        'div',
        { class: picture ? 'document with-photo' : 'document' },
        picture && h('img', { class: 'photo', src: picture, width: 224, height: 224, alt: title }),
        h('div', {}, recordOf(record, data.index.title, id, row)),
      ),
      panel.element,
    ),
    readdress(address) {
      panel.readdress(address);
      return true;
    },
    dispose: () => panel.dispose(),
  };
}

/** Long texts are paragraphs, the rest a list. */
function recordOf(
  record: Record<string, unknown>,
  titleField: string | null,
  id: string,
  row: number,
): HTMLElement[] {
  const entries = Object.entries(record)
    .filter(([name]) => name !== titleField && name !== 'id')
    .map(([name, value]) => ({
      name,
      text: typeof value === 'number' ? short(value) : textsOf(value).join(', '),
    }))
    .filter(({ text }) => text !== '');
  const long = entries.filter(({ text }) => text.length > 160);
  const facts = [
    { name: 'id', text: id },
    { name: 'row', text: String(row) },
    ...entries.filter(({ text }) => text.length <= 160),
  ];
  return [
    ...long.map(({ text }) => h('p', { class: 'abstract' }, text)),
    h(
      'dl',
      { class: 'record' },
      facts.flatMap(({ name, text }) => [h('dt', {}, name), h('dd', {}, text)]),
    ),
  ];
}
