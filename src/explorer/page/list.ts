// A long list of which only the rows in sight exist. Rows have one height; the page scrolls.
import { h } from './dom.js';

/** Rows beyond the edges of the window: what a flick shows before the next frame. */
const MARGIN = 12;

export interface LongListOptions {
  /** What the list is, for screen readers. */
  label: string;
  count: number;
  /** Height of a row in pixels. */
  rowHeight: number;
  /** Builds a row: a link, or what holds one. */
  row: (index: number) => HTMLElement;
}

export class LongList {
  readonly element: HTMLElement;
  #options: LongListOptions;
  #rows = new Map<number, HTMLElement>();
  /** Row that arrow keys start from. */
  #current = 0;
  #frame = 0;
  #onScroll = () => {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
    });
  };

  constructor(options: LongListOptions) {
    this.#options = options;
    this.element = h('div', {
      class: 'long-list',
      role: 'list',
      'aria-label': options.label,
      onkeydown: (event: KeyboardEvent) => this.#key(event),
      onfocusin: (event: FocusEvent) => {
        const row = (event.target as Element).closest<HTMLElement>('[data-row]');
        if (row) this.#current = Number(row.dataset.row);
      },
    });
    addEventListener('scroll', this.#onScroll, { passive: true });
    addEventListener('resize', this.#onScroll);
    this.update(options);
  }

  /** Other content, from its first row on. */
  update(options: Partial<LongListOptions>): void {
    this.#options = { ...this.#options, ...options };
    const { count, rowHeight, label } = this.#options;
    this.#rows.clear();
    this.element.replaceChildren();
    this.element.setAttribute('aria-label', label);
    this.element.style.setProperty('height', `${count * rowHeight}px`);
    this.#current = Math.min(this.#current, Math.max(0, count - 1));
    this.#draw();
  }

  /** Draws what is in sight; to be called once the list is in the page. */
  show(): void {
    this.#draw();
  }

  dispose(): void {
    removeEventListener('scroll', this.#onScroll);
    removeEventListener('resize', this.#onScroll);
    cancelAnimationFrame(this.#frame);
  }

  #draw(): void {
    if (!this.element.isConnected) return;
    const { count, rowHeight } = this.#options;
    const top = -this.element.getBoundingClientRect().top;
    const first = Math.max(0, Math.floor(top / rowHeight) - MARGIN);
    // Some rows are always there, so that Tab finds a list that is still below the window.
    const last = Math.min(count, Math.max(MARGIN, Math.ceil((top + innerHeight) / rowHeight) + MARGIN));
    const focused = this.element.contains(document.activeElement) ? this.#current : -1;
    for (const [i, row] of this.#rows)
      if ((i < first || i >= last) && i !== focused) {
        row.remove();
        this.#rows.delete(i);
      }
    for (let i = first; i < last; i++) this.#row(i);
  }

  #row(i: number): HTMLElement {
    const known = this.#rows.get(i);
    if (known) return known;
    const { row, rowHeight, count } = this.#options;
    const element = h(
      'div',
      {
        class: 'long-row',
        role: 'listitem',
        'data-row': i,
        'aria-posinset': i + 1,
        'aria-setsize': count,
        style: { top: `${i * rowHeight}px`, height: `${rowHeight}px` },
      },
      row(i),
    );
    this.#rows.set(i, element);
    // In order, so that Tab goes from row to row.
    let next: HTMLElement | undefined;
    for (const [j, other] of this.#rows) if (j > i && (!next || j < Number(next.dataset.row))) next = other;
    this.element.insertBefore(element, next ?? null);
    return element;
  }

  #key(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(innerHeight / this.#options.rowHeight) - 2);
    const steps: Record<string, number> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: page,
      PageUp: -page,
      Home: -this.#options.count,
      End: this.#options.count,
    };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    const { count, rowHeight } = this.#options;
    const to = Math.min(count - 1, Math.max(0, this.#current + steps[event.key]));
    this.#current = to;
    const row = this.#row(to);
    const at = this.element.getBoundingClientRect().top + to * rowHeight;
    const header = document.querySelector('header')?.getBoundingClientRect().height ?? 0;
    if (at < header + 8) scrollBy(0, at - header - 8);
    else if (at + rowHeight > innerHeight) scrollBy(0, at + rowHeight - innerHeight + 8);
    row.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
    this.#draw();
  }
}
