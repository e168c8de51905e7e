// A document in lists: a row with its title, or a picture; filled once its brief is here.

import { unmarked } from '../../../study/atlas/marked.js';
import { textsOf } from '../../../vectors/metadata.js';
import { type Child, fill, h } from '../dom.js';
import type { AtlasContext } from './context.js';

/** Longer values are cut in lists. */
const MOST = 60;

const short = (text: string): string => (text.length > MOST ? `${text.slice(0, MOST - 1)}…` : text);

/** Fields of a brief as small texts. */
export const valuesOf = (values: readonly unknown[]): string[] =>
  values.map((value) => short(textsOf(value).join(' '))).filter(Boolean);

/** A title, its token marked where it is one of a text. */
export function titleOf(title: string): Child {
  const quote = unmarked(title);
  return quote ? [quote.before, h('mark', {}, visible(quote.token)), quote.after] : title;
}

/** A token as it is read: ends of lines, which nobody sees, as a sign. */
export const visible = (token: string): string => token.replaceAll('\n', '↵');

export interface Shown {
  /** Before the title: a rank or a score. */
  before?: Child;
  after?: Child;
  class?: string;
  /** Address instead of the document's. */
  href?: string;
}

/** A link to a document: its title and a line of what is known of it; where documents are pictures, the picture. */
export function documentRow(context: AtlasContext, row: number, shown: Shown = {}): HTMLElement {
  const { data, link } = context;
  const title = h('b', { class: 'doc-title' }, '\u00a0');
  const small = h('small', {}, '\u00a0');
  const picture = data.picture(row);
  const image =
    picture &&
    h('img', {
      ...{ src: picture, width: 224, height: 224, alt: '', loading: 'lazy', decoding: 'async' },
      onerror: (event: Event) => (event.target as Element).classList.add('lost'),
    });
  const show = ([id, name, ...values]: readonly [string, string, ...unknown[]]) => {
    fill(title, titleOf(name));
    small.textContent = [...(name === id ? [] : [id]), ...valuesOf(values)].join(' · ') || '\u00a0';
    if (image) image.alt = name;
  };
  const now = data.briefs.now(row);
  if (now) show(now);
  else
    data.briefs.of(row).then(show, (error: Error) => {
      title.textContent = `document ${row}`;
      small.textContent = error.message;
    });
  return h(
    'a',
    {
      class: `doc-row${image ? ' with-picture' : ''} ${shown.class ?? ''}`,
      href: shown.href ?? link(['documents', row]),
    },
    image,
    h('span', { class: 'doc-words' }, title, small),
    shown.before !== undefined && h('span', { class: 'doc-number' }, shown.before),
    shown.after,
  );
}
