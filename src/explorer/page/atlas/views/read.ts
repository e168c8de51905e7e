// A text as the network reads it: what fires on each token, and what is nearest to one.
import { parseSafetensors } from '../../../../formats/safetensors.js';
import { short } from '../../../../report/numbers.js';
import { append, fill, h, note, section, warning } from '../../dom.js';
import { downloads } from '../../download.js';
import { wholeNumber } from '../../router.js';
import type { View } from '../../view.js';
import { REPLACED } from '../../worker-calls.js';
import { type AtlasUnit, kindOf, unitText } from '../atlas-unit.js';
import { type AtlasContext, chosenUnit, placeOf, unitValues } from '../context.js';
import { visible } from '../document-parts.js';
import { nextToken } from '../next-token.js';
import type { Active } from '../protocol.js';
import { type QueryPanel, queryPanel } from '../query-panel.js';
import { unitBars } from '../unit-parts.js';

/** Longer texts are cut: the server takes no more. */
const MOST = 20_000;
/** Features that are listed of a text. */
const LISTED = 12;

interface Read {
  tokens: string[];
  /** [tokens][d] */
  vectors: Float32Array;
}

/** What the page shows of a text. */
interface Seen {
  text: string;
  read: Read;
  /** By token; empty without an SAE. */
  active: readonly (readonly Active[])[];
  unit: AtlasUnit | undefined;
  token: number | undefined;
}

export async function readPage(context: AtlasContext): Promise<View> {
  const { query } = context.address;
  const text = (query.get('q') ?? '').slice(0, MOST);
  const out = h('div');
  let panel: QueryPanel | undefined;
  try {
    const seen = text.trim() ? await seenOf(context, text) : undefined;
    if (seen) {
      fill(out, tokenLine(context, seen), strongestOn(context, seen));
      panel = await atToken(context, seen, out);
    }
  } catch (error) {
    fill(out, warning((error as Error).message));
  }
  return {
    title: 'Read a text',
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, 'Read a text'),
      h('p', { class: 'soft' }, 'The network reads it on this machine; nothing of it leaves this machine.'),
      formOf(context, text),
      out,
    ),
    readdress(next) {
      const same = (name: string) => next.query.get(name) === query.get(name);
      if (!panel || !['q', 'token', 'feature', 'neuron'].every(same)) return false;
      panel.readdress(next);
      return true;
    },
    dispose: () => panel?.dispose(),
  };
}

function formOf({ link }: AtlasContext, text: string): HTMLElement {
  const field = h('textarea', { id: 'search', rows: 3, 'aria-label': 'text to read' }, text);
  return h(
    'form',
    {
      class: 'text-query',
      onsubmit: (event: Event) => {
        event.preventDefault();
        location.hash = link(['read'], { q: field.value });
      },
    },
    field,
    h('button', { type: 'submit' }, 'Read'),
  );
}

/** Undefined: another text was asked for since. */
async function seenOf(context: AtlasContext, text: string): Promise<Seen | undefined> {
  const { data, address, sae } = context;
  const read = await readOnce(data.site.reads!, text);
  const active = sae === undefined ? [] : await data.ask('read', { vectors: read.vectors, sae });
  if (active === REPLACED) return undefined;
  const token = wholeNumber(address.query.get('token'), 0, read.tokens.length - 1);
  return { text, read, active, unit: chosenUnit(context), token };
}

/** By token: what a unit has there. */
function valuesOf({ read, active }: Seen, { of, index }: AtlasUnit): number[] {
  const d = read.vectors.length / read.tokens.length;
  return read.tokens.map((_, t) =>
    of === 'neurons'
      ? read.vectors[t * d + index]
      : (active[t]?.find((a) => a.feature === index)?.activation ?? 0),
  );
}

/** The text; where a unit is chosen, tokens are the darker the more it fires there. */
function tokenLine({ link }: AtlasContext, seen: Seen): HTMLElement {
  const { text, read, unit, token } = seen;
  const values = unit ? valuesOf(seen, unit) : read.tokens.map(() => 0);
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  const name = unit && unitText(unit);
  return section(
    name ? `Where ${name} fires` : 'Tokens',
    h(
      'p',
      { class: `read-text${unit ? ` of-${kindOf(unit.of)}` : ''}` },
      read.tokens.map((word, i) => {
        const fires = values[i] > 0;
        return h(
          'a',
          {
            class: fires ? 'read-token fires' : 'read-token',
            href: link(['read'], { q: text, token: i, ...(unit && unitValues(unit)) }),
            'aria-current': i === token ? 'true' : undefined,
            title: `token ${i}${name && values[i] !== 0 ? `: ${name} ${short(values[i])}` : ''}`,
            style: { '--fire': String(Math.max(0, values[i]) / most) },
          },
          visible(word),
        );
      }),
    ),
    note('A token opens what fires on it, and what is nearest to it in the texts that were embedded.'),
    downloads('tokens', () => ({
      columns: ['token', 'text', ...(name ? [name] : [])],
      rows: read.tokens.map((word, i) => [i, word, ...(name ? [values[i]] : [])]),
    })),
  );
}

/** Features, and neurons, that fire most on the text: a choice of what lights it up. */
function strongestOn(context: AtlasContext, seen: Seen): HTMLElement {
  const { index } = context.data;
  const { read, active, unit } = seen;
  const d = read.vectors.length / read.tokens.length;
  const features = new Map<number, number>();
  for (const list of active)
    for (const a of list) features.set(a.feature, Math.max(a.activation, features.get(a.feature) ?? 0));
  const neurons = new Map<number, number>();
  if (index.neurons)
    for (let n = 0; n < d; n++)
      neurons.set(n, Math.max(...read.tokens.map((_, t) => read.vectors[t * d + n])));
  const more = (of: AtlasUnit['of'], largest: Map<number, number>) => {
    const strongest = [...largest]
      .filter(([, value]) => value > 0)
      .sort((a, b) => b[1] - a[1] || a[0] - b[0])
      .slice(0, LISTED);
    if (!strongest.length) return note('None fires on this text.');
    return [
      h(
        'p',
        { class: 'read-choice' },
        'Light up ',
        strongest.map(([one]) => choice(context, seen, { of, index: one })),
      ),
      unitBars(
        context,
        strongest.map(([one, value]) => ({
          ...{ of, index: one },
          ...{ by: value / strongest[0][1], text: short(value) },
        })),
      ),
    ];
  };
  return h(
    'div',
    {},
    context.sae !== undefined && section('Strongest on this text', more(context.sae, features)),
    index.neurons &&
      section(
        'Strongest neurons on it',
        h(
          'details',
          { class: 'read-neurons', open: context.sae === undefined || unit?.of === 'neurons' },
          h('summary', {}, `${d} neurons of ${placeOf(context)}`),
          more('neurons', neurons),
        ),
      ),
  );
}

const choice = ({ link }: AtlasContext, { text, token, unit }: Seen, one: AtlasUnit): HTMLElement =>
  h(
    'a',
    {
      class: 'button',
      href: link(['read'], { q: text, token, ...unitValues(one) }),
      'aria-current': unit?.of === one.of && unit.index === one.index ? 'true' : undefined,
    },
    unitText(one),
  );

/** What fires on the chosen token, and what is nearest to it. */
async function atToken(
  context: AtlasContext,
  { text, read, unit, token }: Seen,
  out: HTMLElement,
): Promise<QueryPanel | undefined> {
  if (token === undefined) return undefined;
  const values: Record<string, string> = { q: text, token: String(token) };
  for (const [name, value] of Object.entries(unit ? unitValues(unit) : {})) values[name] = String(value);
  const d = read.vectors.length / read.tokens.length;
  const vector = read.vectors.slice(token * d, (token + 1) * d);
  const panel = await queryPanel(context, ['read'], values, async () => vector);
  append(out, [
    h('h2', { class: 'quote' }, 'At ', h('mark', {}, visible(read.tokens[token]))),
    unit && context.data.site.effects !== null && nextToken(context, { text, token, unit }),
    panel.element,
  ]);
  return panel;
}

/** The last text: its tokens are looked at one after the other. */
let last: { text: string; read: Promise<Read> } | undefined;

function readOnce(url: string, text: string): Promise<Read> {
  if (last?.text === text) return last.read;
  const read = readBy(url, text);
  last = { text, read };
  read.catch(() => {
    last = undefined;
  });
  return read;
}

async function readBy(url: string, text: string): Promise<Read> {
  const response = await fetch(url, { method: 'POST', body: text });
  if (!response.ok) throw new Error((await response.text()).trim() || `HTTP ${response.status}`);
  const found = parseSafetensors(new Uint8Array(await response.arrayBuffer()), url);
  return {
    tokens: JSON.parse(found.metadata.tokens) as string[],
    vectors: found.tensors.get('vectors')!.f32(),
  };
}
