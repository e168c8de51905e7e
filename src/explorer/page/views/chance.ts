// What chance gives, beside what the autoencoder has.
import { few, madeControls } from '../../../study/curves/control-text.js';
import { foundBy } from '../../../study/curves/evidence.js';
import { type Child, h, section } from '../dom.js';
import { downloads, sheetOf } from '../download.js';
import type { ViewContext } from '../view.js';

/** Undefined where no control was made. */
export function chanceSection({ run }: ViewContext): Child {
  const { curves, controls } = run.index;
  const made = madeControls(controls);
  if (!made.length) return undefined;
  const own = foundBy(curves);
  const row = (...cells: Child[]) =>
    h(
      'tr',
      {},
      cells.map((cell) => h('td', {}, cell)),
    );
  return section(
    'Against chance',
    h(
      'p',
      {},
      'The same study of dictionaries that cannot know of curves: on average over the draws, and the share of draws with at least as many as the autoencoder has.',
    ),
    h(
      'div',
      { class: 'scroll' },
      h(
        'table',
        { class: 'words' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [
              'Dictionary',
              'Curve detectors',
              'that repeat no neuron',
              'as photographs say',
              'Gaps filled',
            ].map((text) => h('th', { scope: 'col' }, text)),
          ),
        ),
        h(
          'tbody',
          {},
          row('this autoencoder', own.detectors, own.novel, own.agreeing, own.filledGaps),
          made.map(([name, c]) => {
            const p = (mean: number, value: number) =>
              c.draws > 1 ? `${few(mean)} (p = ${few(value)})` : few(mean);
            return row(
              `${name}${c.draws > 1 ? `, ${c.draws} draws` : ''}`,
              p(c.detectors.mean, c.p),
              p(c.novel.mean, c.pNovel),
              p(c.agreeing.mean, c.pAgreeing),
              p(c.filledGaps.mean, c.pFilledGaps),
            );
          }),
        ),
      ),
    ),
    downloads('chance', () => {
      const rows = [
        ['this autoencoder', own, undefined] as const,
        ...made.map(([name, c]) => [name, undefined, c] as const),
      ];
      const of = (key: 'detectors' | 'novel' | 'agreeing' | 'filledGaps') =>
        rows.map(([, first, c]) => first?.[key] ?? c?.[key].mean ?? '');
      const p = (key: 'p' | 'pNovel' | 'pAgreeing' | 'pFilledGaps') =>
        rows.map(([, , c]) => (c && c.draws > 1 ? c[key] : ''));
      return sheetOf({
        dictionary: rows.map(([name]) => name),
        draws: rows.map(([, , c]) => c?.draws ?? ''),
        ...{ detectors: of('detectors'), p: p('p'), novel: of('novel'), pNovel: p('pNovel') },
        ...{ agreeing: of('agreeing'), pAgreeing: p('pAgreeing') },
        ...{ filledGaps: of('filledGaps'), pFilledGaps: p('pFilledGaps') },
      });
    }),
  );
}
