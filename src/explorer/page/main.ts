// The explorer in the tab: routes, navigation, focus.
import { copyLink } from './copy-link.js';
import { openRuns, type Runs } from './data.js';
import { fill, h, note, showCurrent, warning } from './dom.js';
import { listenForDrops } from './dropped.js';
import { listenForHover } from './hover.js';
import { listenForKeys } from './keys.js';
import { type Address, link, parseAddress, settleAddress, wholeNumber } from './router.js';
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

function viewOf(context: ViewContext): Promise<View> {
  const [page = '', argument] = context.address.path;
  const { counts, pictures: shown } = context.run.index;
  if (page === '') return overview(context);
  if (page === 'features' || page === 'neurons') {
    if (argument === undefined) return units(page, context);
    const unit = wholeNumber(argument, 0, counts[page] - 1);
    if (unit !== undefined) return unitPage(page, unit, context);
    return unknown(`There is no such one of the ${counts[page]} ${page}.`, context);
  }
  if (page === 'photographs') {
    if (argument === undefined) return pictures(context);
    const index = wholeNumber(argument, 0, shown.shown - 1);
    if (index !== undefined) return picturePage(index, context);
    return unknown(`There is no such one of the ${shown.shown} photographs.`, context);
  }
  if (page === 'live') return live(context);
  if (page === 'map') return mapPage(context);
  if (page === 'notes') return notesPage(context);
  if (page === 'compare') return compare(context);
  return unknown('There is no such page.', context);
}

async function unknown(text: string, context: ViewContext): Promise<View> {
  return {
    title: 'Not found',
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, 'Not found'),
      note(text),
      h('p', {}, h('a', { href: context.link([]) }, 'Overview')),
    ),
  };
}

const main = document.querySelector('main')!;
const header = document.querySelector('header')!;
let current: { key: string; view: View } | undefined;
let turn = 0;

async function show(runs: Runs): Promise<void> {
  const mine = ++turn;
  const address = parseAddress(location.hash);
  const context = contextOf(runs, address);
  const key = `${context.run.id}/${address.path.join('/')}`;
  const before = history.state as { scroll?: number } | null;
  if (current?.key === key && current.view.readdress?.(address)) return;
  drawHeader(context);
  let view: View;
  // What units look like, wherever one is named; a page says itself what of it cannot be read.
  await Promise.all(runs.all.map((run) => run.table('features').catch(() => undefined)));
  try {
    view = await viewOf(context);
  } catch (error) {
    view = {
      title: 'Error',
      element: h(
        'div',
        {},
        h('h1', { tabindex: -1 }, 'This page cannot be shown'),
        warning((error as Error).message),
      ),
    };
  }
  if (mine !== turn) return view.dispose?.(); // another address was chosen meanwhile
  current?.view.dispose?.();
  const first = current === undefined;
  current = { key, view };
  document.title = `${view.title} · ${context.run.label} · curvesae`;
  fill(main, view.element);
  view.shown?.();
  // Back and forward return to where the page was left.
  scrollTo(0, before?.scroll ?? 0);
  view.shown?.();
  if (!first) main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}

function drawHeader(context: ViewContext): void {
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

/** Where the page was scrolled to is kept with its step in the history. */
function rememberScroll(): void {
  let timer = 0;
  addEventListener(
    'scroll',
    () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => history.replaceState({ scroll: scrollY }, ''), 100);
    },
    { passive: true },
  );
}

/** The unit of a unit's page, as the live page watches it. */
const watchedOf = ({ path: [page, unit] }: Address): string | undefined =>
  unit !== undefined && (page === 'features' || page === 'neurons') ? `${page[0]}${unit}` : undefined;

async function start(): Promise<void> {
  document.querySelector<HTMLAnchorElement>('.skip')?.addEventListener('click', (event) => {
    event.preventDefault(); // its address is not one of a view
    main.querySelector<HTMLElement>('h1')?.focus();
  });
  let runs: Runs;
  try {
    runs = await openRuns();
  } catch (error) {
    fill(main, h('h1', {}, 'The explorer has no data'), warning((error as Error).message));
    return;
  }
  history.scrollRestoration = 'manual';
  rememberScroll();
  listenForKeys(async () => {
    if (!main.querySelector('#search')) {
      location.hash = contextOf(runs, parseAddress(location.hash)).link(['features']);
      await show(runs);
    }
    return main.querySelector<HTMLElement>('#search');
  });
  listenForHover((hash) => contextOf(runs, parseAddress(hash)).run);
  listenForDrops(
    () => /^live\/(photograph|camera)/.test(parseAddress(location.hash).path.join('/')),
    () => {
      const { address, link } = contextOf(runs, parseAddress(location.hash));
      location.hash = link(['live', 'photograph'], {
        units: address.query.get('units') ?? watchedOf(address),
      });
    },
  );
  // Before a link is followed: Back returns to the view as it was set.
  addEventListener('click', settleAddress, { capture: true });
  addEventListener('hashchange', () => void show(runs));
  await show(runs);
}

void start();
