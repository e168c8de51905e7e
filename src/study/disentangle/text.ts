// The result as lines: each number with its interval, and with what a no-op gives beside it.
import { publishedLines } from './city/published.js';
import type { DisentangleResult, DisentangleSummary, Estimate, ReadAttribute } from './result.js';

/** `0.87 ± 0.03` */
export const estimateText = ({ mean, half }: Estimate): string =>
  half === null ? mean.toFixed(2) : `${mean.toFixed(2)} ± ${half.toFixed(2)}`;

/**
 * Whether the interval lies above what needs no knowledge, the better of changing nothing and patching everything; or
 * below the no-op, which is damage.
 */
export function againstEnds(
  { disentangle: { mean, half } }: DisentangleSummary,
  { noop, full }: Pick<ReadAttribute, 'noop' | 'full'>,
): string {
  if (half === null) return '';
  if (mean - half > Math.max(noop.disentangle, full.disentangle)) return 'above both';
  return mean + half < noop.disentangle ? 'below no-op' : 'as an end';
}

export function resultLines(result: DisentangleResult): string[] {
  const { tap, readout, summary, settings, task } = result;
  const where = tap === null ? task : `${tap}, read at ${readout.read}`;
  const { entities, seeds, pairs } = settings;
  const lines = [
    `${where}: hard masks on ${pairs} held-out pairs, ${seeds === 1 ? 'one seed' : `mean and 95 % interval of ${seeds} seeds`}; ${entities.train} ${settings.city ? 'pairs' : 'entities'} to learn from, ${entities.test} held out`,
  ];
  for (const [name, { accuracy, chance, noop, full, classes }] of Object.entries(readout.attributes)) {
    lines.push(
      '',
      `${name}: ${classes.length} values, ${settings.city ? 'prompts answered' : 'read-out'} ${accuracy.toFixed(2)} right (chance ${chance.toFixed(2)})`,
      `  ${'method'.padEnd(18)}${'cause'.padEnd(14)}${'isolate'.padEnd(14)}${'disentangle'.padEnd(14)}${'selected'.padEnd(12)}`,
    );
    const row = (...cells: string[]) =>
      lines.push(
        `  ${cells[0].padEnd(18)}${cells
          .slice(1)
          .map((cell) => cell.padEnd(14))
          .join('')}`.trimEnd(),
      );
    const fixed = (n: number) => n.toFixed(2);
    row('(no-op)', fixed(noop.cause), fixed(noop.isolate), fixed(noop.disentangle));
    row('(full patch)', fixed(full.cause), fixed(full.isolate), fixed(full.disentangle));
    for (const own of summary.filter(({ attribute }) => attribute === name))
      row(
        own.method,
        ...[own.cause, own.isolate, own.disentangle].map(estimateText),
        `${Math.round(own.selected)}/${own.of}`,
        againstEnds(own, { noop, full }),
      );
  }
  const beside = publishedLines(result);
  return beside.length ? [...lines, '', ...beside] : lines;
}
