// The explorer of embeddings in the tab: routes and navigation.
import { copyLink } from '../copy-link.js';
import { fill, h, showCurrent } from '../dom.js';
import { type Address, link, wholeNumber } from '../router.js';
import { notFound, opened, startPages } from '../shell.js';
import type { View } from '../view.js';
import { type AtlasContext, contextOf, countOf } from './context.js';
import { AtlasData } from './data.js';
import { comparePage } from './views/compare.js';
import { documentPage } from './views/document.js';
import { documents } from './views/documents.js';
import { families } from './views/families.js';
import { familyPage } from './views/family.js';
import { mapPage } from './views/map.js';
import { notesPage } from './views/notes.js';
import { overview } from './views/overview.js';
import { readPage } from './views/read.js';
import { searchPage } from './views/search.js';
import { textPage } from './views/text.js';
import { unitPage } from './views/unit.js';
import { units } from './views/units.js';

const NAVIGATION: [string, string, (data: AtlasData) => boolean][] = [
  ['', 'Overview', () => true],
  ['search', 'Search', () => true],
  ['documents', 'Documents', ({ index }) => index.of === 'documents'],
  ['documents', 'Pictures', ({ index }) => index.of === 'pictures'],
  ['documents', 'Tokens', ({ index }) => index.of === 'tokens'],
  ['read', 'Read a text', ({ site }) => site.reads !== null],
  ['features', 'Features', ({ index }) => index.saes.length > 0],
  ['neurons', 'Neurons', ({ index }) => index.neurons !== null],
  ['families', 'Families', ({ site }) => site.families !== null],
  ['map', 'Map', () => true],
  ['compare', 'Compare', ({ index }) => index.saes.length > 1],
  ['notes', 'Notes', ({ index }) => index.saes.length > 0 || index.neurons !== null],
];

async function viewOf(context: AtlasContext): Promise<View> {
  const { data, address, sae, link } = context;
  const [page = '', argument] = address.path;
  const { documents: count, saes } = data.index;
  if (page === '') return overview(context);
  if (page === 'search') return searchPage(context);
  if (page === 'text' && data.site.text !== null) return textPage(context);
  if (page === 'read' && data.site.reads !== null) return readPage(context);
  if (page === 'map') return mapPage(context);
  if (page === 'documents') {
    if (argument === undefined) return documents(context);
    const row = wholeNumber(argument, 0, count - 1);
    if (row !== undefined) return documentPage(row, context);
    return notFound(`There is no such one of the ${count} documents.`, link([]));
  }
  const of = page === 'features' ? sae : page === 'neurons' && data.index.neurons ? 'neurons' : undefined;
  if (of !== undefined) {
    if (argument === undefined) return units(of, context);
    const index = wholeNumber(argument.replace(/^[fn]/, ''), 0, countOf(context, of) - 1);
    if (index !== undefined) return unitPage({ of, index }, context);
    return notFound(`There is no such one of the ${countOf(context, of)} ${page}.`, link([]));
  }
  if (page === 'compare' && saes.length > 1) return comparePage(context);
  if (page === 'notes' && (saes.length || data.index.neurons)) return notesPage(context);
  if (page === 'families' && data.site.families !== null)
    return argument === undefined ? families(context) : familyPage(argument, context);
  return notFound('There is no such page.', link([]));
}

function drawHeader({ data, address, sae, link: own }: AtlasContext, header: HTMLElement): void {
  const here = address.path[0] ?? '';
  const { saes } = data.index;
  fill(
    header,
    h('a', { class: 'brand', href: own([]) }, h('b', {}, 'curvesae'), ' explorer'),
    h(
      'nav',
      { 'aria-label': 'Pages' },
      NAVIGATION.filter(([, , on]) => on(data)).map(([page, text]) =>
        h('a', { href: own(page ? [page] : []), 'aria-current': page === here ? 'page' : undefined }, text),
      ),
    ),
    saes.length > 1
      ? h(
          'label',
          { class: 'run-choice' },
          'SAE ',
          h(
            'select',
            {
              id: 'sae',
              onchange: (event: Event) => {
                const number = Number((event.target as HTMLSelectElement).value);
                // Features of one SAE are none of another.
                const kept = ['features', 'families', 'compare'].includes(here) ? [here] : address.path;
                const query = Object.fromEntries(address.query);
                const values = { q: query.q, sae: number || undefined };
                location.hash = link(kept, values);
              },
            },
            saes.map((s, i) => h('option', { value: i, selected: i === sae }, `${s.name}: ${s.dSae}`)),
          ),
        )
      : h('span', { class: 'run-name', title: data.site.label }, data.site.label),
    copyLink(),
  );
  showCurrent(header.querySelector('nav')!);
}

async function start(): Promise<void> {
  const data = await opened(() => AtlasData.open());
  if (!data) return;
  const at = (address: Address) => contextOf(data, address);
  await startPages({
    key: (address) => `${at(address).sae}/${address.path.join('/')}`,
    view: (address) => viewOf(at(address)),
    header: (address, header) => drawHeader(at(address), header),
    suffix: () => data.site.label,
    searched: (address) => at(address).link(['search']),
  });
  data.start();
}

void start();
