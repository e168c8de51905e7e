// The explorer in the tab: routes, navigation, focus.
import { copyLink } from './copy-link.js';
import { openRuns, type Runs } from './data.js';
import { fill, h, showCurrent } from './dom.js';
import { listenForDrops } from './dropped.js';
import { listenForHover } from './hover.js';
import { type Address, link, parseAddress, wholeNumber } from './router.js';
import { notFound, opened, startPages } from './shell.js';
import { contextOf, type View, type ViewContext } from './view.js';
import { compare } from './views/compare.js';
import { live } from './views/live.js';
import { mapPage } from './views/map.js';
import { notesPage } from './views/notes.js';
import { overview } from './views/overview.js';
import { picturePage, pictures } from './views/pictures.js';
import { unitPage } from './views/unit.js';
import { units } from './views/units.js';

const NAVIGATION: [string, string, (runs: Runs) => boolean][] = [
  ['', 'Overview', () => true],
  ['features', 'Features', () => true],
  ['neurons', 'Neurons', () => true],
  ['photographs', 'Photographs', () => true],
  ['map', 'Map', ({ all }) => all.some(({ beside }) => beside.taxonomy)],
  ['live', 'Live', () => true],
  ['notes', 'Notes', () => true],
  ['compare', 'Compare', (runs) => runs.all.length > 1],
];

async function viewOf(context: ViewContext): Promise<View> {
  const [page = '', argument] = context.address.path;
  const { counts, pictures: shown } = context.run.index;
  if (page === '') return overview(context);
  if (page === 'features' || page === 'neurons') {
    if (argument === undefined) return units(page, context);
    const unit = wholeNumber(argument, 0, counts[page] - 1);
    if (unit !== undefined) return unitPage(page, unit, context);
    return notFound(`There is no such one of the ${counts[page]} ${page}.`, context.link([]));
  }
  if (page === 'photographs') {
    if (argument === undefined) return pictures(context);
    const index = wholeNumber(argument, 0, shown.shown - 1);
    if (index !== undefined) return picturePage(index, context);
    return notFound(`There is no such one of the ${shown.shown} photographs.`, context.link([]));
  }
  if (page === 'live') return live(context);
  if (page === 'map') return mapPage(context);
  if (page === 'notes') return notesPage(context);
  if (page === 'compare') return compare(context);
  return notFound('There is no such page.', context.link([]));
}

function drawHeader(context: ViewContext, header: HTMLElement): void {
  const { runs, run, address } = context;
  const here = address.path[0] ?? '';
  fill(
    header,
    h('a', { class: 'brand', href: context.link([]) }, h('b', {}, 'curvesae'), h('span', {}, ' explorer')),
    h(
      'nav',
      { 'aria-label': 'Pages' },
      NAVIGATION.filter(([, , on]) => on(runs)).map(([page, text]) =>
        h(
          'a',
          { href: context.link(page ? [page] : []), 'aria-current': page === here ? 'page' : undefined },
          text,
        ),
      ),
    ),
    runs.all.length > 1
      ? h(
          'label',
          { class: 'run-choice' },
          'Run ',
          h(
            'select',
            {
              onchange: (event: Event) => {
                const id = (event.target as HTMLSelectElement).value;
                const path = here === 'compare' || here === 'live' ? address.path : address.path.slice(0, 1);
                location.hash = link(path, { run: id === runs.all[0].id ? undefined : id });
              },
            },
            runs.all.map((r) =>
              h('option', { value: r.id, selected: r === run }, `${r.id.toUpperCase()}: ${r.label}`),
            ),
          ),
        )
      : h('span', { class: 'run-name', title: run.label }, run.label),
    copyLink(),
  );
  showCurrent(header.querySelector('nav')!);
}

/** The unit of a unit's page, as the live page watches it. */
const watchedOf = ({ path: [page, unit] }: Address): string | undefined =>
  unit !== undefined && (page === 'features' || page === 'neurons') ? `${page[0]}${unit}` : undefined;

async function start(): Promise<void> {
  const runs = await opened(openRuns);
  if (!runs) return;
  const contextAt = (address: Address) => contextOf(runs, address);
  listenForHover((hash) => contextAt(parseAddress(hash)).run);
  listenForDrops(
    () => /^live\/(photograph|camera)/.test(parseAddress(location.hash).path.join('/')),
    () => {
      const { address, link } = contextAt(parseAddress(location.hash));
      location.hash = link(['live', 'photograph'], {
        units: address.query.get('units') ?? watchedOf(address),
      });
    },
  );
  await startPages({
    key: (address) => `${contextAt(address).run.id}/${address.path.join('/')}`,
    async view(address) {
      // What units look like, wherever one is named; a page says itself what of it cannot be read.
      await Promise.all(runs.all.map((run) => run.table('features').catch(() => undefined)));
      return viewOf(contextAt(address));
    },
    header: (address, header) => drawHeader(contextAt(address), header),
    suffix: (address) => contextAt(address).run.label,
    searched: (address) => contextAt(address).link(['features']),
  });
}

void start();
