// One field for everything: a document by id or words, a feature by number or words, a text by meaning.
import { fill, h, note, section } from '../../dom.js';
import { replaceAddress } from '../../router.js';
import type { View } from '../../view.js';
import { REPLACED } from '../../worker-calls.js';
import { type AtlasContext, grouped, heading, listClass, thing, things } from '../context.js';
import { documentRow } from '../document-parts.js';
import { found, knownUnits } from '../known-units.js';
import { scoreText, unitLink } from '../unit-parts.js';

const [FEATURES, DOCUMENTS] = [12, 20];

/** A field that opens the search; on the overview and here. */
export function searchField(
  context: AtlasContext,
  text: string,
  onInput: (text: string) => void,
): HTMLInputElement {
  const what = [
    'words',
    `a ${thing(context)}’s id`,
    ...(context.data.index.saes.length ? ['f12, or words of a feature'] : []),
  ].join(', ');
  return h('input', {
    ...{
      type: 'search',
      id: 'search',
      class: 'large',
      value: text,
      placeholder: what,
      'aria-label': 'search',
    },
    ...{ autocomplete: 'off', maxlength: 300 },
    oninput: (event: Event) => onInput((event.target as HTMLInputElement).value),
  });
}

export async function searchPage(context: AtlasContext): Promise<View> {
  const { link, address } = context;
  let text = address.query.get('q') ?? '';
  const out = h('div', { 'aria-live': 'polite' });
  let turn = 0;
  const look = async () => {
    const mine = ++turn;
    const parts = await Promise.all([
      features(context, text),
      documents(context, text),
      meaning(context, text),
    ]);
    if (mine === turn) fill(out, text.trim() ? parts : hints(context));
  };
  const field = searchField(context, text, (next) => {
    text = next;
    replaceAddress(link(['search'], { q: text }));
    void look();
  });
  await look();
  return {
    title: 'Search',
    element: h('div', {}, h('h1', { tabindex: -1 }, 'Search'), field, out),
    readdress(next) {
      text = next.query.get('q') ?? '';
      if (document.activeElement !== field) field.value = text;
      void look();
      return true;
    },
  };
}

const meaningHint = ({ data: { index, site } }: AtlasContext): string => {
  if (site.text !== null) return '; any text by its meaning.';
  if (index.of === 'tokens') return '. By what is near: open a token, or read a text.';
  return '. By meaning: open a document, or start the explorer with --endpoint to look for texts.';
};

const hints = (context: AtlasContext): HTMLElement => {
  const { index } = context.data;
  return note(
    `${heading(context)} are found by all words of ${index.searched.join(', ') || 'their titles'}, or by their id`,
    index.saes.length ? '; features by number or by words of their labels' : '',
    meaningHint(context),
  );
};

async function features(context: AtlasContext, text: string): Promise<HTMLElement | undefined> {
  const { sae, link } = context;
  if (sae === undefined || !text.trim()) return undefined;
  const known = await knownUnits(context, sae);
  const { labels, table } = known;
  const hits = found(text.trim().toLowerCase(), known, FEATURES + 1);
  if (!hits.length) return undefined;
  return section(
    'Features',
    h(
      'ul',
      { class: 'found-features' },
      hits.slice(0, FEATURES).map((feature) => {
        const label = labels.get(feature);
        return h(
          'li',
          {},
          unitLink(context, { of: sae, index: feature }, { after: label && scoreText(label) }),
          h('small', { class: 'soft' }, `on ${things(context, table.fires[feature])}`),
        );
      }),
    ),
    hits.length > FEATURES &&
      h('p', {}, h('a', { href: link(['features'], { q: text.trim() }) }, 'all of them')),
  );
}

async function documents(context: AtlasContext, text: string): Promise<HTMLElement | undefined> {
  const { data, link } = context;
  if (!text.trim()) return undefined;
  const one = await data.ask('row', { id: text.trim() });
  const row = /^row:(\d{1,9})$/.exec(text.trim())?.[1];
  const named = row !== undefined && Number(row) < data.index.documents ? Number(row) : one;
  const rows = await data.ask('words', { text, where: [] });
  if (one === REPLACED || rows === REPLACED || named === REPLACED) return undefined;
  const all = [...(named >= 0 ? [named] : []), ...[...rows].filter((r) => r !== named)];
  const title = heading(context);
  if (!all.length)
    return section(
      title,
      note(`No ${thing(context)} has ${text.trim().includes(' ') ? 'all these words' : 'this word'}.`),
    );
  return section(
    title,
    h(
      'ol',
      { class: listClass(context) },
      all.slice(0, DOCUMENTS).map((r) => h('li', {}, documentRow(context, r))),
    ),
    all.length > DOCUMENTS &&
      h('p', {}, h('a', { href: link(['documents'], { q: text.trim() }) }, `all ${grouped(all.length)}`)),
  );
}

async function meaning(context: AtlasContext, text: string): Promise<HTMLElement | undefined> {
  const { data, link } = context;
  if (data.site.text === null || !text.trim()) return undefined;
  return h(
    'p',
    {},
    h(
      'a',
      { class: 'button', href: link(['text'], { q: text.trim() }) },
      'Documents near to this text by meaning',
    ),
  );
}
