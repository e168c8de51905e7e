// What a unit sees: its best photograph, the same lit where it fires, and beside them what it looks for; and the
// photographs that fire it most, whole.
import { short } from '../../../report/numbers.js';
import { fileStem, type Unit } from '../../../units/unit.js';
import { h, note, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import { light, picture, pictureTile } from '../tiles.js';
import type { ViewContext } from '../view.js';
import { looksFor } from './unit-looks-for.js';
import { missing, type Parts } from './unit-parts.js';

interface Top {
  picture: number;
  position: number;
  value: number;
}

/** Strongest first; undefined where photographs were not looked at. */
export function topOf(part: Parts): Top[] | undefined {
  const [pictures, positions] = [part.ints('top.picture'), part.ints('top.position')];
  const values = part.f32('top.value');
  if (!pictures || !positions || !values) return undefined;
  return Array.from(pictures, (p, i) => ({ picture: p, position: positions[i], value: values[i] })).filter(
    (t) => t.picture >= 0,
  );
}

export async function seesSection(unit: Unit, part: Parts, context: ViewContext): Promise<HTMLElement> {
  const { run } = context;
  const top = topOf(part);
  const maps = await run.maps(unit).catch(() => undefined);
  const first = top?.[0];
  const percentile = (await run.table(unit.kind)).column('percentile999')?.[unit.index];
  const figures = [];
  if (first) {
    const whole = picture(context, first.picture, `photograph ${first.picture}`, unit, [first.position]);
    const over =
      percentile && percentile > 0 ? `, ${short(first.value / percentile)} times its 99.9th percentile` : '';
    figures.push(
      figure(
        whole,
        `The photograph that fires it most: ${short(first.value)}${over}. The square is what the place sees.`,
      ),
    );
    if (maps) {
      const lit = picture(context, first.picture, `photograph ${first.picture}, lit where it fires`);
      lit.append(light(run, maps[0], 1, unit.kind));
      figures.push(figure(lit, 'The same, lit where it fires.'));
    }
  }
  figures.push(looksFor(unit, percentile, context));
  return section('What it sees, and what it looks for', h('div', { class: 'hero' }, figures));
}

const figure = (content: HTMLElement, caption: string): HTMLElement =>
  h('figure', {}, content, h('figcaption', {}, caption));

export function photographsSection(unit: Unit, part: Parts, context: ViewContext): HTMLElement {
  const { run } = context;
  const title = 'Photographs that fire it most';
  const top = topOf(part);
  if (!top) return section(title, missing('Photographs are', run.lacks('photographs') ?? run.lacks('model')));
  if (!top.length)
    return section(
      title,
      note(`None of the ${run.index.pictures.shown} photographs that were searched fires it.`),
    );
  const list = h('div', { class: 'tiles' });
  const tiles = top.map((t) => {
    const tile = pictureTile(context, t.picture, short(t.value), unit, [t.position]);
    list.append(tile);
    return tile;
  });
  const lights: HTMLElement[] = [];
  const box = h('input', {
    type: 'checkbox',
    id: 'lit',
    onchange: async () => {
      const maps = lights.length ? undefined : await run.maps(unit).catch(() => undefined);
      for (const [r, map] of (maps ?? []).slice(0, top.length).entries()) {
        const canvas = light(run, map, top[r].value / top[0].value, unit.kind);
        tiles[r].querySelector('.picture')!.append(canvas);
        lights.push(canvas);
      }
      for (const canvas of lights) canvas.hidden = !box.checked;
    },
  });
  return section(
    title,
    h(
      'p',
      {},
      `Of ${run.index.pictures.shown} photographs, as the network sees them. The square is what the strongest position sees, the dot its middle.`,
    ),
    h(
      'p',
      { class: 'controls' },
      run.index.maps && h('label', { for: 'lit' }, box, ' light the first four where it fires'),
      downloads(`${fileStem(run.name(unit.kind, unit.index))}-photographs`, () =>
        sheetOf({
          photograph: top.map((t) => t.picture),
          position: top.map((t) => t.position),
          value: top.map((t) => t.value),
        }),
      ),
    ),
    list,
  );
}
