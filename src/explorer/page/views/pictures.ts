// All photographs, and the page of one: what fires on it, and where.

import { short } from '../../../report/numbers.js';
import { TOP_UNITS } from '../../../units/top-examples.js';
import { type Kind, parseUnit, type Unit, unitName } from '../../../units/unit.js';
import { crop } from '../crops.js';
import { h, note, plural, section, warning } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { Tensors } from '../fetched.js';
import { LongList } from '../list.js';
import { wholeNumber } from '../router.js';
import { light, outline, picture, pictureTile } from '../tiles.js';
import type { View, ViewContext } from '../view.js';
import { Parts } from './unit-parts.js';
import { topOf } from './unit-sees.js';

export async function pictures(context: ViewContext): Promise<View> {
  const { run } = context;
  const { shown, listed } = run.index.pictures;
  const title = h('h1', { tabindex: -1 }, 'Photographs');
  if (!shown) {
    const reason = run.lacks('photographs') ?? run.lacks('model') ?? 'none was looked at';
    return {
      title: 'Photographs',
      element: h('div', {}, title, warning(`The photographs of this run are not here: ${reason}`)),
    };
  }
  const names = await run.names().catch(() => [] as string[]);
  const columns = (): number => Math.max(2, Math.min(8, Math.floor((list.element.clientWidth || 900) / 150)));
  const height = (n: number): number => Math.ceil((list.element.clientWidth || 900) / n) + 4;
  let perRow = 6;
  const list = new LongList({
    label: 'photographs',
    count: 0,
    rowHeight: 150,
    row: (i) =>
      h(
        'div',
        { class: 'gallery-row', style: { '--columns': String(perRow) } },
        Array.from({ length: Math.min(perRow, shown - i * perRow) }, (_, j) =>
          pictureTile(context, i * perRow + j, String(i * perRow + j)),
        ),
      ),
  });
  let laidOut = 0;
  const layOut = () => {
    const width = list.element.clientWidth;
    if (!width || width === laidOut) return;
    laidOut = width;
    perRow = columns();
    list.update({ count: Math.ceil(shown / perRow), rowHeight: height(perRow) });
  };
  addEventListener('resize', layOut);
  return {
    title: 'Photographs',
    element: h(
      'div',
      {},
      title,
      h(
        'p',
        { class: 'soft' },
        shown < listed
          ? `${shown} of the ${listed} photographs of this run, evenly chosen`
          : plural(shown, 'photograph'),
        ', as the network sees them. ',
        downloads('photographs', () => sheetOf({ photograph: names.map((_, i) => i), name: names })),
      ),
      list.element,
    ),
    shown: layOut,
    dispose: () => {
      removeEventListener('resize', layOut);
      list.dispose();
    },
  };
}

export async function picturePage(index: number, context: ViewContext): Promise<View> {
  const { run } = context;
  const names = await run.names().catch(() => [] as string[]);
  const name = names[index] ?? `photograph ${index}`;
  const failed = run.index.pictures.failures.find((f) => f.name === name);
  const chunk = await run.chunk('pictures', index).catch((error: Error) => error);
  const shown = picture(context, index, name);
  const overlay = shown.querySelector('svg')!;
  const point = (unit: Unit, position: number) => overlay.replaceChildren(outline(context, position, unit));
  const other = (to: number, text: string) =>
    to >= 0 &&
    to < run.index.pictures.shown &&
    h(
      'a',
      {
        href: context.link(['photographs', to]),
        rel: text === '‹' ? 'prev' : 'next',
        'aria-label': `photograph ${to}`,
      },
      text,
    );
  const from = cameFrom(context);
  const seen = from && (await seenAs(context, from, index));
  const lists =
    chunk instanceof Error
      ? [warning(`What fires here cannot be read: ${chunk.message}`)]
      : (['features', 'neurons'] as const).map((kind) =>
          section(
            kind === 'features' ? 'Features that fire here' : 'Neurons that fire here',
            strongest(context, index, kind, chunk.tensors, chunk.row, point, from !== undefined),
          ),
        );
  const element = h(
    'div',
    {},
    h(
      'div',
      { class: 'title-line' },
      h('h1', { tabindex: -1 }, `Photograph ${index}`),
      h('span', { class: 'steps' }, other(index - 1, '‹'), other(index + 1, '›')),
    ),
    h(
      'p',
      { class: 'soft' },
      name,
      ' · ',
      h('a', { href: context.link(['live', 'photograph'], { picture: index }) }, 'compute it live'),
    ),
    from &&
      h(
        'p',
        {},
        'Outlined: ',
        seen?.strongest ? 'where ' : 'a place of ',
        h('a', { href: context.link([from.unit.kind, from.unit.index]) }, unitName(from.unit)),
        seen?.strongest ? ' fires most here.' : '.',
        seen?.light && ' Lit: all places where it fires.',
      ),
    failed && warning(`This photograph could not be used: ${failed.reason}`),
    h('div', { class: 'picture-page' }, h('div', { class: 'picture-large' }, shown), h('div', {}, lists)),
  );
  if (from) {
    point(from.unit, from.position);
    if (seen?.light) shown.append(seen.light);
  }
  return { title: name, element };
}

/** The unit from whose page this photograph was opened, and its place. */
function cameFrom({ address, run }: ViewContext): { unit: Unit; position: number } | undefined {
  const unit = parseUnit(address.query.get('unit') ?? '');
  const { width, height } = run.index.geometry;
  const position = wholeNumber(address.query.get('at'), 0, width * height - 1);
  if (!unit || position === undefined || unit.index >= run.index.counts[unit.kind]) return undefined;
  return { unit, position };
}

/** Whether the place is where the unit fires most here, and where all it fires, where maps were kept of the photograph. */
async function seenAs(
  context: ViewContext,
  { unit, position }: { unit: Unit; position: number },
  index: number,
): Promise<{ strongest: boolean; light?: HTMLElement }> {
  const { run } = context;
  const chunk = await run.chunk(unit.kind, unit.index).catch(() => undefined);
  const top = chunk && topOf(new Parts(chunk.tensors, chunk.row));
  const rank = top?.findIndex((t) => t.picture === index) ?? -1;
  if (!top || rank < 0) return { strongest: false };
  const map = (await run.maps(unit).catch(() => undefined))?.[rank];
  return {
    strongest: top[rank].position === position,
    ...(map && { light: light(run, map, top[rank].value / top[0].value, unit.kind) }),
  };
}

function strongest(
  context: ViewContext,
  photograph: number,
  kind: Kind,
  tensors: Tensors,
  row: number,
  point: (unit: Unit, position: number) => void,
  /** Whether something is outlined already. */
  outlined: boolean,
): HTMLElement {
  const index = tensors.row(tensors.ints(`${kind}.index`), `${kind}.index`, row);
  const value = tensors.row(tensors.f32(`${kind}.value`), `${kind}.value`, row);
  const position = tensors.row(tensors.ints(`${kind}.position`), `${kind}.position`, row);
  if (!index || !value || !position) return note('Not measured.');
  const items = [];
  for (let i = 0; i < TOP_UNITS && index[i] >= 0; i++) {
    const unit = { kind, index: index[i] };
    const here = () => point(unit, position[i]);
    if (i === 0 && kind === 'features' && !outlined) here();
    items.push(
      h(
        'li',
        {},
        h(
          'span',
          { class: 'ranked' },
          h(
            'a',
            { href: context.link([kind, index[i]]), onmouseenter: here, onfocus: here },
            crop(context.run, unit, { picture: photograph, position: position[i] }, ''),
            h('b', {}, unitName(unit)),
            h('span', { class: 'number' }, short(value[i])),
          ),
          h(
            'button',
            {
              type: 'button',
              class: 'quiet touch',
              'aria-label': `outline where ${unitName(unit)} fires`,
              onclick: here,
            },
            'where',
          ),
        ),
      ),
    );
  }
  if (!items.length) return note('None.');
  const n = items.length;
  return h(
    'div',
    {},
    h(
      'p',
      { class: 'soft' },
      'Ranked by value over the largest seen; the square shows where the one fires that you point at',
      h('span', { class: 'touch' }, ', or press “where” of'),
      '.',
    ),
    h('ol', { class: 'ranking' }, items),
    downloads(`photograph-${photograph}-${kind}`, () =>
      sheetOf({
        unit: Array.from(index.subarray(0, n), (u) => context.run.name(kind, u)),
        value: value.subarray(0, n),
        position: position.subarray(0, n),
      }),
    ),
  );
}
