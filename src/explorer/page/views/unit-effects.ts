// What a unit does to the classes: taken away where it fires, added where it does not, and random directions of the same
// length in its place. As `circuit` left it beside the run, or computed here.
import { fileStem, type Unit } from '../../../units/unit.js';
import { evenly } from '../../../vectors/places.js';
import type { ClassEffects } from '../beside.js';
import { Compute, REPLACED } from '../compute.js';
import { type Child, fill, h, note, plural, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import { movedList } from '../moved-list.js';
import type { ViewContext } from '../view.js';
import type { Parts } from './unit-parts.js';
import { topOf } from './unit-sees.js';

/** Photographs that a unit is taken away from here, and as many that it is added to. */
const PICTURES = 6;
const WAYS = ['ablate', 'add'] as const;
type Way = (typeof WAYS)[number];

export function effectsSection(unit: Unit, part: Parts, context: ViewContext): Child {
  const { run } = context;
  const stored = run.made?.effects.get(run.name(unit.kind, unit.index));
  const place = h('div', { class: 'effects' });
  if (stored) draw(place, stored, unit, context);
  return section(
    'What it does: class logits',
    place,
    onDemand(unit, part, context, place, stored !== undefined),
  );
}

/** A button that computes them; or why it cannot, and how to get them. */
function onDemand(unit: Unit, part: Parts, context: ViewContext, place: HTMLElement, stored: boolean): Child {
  const { run } = context;
  const { behind } = run.index;
  const top = topOf(part);
  const lacking =
    run.lacks('model') ??
    (unit.kind === 'features' ? run.lacks('sae') : undefined) ??
    ('reason' in behind ? behind.reason : undefined) ??
    (top?.length ? undefined : 'no photograph here fires it');
  if (lacking)
    return (
      !stored &&
      note(
        `Class effects cannot be computed here: ${lacking}. They are shown where `,
        h('code', {}, `curvesae circuit --units ${run.name(unit.kind, unit.index)} --out RUN/circuit`),
        ' has measured them with a network that classifies, as googlenet and inceptionv1 do.',
      )
    );
  const bytes = 'bytes' in behind ? behind.bytes : 0;
  const status = h('p', { class: 'soft', role: 'status' });
  const start = h('button', { type: 'button', onclick: () => void measure() }, 'Compute class effects');
  const rest = () =>
    fill(
      status,
      start,
      ` here in this tab: taken away from ${PICTURES} photographs and added to ${PICTURES}, beside random directions. It fetches the rest of the network, ${Math.ceil(bytes / 1e6)} MB.`,
    );
  const measure = async () => {
    let stopped = false;
    const compute = new Compute();
    const stop = h('button', { type: 'button', onclick: () => end('Stopped') }, 'Stop');
    const words = h('span', {}, 'Fetching the network…');
    const end = (why: string) => {
      if (stopped) return;
      stopped = true;
      compute.dispose();
      words.textContent = why;
      start.textContent = 'Compute them again';
      stop.replaceWith(start);
    };
    fill(status, words, ' ', stop);
    try {
      await compute.open(run);
      await compute.call('behind', { classes: 'named' in behind && behind.named });
      const found: ClassEffects = {};
      const mean = top!.reduce((sum, { value }) => sum + value, 0) / top!.length;
      const jobs = WAYS.flatMap((way) =>
        picturesOf(way, top!, run.index.pictures.shown).map((p) => ({ way, p })),
      );
      for (const [i, { way, p }] of jobs.entries()) {
        if (stopped) return;
        if (!place.isConnected) return end('Stopped.');
        words.textContent = `Computing: photograph ${i + 1} of ${jobs.length}.`;
        const effect = await compute.call('effect', {
          unit,
          picture: new URL(run.picture(p), document.baseURI).href,
          ...(way === 'add' && { add: mean }),
        });
        if (effect === REPLACED || stopped) return;
        found[way] = effect.classes ? { ...effect.classes, pictures: effect.pictures } : undefined;
        draw(place, found, unit, context);
      }
      end(`Computed here, from the JPEGs that were kept of what the network saw.`);
    } catch (error) {
      end((error as Error).message);
    }
  };
  rest();
  return status;
}

/** Those that fire it most; some of all, evenly. */
const picturesOf = (way: Way, top: readonly { picture: number }[], shown: number): number[] =>
  way === 'ablate' ? top.slice(0, PICTURES).map(({ picture }) => picture) : evenly(shown, PICTURES);

const TITLES: Record<Way, (pictures: string) => string> = {
  ablate: (pictures) => `Taken away from the ${pictures} that fire it most`,
  add: (pictures) => `Added in the middle of ${pictures}, as strongly as on its best`,
};

function draw(place: HTMLElement, effects: ClassEffects, unit: Unit, context: ViewContext): void {
  const made = WAYS.flatMap((way) => {
    const of = effects[way];
    return of ? [{ way, of }] : [];
  });
  fill(
    place,
    h(
      'p',
      { class: 'soft' },
      'How logits change, about their mean over classes. Grey: how far random directions of the same length, at the same places, move the same class (root mean square).',
    ),
    h(
      'div',
      { class: 'pair' },
      made.map(({ way, of }) => movedList(TITLES[way](plural(of.pictures, 'photograph')), of, 'classes')),
    ),
    downloads(`${fileStem(context.run.name(unit.kind, unit.index))}-classes`, () => {
      const rows = made.flatMap(({ way, of }) => [...of.up, ...of.down].map((m) => ({ way, ...m })));
      return sheetOf({
        way: rows.map((r) => r.way),
        class: rows.map((r) => r.name),
        change: rows.map((r) => r.change),
        randomDirections: rows.map((r) => r.random ?? ''),
      });
    }),
  );
}
