// The result as text for people.
import type { BenchResult, Row } from './types.js';

/** Milliseconds with three digits that mean something. */
export const milliseconds = (v: number): string =>
  v >= 100 ? v.toFixed(1) : v >= 1 ? v.toFixed(2) : v.toPrecision(3);

const HEAD = [
  'work',
  'implementation',
  'build',
  'threads',
  'batch',
  'best ms',
  'median ms',
  'ours faster by',
];

export function rowTable(rows: readonly Row[]): string {
  return columns(
    [
      HEAD,
      ...rows.map((r) => [
        ...[r.work, `${r.impl} ${r.version}`.trim(), r.build, String(r.threads), String(r.batch)],
        ...[milliseconds(r.bestMs), milliseconds(r.medianMs), `${r.speedOfOurs.toFixed(2)}x`],
      ]),
    ],
    3,
  );
}

/** Everything of a result: machine, rows, rates of kernels, scaling, memory. */
export function resultText(result: BenchResult): string {
  const { machine, rows, about, peak, scaling, memory } = result;
  const parts = [
    `${machine.cpu}, ${machine.cores} threads, ${machine.runtime}, ${machine.date.slice(0, 10)}`,
    rowTable(rows),
  ];
  for (const [build, rate] of Object.entries(peak))
    parts.push(`register loop of multiplications and additions, ${build}: ${rate.toFixed(1)} GFLOP/s`);
  const rates = rows.flatMap((row) => {
    const { flop, bytes } = about[row.work] ?? {};
    const count = flop ?? bytes;
    if (count === undefined) return [];
    const best = count / row.bestMs / 1e6;
    const share =
      flop !== undefined && peak[row.build] ? `${((100 * best) / peak[row.build]).toFixed(0)} %` : '';
    return [
      [
        row.work,
        `${row.impl}`,
        row.build,
        `${best.toFixed(1)} ${flop === undefined ? 'GB/s' : 'GFLOP/s'}`,
        share,
      ],
    ];
  });
  if (rates.length)
    parts.push(columns([['work', 'implementation', 'build', 'rate', 'of the peak'], ...rates], 3));
  if (scaling.length)
    parts.push(
      columns(
        [
          ['work', 'threads', 'speed-up', 'of register loops', 'efficiency'],
          ...scaling.map((s) => [
            ...[s.work, String(s.threads), `${s.speedup.toFixed(2)}x`],
            ...[`${s.ceiling.toFixed(2)}x`, s.efficiency.toFixed(2)],
          ]),
        ],
        1,
      ),
    );
  if (memory.length)
    parts.push(
      columns(
        [
          ['memory', 'MiB', 'limit MiB'],
          ...memory.map((m) => [m.what, (m.bytes / 1048576).toFixed(1), (m.limit / 1048576).toFixed(1)]),
        ],
        1,
      ),
    );
  return parts.join('\n\n');
}

/** Columns of equal width; the first `left` ones flush left. */
export function columns(lines: readonly string[][], left: number): string {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((l) => l[i].length)));
  return lines
    .map((l) =>
      l
        .map((c, i) => (i < left ? c.padEnd(widths[i]) : c.padStart(widths[i])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
