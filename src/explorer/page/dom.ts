// Elements built by code: every value becomes a text node or an attribute, never markup.

import { short } from '../../report/numbers.js';

export type Child = Node | string | number | false | null | undefined | readonly Child[];

type Props = Record<string, unknown>;

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element. `onclick` and the like take functions, `style` an object; false and undefined leave out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return filled(document.createElement(tag), props, children);
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return filled(document.createElementNS(SVG, tag), props, children);
}

function filled<T extends Element>(element: T, props: Props, children: readonly Child[]): T {
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === undefined || value === null) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (name === 'style') {
      const { style } = element as unknown as ElementCSSInlineStyle;
      for (const [property, text] of Object.entries(value as Record<string, string>))
        style.setProperty(property, text);
    } else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

export function append(parent: Node, children: readonly Child[]): void {
  for (const child of children) {
    if (child === false || child === null || child === undefined) continue;
    if (Array.isArray(child)) append(parent, child);
    else parent.appendChild(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/** Replaces what an element holds. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** What a field is set to, once it is left or Enter is pressed: for what is not looked at letter by letter. */
export const onSettled = (settle: (value: string) => void): Props => {
  let last: string | undefined;
  const take = ({ target }: Event): void => {
    const { value } = target as HTMLInputElement;
    if (value === last) return;
    last = value;
    settle(value);
  };
  return {
    onfocus: ({ target }: Event) => {
      last = (target as HTMLInputElement).value;
    },
    onchange: take,
    onkeydown: (event: KeyboardEvent) => event.key === 'Enter' && take(event),
  };
};

/** Scrolls a row of links to the one of this page: a phone shows only some. */
export function showCurrent(nav: HTMLElement): void {
  const link = nav.querySelector<HTMLElement>('[aria-current]');
  if (!link) return;
  const [outer, inner] = [nav.getBoundingClientRect(), link.getBoundingClientRect()];
  nav.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
}

/** A section with a heading. */
export function section(title: string, ...children: Child[]): HTMLElement {
  return h('section', {}, h('h2', {}, title), ...children);
}

/** What a page says where something is missing. */
export const note = (...text: Child[]): HTMLElement => h('p', { class: 'note' }, ...text);
export const warning = (...text: Child[]): HTMLElement => h('p', { class: 'warn', role: 'status' }, ...text);

export const degrees = (v: number, digits = 0): string => `${v.toFixed(digits)}°`;
export const percent = (v: number, digits = 1): string => `${(100 * v).toFixed(digits)} %`;
export const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Strength of a unit; photographs that never fire it leave nothing to compare with. */
export const strengthText = (v: number): string => (v > 0 ? short(v) : 'none');
