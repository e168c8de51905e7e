// A text as the network reads it: what fires on each token, and what is nearest to one.
import { parseSafetensors } from '../../../../formats/safetensors.js';
import { short } from '../../../../report/numbers.js';
import { fill, h, note, section, warning } from '../../dom.js';
import { downloads } from '../../download.js';
import { wholeNumber } from '../../router.js';
import type { View } from '../../view.js';
import { REPLACED } from '../../worker-calls.js';
import type { AtlasContext } from '../context.js';
import { visible } from '../document-parts.js';
import { featureBars } from '../feature-parts.js';
import type { Active } from '../protocol.js';
import { type QueryPanel, queryPanel } from '../query-panel.js';

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
  feature: number | undefined;
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
      fill(out, tokenLine(context, seen), context.sae !== undefined && featuresOf(context, seen));
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
      if (!panel || !['q', 'token', 'feature'].every(same)) return false;
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
async function seenOf({ data, address, sae }: AtlasContext, text: string): Promise<Seen | undefined> {
  const read = await readOnce(data.site.reads!, text);
  const active = sae === undefined ? [] : await data.ask('read', { vectors: read.vectors, sae });
  if (active === REPLACED) return undefined;
  const number = (name: string, count: number) => wholeNumber(address.query.get(name), 0, count - 1);
  return {
    ...{ text, read, active },
    feature: sae === undefined ? undefined : number('feature', data.index.saes[sae].dSae),
    token: number('token', read.tokens.length),
  };
}

const activationOf = (active: readonly Active[] | undefined, feature: number): number =>
  active?.find((a) => a.feature === feature)?.activation ?? 0;

/** The text; where a feature is chosen, tokens are the darker the more it fires there. */
function tokenLine({ link }: AtlasContext, { text, read, active, feature, token }: Seen): HTMLElement {
  const values = read.tokens.map((_, i) => (feature === undefined ? 0 : activationOf(active[i], feature)));
  const most = values.reduce((a, b) => Math.max(a, b), 0) || 1;
  const beside = (i: number) => (feature === undefined ? [] : [values[i]]);
  return section(
    feature === undefined ? 'Tokens' : `Where f${feature} fires`,
    h(
      'p',
      { class: 'read-text' },
      read.tokens.map((word, i) => {
        const fires = values[i] > 0;
        return h(
          'a',
          {
            class: fires ? 'read-token fires' : 'read-token',
            href: link(['read'], { q: text, token: i, feature }),
            'aria-current': i === token ? 'true' : undefined,
            title: `token ${i}${fires ? `: f${feature} ${short(values[i])}` : ''}`,
            style: { '--fire': String(values[i] / most) },
          },
          visible(word),
        );
      }),
    ),
    note('A token opens what fires on it, and what is nearest to it in the texts that were embedded.'),
    downloads('tokens', () => ({
      columns: ['token', 'text', ...(feature === undefined ? [] : [`f${feature}`])],
      rows: read.tokens.map((word, i) => [i, word, ...beside(i)]),
    })),
  );
}

/** What fires most on the text; a choice of what lights it up. */
function featuresOf(context: AtlasContext, { text, active, feature, token }: Seen): HTMLElement {
  const largest = new Map<number, number>();
  for (const list of active)
    for (const a of list) largest.set(a.feature, Math.max(a.activation, largest.get(a.feature) ?? 0));
  const strongest = [...largest].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, LISTED);
  if (!strongest.length) return section('Features', note('None fires on this text.'));
  const most = strongest[0][1];
  return section(
    'Strongest on this text',
    h(
      'p',
      { class: 'read-choice' },
      'Light up ',
      strongest.map(([of]) =>
        h(
          'a',
          {
            class: 'button',
            href: context.link(['read'], { q: text, token, feature: of }),
            'aria-current': of === feature ? 'true' : undefined,
          },
          `f${of}`,
        ),
      ),
    ),
    featureBars(
      context,
      strongest.map(([of, value]) => ({ feature: of, by: value / most, text: short(value) })),
    ),
  );
}

/** What fires on the chosen token, and what is nearest to it. */
async function atToken(
  context: AtlasContext,
  { text, read, feature, token }: Seen,
  out: HTMLElement,
): Promise<QueryPanel | undefined> {
  if (token === undefined) return undefined;
  const values: Record<string, string> = { q: text, token: String(token) };
  if (feature !== undefined) values.feature = String(feature);
  const d = read.vectors.length / read.tokens.length;
  const vector = read.vectors.slice(token * d, (token + 1) * d);
  const panel = await queryPanel(context, ['read'], values, async () => vector);
  out.append(h('h2', { class: 'quote' }, 'At ', h('mark', {}, visible(read.tokens[token]))), panel.element);
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
