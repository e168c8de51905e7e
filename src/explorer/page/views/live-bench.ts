// What the live page and its modes (curve, drawing, picture) know of each other.
import { sameUnit, type Unit } from '../../../units/unit.js';
import { unitOf } from '../chosen.js';
import type { Compute } from '../compute.js';
import { h } from '../dom.js';
import { downloads } from '../download.js';
import type { Meters, Scales } from '../meters.js';
import type { ViewContext } from '../view.js';

/** What a mode of the live page is given. */
export interface Live {
  context: ViewContext;
  compute: Compute;
  /** Side of the curves' picture, pixels. */
  size: number;
  /** Row and column of it on which what is read is centred. */
  apex: number;
  scales: Scales;
  /** Units that are watched; `changed` is called whenever they change. */
  chosen: () => readonly Unit[];
  choose: (units: readonly Unit[]) => void;
  /** Says what went wrong, or (undefined) that nothing does any more. */
  complain: (error: unknown) => void;
  /** Keeps settings of the mode in the address. */
  remember: (values: Record<string, string | number | undefined>) => void;
  href: (ref: Unit) => string;
  /** Its strongest place. */
  picture: (ref: Unit) => HTMLElement | undefined;
}

export interface Bench {
  element: HTMLElement;
  start(): void;
  /** The chosen units are others now. */
  changed(): void;
  dispose(): void;
}

/** Both lists of a mode: what is watched, and what fires most. */
export function lists(it: Live, watched: Meters, strongest: Meters, when: string): HTMLElement {
  const { run } = it.context;
  const save = (name: string, meters: Meters) =>
    downloads(name, () => meters.sheet(({ kind, index }) => run.name(kind, index)));
  return h(
    'section',
    {},
    h('h2', {}, 'Watched'),
    watched.element,
    chooser(it),
    save('watched', watched),
    h('h2', {}, `Strongest ${when}`),
    strongest.element,
    save('strongest', strongest),
  );
}

/** Adds a unit to those that are watched. */
function chooser(it: Live): HTMLElement {
  const { run } = it.context;
  const input = h('input', {
    type: 'text',
    id: 'choose',
    maxlength: 40,
    placeholder: 'f12 or n5',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const message = h('span', { class: 'soft', role: 'status' });
  return h(
    'form',
    {
      class: 'chooser',
      onsubmit: (event: Event) => {
        event.preventDefault();
        const ref = unitOf(input.value, run.index.counts);
        if (!ref) {
          message.textContent = `f0 to f${run.index.counts.features - 1}, or n0 to n${run.index.counts.neurons - 1}`;
          return;
        }
        message.textContent = '';
        input.value = '';
        if (!it.chosen().some((c) => sameUnit(c, ref))) it.choose([...it.chosen(), ref]);
      },
    },
    h('label', { for: 'choose' }, 'Watch ', input),
    h('button', { type: 'submit' }, 'Add'),
    message,
  );
}

/** A range with its value in words. */
export function slider(
  label: string,
  options: {
    min: number;
    max: number;
    step: number;
    value: number;
    text: (v: number) => string;
    set: (v: number) => void;
  },
) {
  const output = h('output', {}, options.text(options.value));
  const input = h('input', {
    type: 'range',
    min: options.min,
    max: options.max,
    step: options.step,
    'aria-label': label,
    oninput: () => {
      output.textContent = options.text(Number(input.value));
      options.set(Number(input.value));
    },
  });
  input.value = String(options.value);
  const show = (v: number) => {
    input.value = String(v);
    output.textContent = options.text(v);
  };
  return { element: h('label', { class: 'slider' }, h('span', {}, label, ' ', output), input), input, show };
}
