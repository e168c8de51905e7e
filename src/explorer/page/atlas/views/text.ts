// A text as the query: embedded by the service that the server was told of.
import { h } from '../../dom.js';
import type { View } from '../../view.js';
import type { AtlasContext } from '../context.js';
import { queryPanel } from '../query-panel.js';

/** Longer texts are cut: the server takes no more. */
const MOST = 20_000;

export async function textPage(context: AtlasContext): Promise<View> {
  const { data, address, link } = context;
  const text = (address.query.get('q') ?? '').slice(0, MOST);
  const field = h('textarea', { id: 'search', rows: 3, 'aria-label': 'text to look for' }, text);
  const form = h(
    'form',
    {
      class: 'text-query',
      onsubmit: (event: Event) => {
        event.preventDefault();
        location.hash = link(['text'], { q: field.value.trim() });
      },
    },
    field,
    h('button', { type: 'submit' }, 'Nearest documents'),
  );
  const vector = once(() => embedded(data.site.text!, text));
  const panel = text ? await queryPanel(context, ['text'], { q: text }, vector) : undefined;
  return {
    title: 'By text',
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, 'By text'),
      h(
        'p',
        { class: 'soft' },
        'The text goes to the service that this explorer was started with, through its server.',
      ),
      form,
      panel?.element,
    ),
    readdress(next) {
      if ((next.query.get('q') ?? '').slice(0, MOST) !== text || !panel) return false;
      panel.readdress(next);
      return true;
    },
    dispose: () => panel?.dispose(),
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    made.catch(() => {
      made = undefined;
    });
    return made;
  };
}

async function embedded(url: string, text: string): Promise<Float32Array> {
  const response = await fetch(url, { method: 'POST', body: text });
  if (!response.ok) throw new Error((await response.text()).trim() || `HTTP ${response.status}`);
  return new Float32Array(await response.arrayBuffer());
}
