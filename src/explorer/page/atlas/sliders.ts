// Sliders for features: those of the query, and any that was found by name.
import { short } from '../../../report/numbers.js';
import type { FeatureLabel } from '../../../units/labels.js';
import { fill, h } from '../dom.js';
import { type AtlasContext, named } from './context.js';
import type { FeatureTable } from './data.js';
import { featureLink } from './feature-parts.js';
import type { Active } from './protocol.js';
import { MOST_STEER, type QueryState } from './query-state.js';

/** Features of the query with a slider, and names offered. */
const [OWN, OFFERED] = [10, 8];

export interface Sliders {
  element: HTMLElement;
  /** The query's own features, once they are known. */
  show(active: readonly Active[]): void;
  /** From the address. */
  reset(): void;
}

/** `changed` is called with what `state.steer` became. */
export function sliders(
  context: AtlasContext,
  state: () => QueryState,
  changed: () => void,
  known: { labels: ReadonlyMap<number, FeatureLabel>; table: FeatureTable },
): Sliders {
  let own: readonly Active[] = [];
  const list = h('ul', { class: 'sliders' });
  const offers = h('ul', { class: 'offers' });
  const find = h('input', {
    ...{ type: 'search', id: 'add-feature', placeholder: 'f12, or words of its label', autocomplete: 'off' },
    oninput: () => offer(),
  });
  const clear = h(
    'button',
    {
      ...{ type: 'button', class: 'quiet', hidden: true },
      onclick: () => {
        state().steer.clear();
        draw();
        changed();
      },
    },
    'As it was',
  );
  const set = (feature: number, value: number | undefined) => {
    if (value === undefined) state().steer.delete(feature);
    else state().steer.set(feature, value);
    clear.hidden = state().steer.size === 0;
    changed();
  };
  const offer = () => {
    const text = find.value.trim().toLowerCase();
    fill(
      offers,
      found(text, known).map((feature) =>
        h(
          'li',
          {},
          h(
            'button',
            {
              type: 'button',
              class: 'offer',
              onclick: () => {
                find.value = '';
                fill(offers);
                set(feature, 1);
                draw();
                list.querySelector<HTMLElement>(`[data-feature="${feature}"] input`)?.focus();
              },
            },
            named(feature, known.labels.get(feature)),
          ),
        ),
      ),
    );
    if (text && !offers.childElementCount)
      fill(offers, h('li', { class: 'soft' }, 'no feature is called so'));
  };
  const draw = () => {
    const shown = own.slice(0, OWN).map(({ feature }) => feature);
    const all = [...[...state().steer.keys()].filter((f) => !shown.includes(f)), ...shown];
    fill(
      list,
      all.map((feature) => slider(feature)),
    );
    clear.hidden = state().steer.size === 0;
  };
  const slider = (feature: number): HTMLElement => {
    const { strength } = known.table;
    const activation = own.find((a) => a.feature === feature)?.activation ?? 0;
    // Until it is moved it stands where the query is.
    const level = strength[feature] > 0 ? activation / strength[feature] : 0;
    const wanted = state().steer.get(feature);
    const output = h('output', {}, wanted === undefined ? `${short(level)} ×` : `${wanted} ×`);
    const input = h('input', {
      ...{ type: 'range', min: 0, max: Math.max(MOST_STEER, wanted ?? 0), step: 0.1, value: wanted ?? level },
      'aria-label': `strength of ${named(feature, known.labels.get(feature))}`,
      oninput: () => {
        output.textContent = `${input.value} ×`;
        item.classList.add('moved-slider');
        undo.hidden = false;
        set(feature, Number(input.value));
      },
    });
    const undo = h(
      'button',
      {
        ...{
          type: 'button',
          class: 'quiet undo',
          hidden: wanted === undefined,
          title: 'as the query has it',
        },
        'aria-label': `f${feature} as the query has it`,
        onclick: () => {
          set(feature, undefined);
          draw();
        },
      },
      '×',
    );
    const item = h(
      'li',
      { class: wanted === undefined ? '' : 'moved-slider', 'data-feature': feature },
      featureLink(context, feature, { cut: true, after: activation ? short(activation) : undefined }),
      h('span', { class: 'slide' }, input, output, undo),
    );
    return item;
  };
  draw();
  return {
    element: h(
      'section',
      { class: 'steering' },
      h('h2', {}, 'Features of the query'),
      h(
        'p',
        { class: 'soft' },
        'Turn one up or down: 0 takes it away, 1 × is as strong as on the one in a thousand that shows it most.',
      ),
      list,
      clear,
      h('label', { class: 'find-feature', for: 'add-feature' }, 'Another feature by name', find),
      offers,
    ),
    show(active) {
      own = active;
      if (!list.contains(document.activeElement)) draw();
    },
    reset: draw,
  };
}

/** By number first, then labels that have all words, better names first. */
export function found(
  text: string,
  { labels, table }: { labels: ReadonlyMap<number, FeatureLabel>; table: FeatureTable },
  most = OFFERED,
): number[] {
  if (!text) return [];
  const number = /^f?(\d{1,9})$/.exec(text);
  const out = number && Number(number[1]) < table.fires.length ? [Number(number[1])] : [];
  const words = text.split(/\s+/);
  const matches = [...labels]
    .filter(([feature, { label, terms }]) => {
      const all = `${label} ${(terms ?? []).join(' ')}`.toLowerCase();
      return !out.includes(feature) && words.every((word) => all.includes(word));
    })
    .map(([feature, { label, f1 }]) => ({
      feature,
      inLabel: words.every((word) => label.toLowerCase().includes(word)),
      f1: f1 ?? 0,
    }))
    .sort((a, b) => Number(b.inLabel) - Number(a.inLabel) || b.f1 - a.f1 || a.feature - b.feature);
  return [...out, ...matches.map(({ feature }) => feature)].slice(0, most);
}
