// What every site of ours does around its views: addresses, focus, the scroll that Back returns to, keys.
import { fill, h, note, warning } from './dom.js';
import { listenForKeys } from './keys.js';
import { type Address, parseAddress, settleAddress } from './router.js';
import type { View } from './view.js';

export interface Pages {
  /** Addresses of one key are of one view, which may take another address itself. */
  key(address: Address): string;
  view(address: Address): Promise<View>;
  header(address: Address, header: HTMLElement): void;
  /** What follows a view's title in the window's. */
  suffix(address: Address): string;
  /** Address of the page that `/` searches, where the view has no search of its own. */
  searched(address: Address): string;
}

const main = document.querySelector('main')!;
const header = document.querySelector('header')!;

/** Shows the view of the address, now and whenever it changes. */
export async function startPages(pages: Pages): Promise<void> {
  let current: { key: string; view: View } | undefined;
  let turn = 0;
  const show = async (): Promise<void> => {
    const mine = ++turn;
    const address = parseAddress(location.hash);
    const key = pages.key(address);
    const before = history.state as { scroll?: number } | null;
    if (current?.key === key && current.view.readdress?.(address)) return;
    pages.header(address, header);
    let view: View;
    try {
      view = await pages.view(address);
    } catch (error) {
      view = failed(error as Error);
    }
    if (mine !== turn) return view.dispose?.(); // another address was chosen meanwhile
    current?.view.dispose?.();
    const first = current === undefined;
    current = { key, view };
    document.title = `${view.title} · ${pages.suffix(address)} · curvesae`;
    fill(main, view.element);
    view.shown?.();
    // Back and forward return to where the page was left.
    scrollTo(0, before?.scroll ?? 0);
    view.shown?.();
    if (!first) main.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
  };
  history.scrollRestoration = 'manual';
  rememberScroll();
  listenForKeys(async () => {
    if (!main.querySelector('#search')) {
      location.hash = pages.searched(parseAddress(location.hash));
      await show();
    }
    return main.querySelector<HTMLElement>('#search');
  });
  // Before a link is followed: Back returns to the view as it was set.
  addEventListener('click', settleAddress, { capture: true });
  addEventListener('hashchange', () => void show());
  await show();
}

const failed = (error: Error): View => ({
  title: 'Error',
  element: h('div', {}, h('h1', { tabindex: -1 }, 'This page cannot be shown'), warning(error.message)),
});

/** A page that is not there. */
export const notFound = (text: string, home: string): View => ({
  title: 'Not found',
  element: h(
    'div',
    {},
    h('h1', { tabindex: -1 }, 'Not found'),
    note(text),
    h('p', {}, h('a', { href: home }, 'Overview')),
  ),
});

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

/** What is fetched before the first view, or the page that says why it cannot be. */
export async function opened<T>(open: () => Promise<T>): Promise<T | undefined> {
  document.querySelector<HTMLAnchorElement>('.skip')?.addEventListener('click', (event) => {
    event.preventDefault(); // its address is not one of a view
    main.querySelector<HTMLElement>('h1')?.focus();
  });
  try {
    return await open();
  } catch (error) {
    fill(main, h('h1', {}, 'The explorer has no data'), warning((error as Error).message));
    return undefined;
  }
}
