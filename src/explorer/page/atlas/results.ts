// What is nearest before and after steering, side by side.
import { short } from '../../../report/numbers.js';
import { fill, h, note } from '../dom.js';
import { downloads } from '../download.js';
import { type AtlasContext, grouped, listClass, things } from './context.js';
import { documentRow } from './document-parts.js';
import type { Hit, Reply } from './protocol.js';
import type { QueryState } from './query-state.js';

/** Draws a reply into `into`. */
export function drawResults(into: HTMLElement, context: AtlasContext, reply: Reply, state: QueryState): void {
  const { results, steered } = reply;
  const before = new Map(results.map(({ row }, i) => [row, i]));
  const after = steered?.results ?? [];
  const there = new Set(after.map(({ row }) => row));
  const list = (hits: readonly Hit[], mark: (hit: Hit, i: number) => { text: string; class: string }) =>
    h(
      'ol',
      { class: listClass(context) },
      hits.map((hit, i) => {
        const { text, class: name } = mark(hit, i);
        return h(
          'li',
          {},
          documentRow(context, hit.row, {
            class: name,
            before: hit.score.toFixed(3),
            after: text ? h('span', { class: 'change' }, text) : undefined,
          }),
        );
      }),
    );
  const plain = h(
    'div',
    { class: 'result-column' },
    h('h2', {}, steered ? 'Before' : 'Nearest'),
    list(results, ({ row }) => ({
      text: '',
      class: steered && !there.has(row) ? 'gone' : '',
    })),
  );
  fill(
    into,
    steered && steeredFacts(context, steered),
    h(
      'div',
      { class: steered ? 'side-by-side' : '' },
      plain,
      steered &&
        h(
          'div',
          { class: 'result-column' },
          h('h2', {}, 'After'),
          list(after, ({ row }, i) => change(before.get(row), i)),
        ),
    ),
    h(
      'div',
      { class: 'summary-line' },
      note(
        `${things(context, results.length)} of ${grouped(reply.allowed)}, searched in ${short(reply.ms)} ms in this tab (${reply.build}); the same as `,
        h('code', {}, 'curvesae search'),
        ' gives.',
      ),
      downloads('results', () => ({
        columns: ['list', 'rank', 'row', 'id', 'score'],
        rows: [
          ...rowsOf(context, 'before', results),
          ...rowsOf(context, `after ${[...state.steer].map(([f, v]) => `f${f}=${v}`).join(' ')}`, after),
        ],
      })),
    ),
  );
}

const rowsOf = (context: AtlasContext, list: string, hits: readonly Hit[]) =>
  hits.map(({ row, score }, i) => [list, i + 1, row, context.data.briefs.now(row)?.[0] ?? row, score]);

function change(before: number | undefined, now: number): { text: string; class: string } {
  if (before === undefined) return { text: 'new', class: 'new' };
  if (before === now) return { text: '', class: '' };
  return { text: before > now ? `▲ ${before - now}` : `▼ ${now - before}`, class: '' };
}

function steeredFacts(context: AtlasContext, { fidelity, features, carried }: NonNullable<Reply['steered']>) {
  const turned = features.map(
    ({ feature, from, to, reached }) =>
      `f${feature} from ${short(from)} to ${short(to)}, read back as ${short(reached)}`,
  );
  return h(
    'div',
    { class: 'steered-facts', 'aria-live': 'polite' },
    h('p', {}, h('b', {}, `cosine to the query ${fidelity.toFixed(3)}`), ` · ${turned.join('; ')}`),
    carried &&
      h(
        'p',
        { class: 'soft' },
        'Of the ten nearest, ',
        h('a', { href: context.link(['features', carried.feature]) }, `f${carried.feature}`),
        ` fires on ${carried.before} before and ${carried.after} after; by chance, turned as far in a random direction, on ${carried.random}.`,
      ),
  );
}
