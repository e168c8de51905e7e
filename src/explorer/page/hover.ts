// A card beside whatever link of a unit is pointed at, or has the focus: its strongest place, its name, what is known. A
// finger points at nothing: where the link shows no picture itself, the first tap shows the card, and the card opens the page.
import type { Kind, Unit } from '../../units/unit.js';
import { best } from './crops.js';
import type { RunData } from './data.js';
import { degrees, fill, h, percent } from './dom.js';
import { fullName } from './titles.js';

/** `context`: the run that an address names. */
export function listenForHover(runOf: (hash: string) => RunData): void {
  const card = h('div', { class: 'hover-card', role: 'tooltip', hidden: true });
  document.body.append(card);
  let over: Element | undefined;
  const hide = () => {
    over = undefined;
    card.hidden = true;
    card.classList.remove('tapped');
  };
  const show = (event: Event, tapped = false) => {
    const link = (event.target as Element | null)?.closest?.(LINKS);
    if (!link || !main()?.contains(link)) return hide();
    if (link === over) return;
    const href = link.getAttribute('href')!;
    const match = /^#\/(features|neurons)\/(\d{1,9})(?:\?|$)/.exec(href);
    if (!match) return hide();
    over = link;
    card.classList.toggle('tapped', tapped);
    const unit = { kind: match[1] as Kind, index: Number(match[2]) };
    void draw(card, runOf(href), unit).then(() => {
      if (over !== link) return;
      if (tapped) card.append(h('a', { class: 'button', href }, 'Open'));
      place(card, link);
    });
  };
  const tap = (event: MouseEvent) => {
    if ((event as PointerEvent).pointerType !== 'touch' || card.contains(event.target as Node)) return;
    const link = (event.target as Element).closest(LINKS);
    if (!link || link === over || showsItself(link)) return hide();
    event.preventDefault();
    show(event, true);
  };
  addEventListener('click', tap, { capture: true });
  addEventListener('pointerover', (event) => {
    if (event.pointerType === 'mouse' && !card.classList.contains('tapped')) show(event);
  });
  addEventListener('focusin', (event) => {
    if ((event.target as Element).matches(':focus-visible')) show(event);
  });
  // What a finger opened stays until it taps elsewhere.
  addEventListener('focusout', () => card.classList.contains('tapped') || hide());
  addEventListener('hashchange', hide);
  // What is below the pointer then says so itself.
  addEventListener('scroll', () => over && !card.hidden && place(card, over), { passive: true });
  addEventListener('keydown', (event) => event.key === 'Escape' && hide());
}

const LINKS = 'a[href^="#/features/"], a[href^="#/neurons/"]';

/** Whether the link, or the row that it is in, has the picture already; steps to the next one need none. */
const showsItself = (link: Element): boolean =>
  link.hasAttribute('rel') || (link.closest('li') ?? link).querySelector('.crop, .picture') !== null;

const main = () => document.querySelector('main');

async function draw(card: HTMLElement, run: RunData, { kind, index }: Unit): Promise<void> {
  const table = await run.table(kind).catch(() => undefined);
  const value = (name: string) => table?.column(name)?.[index];
  const [orientation, peak, density] = [value('orientation'), value('peak'), value('density')];
  fill(
    card,
    best(run, { kind, index }),
    h(
      'span',
      {},
      h('b', {}, fullName(run, { kind, index })),
      h(
        'small',
        {},
        peak && orientation !== undefined ? `prefers ${degrees(orientation)}` : 'deaf to curves',
        density !== undefined &&
          (density > 0 ? `, fires at ${percent(density, density < 0.001 ? 3 : 1)}` : ', never fires'),
      ),
    ),
  );
}

/** Below what it is about where there is room, else above; within the window. */
function place(card: HTMLElement, link: Element): void {
  card.hidden = false;
  const target = link.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const below = target.bottom + 8 + height < innerHeight;
  const left = Math.min(innerWidth - width - 8, Math.max(8, target.left + target.width / 2 - width / 2));
  const top = below ? target.bottom + 8 : target.top - height - 8;
  card.style.setProperty('left', `${left}px`);
  card.style.setProperty('top', `${Math.min(innerHeight - height - 8, Math.max(8, top))}px`);
}
