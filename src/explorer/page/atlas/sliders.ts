// Sliders for features: those of the query, and any that was found by name.
import { short } from '../../../report/numbers.js';
import { fill, h } from '../dom.js';
import type { AtlasContext } from './context.js';
import { found, type KnownUnits, nameOf } from './known-units.js';
import type { Active } from './protocol.js';
import { MOST_STEER, type QueryState } from './query-state.js';
import { unitLink } from './unit-parts.js';

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
  known: KnownUnits,
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
      found(text, known, OFFERED).map((feature) =>
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
            nameOf(known, feature),
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
      'aria-label': `strength of ${nameOf(known, feature)}`,
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
      unitLink(
        context,
        { of: context.sae!, index: feature },
        { cut: true, after: activation ? short(activation) : undefined },
      ),
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
