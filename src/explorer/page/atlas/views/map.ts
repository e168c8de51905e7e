// A map of all documents, coloured by category or by how strongly a feature fires.
import { fill, h, note, percent } from '../../dom.js';
import { numberOf, replaceAddress, wholeNumber } from '../../router.js';
import type { View } from '../../view.js';
import { type AtlasContext, grouped, listClass } from '../context.js';
import { documentRow } from '../document-parts.js';
import { found, knownUnits, nameOf } from '../known-units.js';
import { COLOURS, type Lit, MapCanvas, type MapView } from '../map-canvas.js';

const [LISTED, OFFERED] = [8, 8];

const viewOf = (query: URLSearchParams): MapView => ({
  x: numberOf(query.get('x'), 0, 1, 0.5),
  y: numberOf(query.get('y'), 0, 1, 0.5),
  zoom: numberOf(query.get('zoom'), 1, 200, 1),
});

export async function mapPage(context: AtlasContext): Promise<View> {
  const { data, address, link, sae } = context;
  const { index } = data;
  const points = await data.map();
  const known = sae === undefined ? undefined : await knownUnits(context, sae);
  const featureOf = (query: URLSearchParams) =>
    sae === undefined ? undefined : wholeNumber(query.get('feature'), 0, index.saes[sae].dSae - 1);
  let feature = featureOf(address.query);
  const pointed = h('p', { class: 'pointed', 'aria-live': 'polite' });
  const nearby = h('ol', { class: listClass(context) });
  const key = h('div');
  let later = 0;
  const list = () => {
    fill(
      nearby,
      canvas.nearMiddle(LISTED).map((row) => h('li', {}, documentRow(context, row))),
    );
  };
  const moved = (view: MapView) => {
    const at = (v: number) => Number(v.toFixed(4));
    const whole = view.zoom === 1;
    replaceAddress(
      link(['map'], {
        feature,
        ...(!whole && { x: at(view.x), y: at(view.y), zoom: Number(view.zoom.toFixed(2)) }),
      }),
    );
    clearTimeout(later);
    later = window.setTimeout(list, 150);
  };
  const canvas = new MapCanvas(points, viewOf(address.query), {
    categories: index.category !== null,
    picture: (row) => data.picture(row),
    onMove: moved,
    onPoint: (row) => fill(pointed, row < 0 ? undefined : documentRow(context, row)),
    onOpen: (row) => {
      location.hash = link(['documents', row]);
    },
  });
  const light = async () => {
    const now = feature;
    if (now === undefined || sae === undefined) {
      canvas.show(undefined, index.category !== null);
      fill(key, categoryKey(context));
      return;
    }
    const { document, value } = await data.unit(sae, now);
    if (now !== feature) return;
    const largest = value.reduce((a, b) => Math.max(a, b), 0) || 1;
    const lit: Lit = { document, value: value.map((v) => v / largest) };
    canvas.show(lit, false);
    fill(
      key,
      h(
        'p',
        { class: 'key lit-key' },
        h('i', { class: 'k-feature' }),
        h('a', { href: link(['features', now]) }, known ? nameOf(known, now) : ''),
        h(
          'span',
          {},
          `fires on ${grouped(document.length)} (${percent(document.length / index.documents, 2)}), the stronger the brighter`,
        ),
        h('button', { type: 'button', class: 'quiet', onclick: () => choose(undefined) }, 'no feature'),
      ),
    );
  };
  const choose = (next: number | undefined) => {
    feature = next;
    moved(canvas.view);
    void light();
  };
  const offers = h('ul', { class: 'offers' });
  const search = h('input', {
    ...{ type: 'search', id: 'search', placeholder: 'f12, or words of its label', autocomplete: 'off' },
    oninput: () =>
      fill(
        offers,
        known &&
          found(search.value.trim().toLowerCase(), known, OFFERED).map((f) =>
            h(
              'li',
              {},
              h(
                'button',
                {
                  type: 'button',
                  class: 'offer',
                  onclick: () => {
                    search.value = '';
                    fill(offers);
                    choose(f);
                  },
                },
                nameOf(known, f),
              ),
            ),
          ),
      ),
  });
  await light();
  const resized = () => canvas.draw();
  addEventListener('resize', resized);
  return {
    title: 'Map',
    element: h(
      'div',
      {},
      h('h1', { tabindex: -1 }, 'Map'),
      h('p', { class: 'soft' }, whatItIs(context)),
      known && h('label', { class: 'find-feature', for: 'search' }, 'Coloured by a feature', search),
      offers,
      key,
      canvas.element,
      pointed,
      h('h2', {}, 'In the middle'),
      nearby,
    ),
    shown: () => {
      canvas.draw();
      list();
    },
    readdress(next) {
      canvas.view = viewOf(next.query);
      feature = featureOf(next.query);
      void light();
      list();
      return true;
    },
    dispose: () => {
      clearTimeout(later);
      removeEventListener('resize', resized);
      canvas.dispose();
    },
  };
}

function whatItIs({ data: { index } }: AtlasContext): string {
  const { map, documents, of } = index;
  const each = `Each dot is one of ${grouped(documents)} ${of}. `;
  if (map.kind === 'pca')
    return `${each}It lies by the two largest principal components of the vectors, which have ${percent(map.explained[0])} and ${percent(map.explained[1])} of their variance: what is far apart differs, what is near need not be alike.`;
  return `${each}UMAP has laid out ${grouped(map.sample)} of them${documents > map.sample ? ', evenly spaced; each other one lies amid the three of these that are nearest to it' : ''}. It is a drawing of neighbourhoods: distances across it mean nothing.`;
}

function categoryKey({ data: { index }, link }: AtlasContext): HTMLElement {
  if (!index.category) return note('No field has few enough values to colour them by.');
  const { field, names } = index.category;
  const used = names.map((name, i) => ({ name, colour: i === names.length - 1 ? COLOURS.length - 1 : i }));
  return h(
    'p',
    { class: 'key map-key' },
    h('span', { class: 'soft' }, `${field} (the first of each): `),
    used.map(({ name, colour }) =>
      h(
        name === 'other' ? 'span' : 'a',
        name === 'other' ? {} : { href: link(['documents'], { where: `${field}=${name}` }) },
        h('i', { class: `m${colour}` }),
        name,
      ),
    ),
  );
}
