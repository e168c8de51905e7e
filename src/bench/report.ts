// The page of a benchmark: ours against peers, kernels against the engine's ceiling, cost as
// size grows. One self-contained file that needs no network, as report.ts.

import { sha256Base64 } from '../core/hash.js';
import { html, type Markup } from '../report/html.js';
import { SERIES_STYLE, STYLE } from '../report/style.js';
import { type Bar, type BarGroup, BENCH_STYLE, barChart, type Curve, curveChart } from './charts.js';
import { milliseconds } from './table.js';
import type { BenchResult, Row } from './types.js';

const BENCH_PAGE_STYLE = STYLE + SERIES_STYLE + BENCH_STYLE;

/** Colours: ours is the one of features, loops and the naive form are grey. */
const BUILD_SERIES: Record<string, number> = { simd: 1, scalar: 6, relaxed: 4, naive: 8 };
const PEERS = ['onnxruntime-node', 'onnxruntime-web', 'tfjs-backend-wasm', 'pytorch'];
const PEER_SERIES = [0, 2, 5, 3];

function seriesOf(row: Row): number {
  if (row.impl === 'curvesae') return BUILD_SERIES[row.build] ?? 1;
  const peer = PEERS.findIndex((p) => row.impl.startsWith(p));
  return peer < 0 ? 8 : PEER_SERIES[peer];
}

export async function writeBench(result: BenchResult, commandLine: string): Promise<string> {
  const csp = `default-src 'none'; style-src 'sha256-${await sha256Base64(BENCH_PAGE_STYLE)}'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  const head = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${csp}">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>curvesae benchmark</title>
<style>`;
  const body = html`</style></head><body><main>${benchBody(result, commandLine)}</main></body></html>
`;
  return head.text + BENCH_PAGE_STYLE + body.text;
}

/** What stands on the page; its styles are BENCH_PAGE_STYLE. The browser's page shows the same. */
export function benchBody(result: BenchResult, commandLine: string): Markup {
  const { machine, version } = result;
  return html`<h1>How fast is it here?</h1>
<p class="lead">${lead(result)}</p>
<p class="soft">${machine.cpu}, ${machine.cores} hardware threads, ${machine.runtime}, ${machine.date.slice(0, 16).replace('T', ' ')} UTC, curvesae ${version}. Implementations take turns in every round, after their outputs were compared. A bar is the best time or rate, the thin line on it the median. Compare ratios: shared machines vary from minute to minute.</p>
${facts(result)}
${works(result)}
${kernels(result)}
${products(result)}
${growth(result)}
${workers(result)}
${memory(result)}
${rowsTable(result)}
<section><h2>Repeat it</h2><pre>${commandLine}</pre></section>`;
}

export { BENCH_PAGE_STYLE };

const groupOf = (result: BenchResult, row: Row): string => result.about[row.work]?.group ?? '';

function byWork(rows: readonly Row[]): [string, Row[]][] {
  const map = new Map<string, Row[]>();
  for (const row of rows) map.set(row.work, [...(map.get(row.work) ?? []), row]);
  return [...map];
}

const rowsOf = (result: BenchResult, ...groups: string[]): Row[] =>
  result.rows.filter((r) => groups.includes(groupOf(result, r)));

/** The peers that took part, with the range of their times over ours. */
function lead(result: BenchResult): string {
  const rows = rowsOf(result, 'stem', 'back', 'net', 'sae').filter((r) =>
    PEERS.some((p) => r.impl.startsWith(p)),
  );
  const names = [...new Set(rows.map((r) => r.impl))];
  if (!names.length) return 'Our own kernels, in every build that this engine runs; no peer took part.';
  const range = (name: string): string => {
    const speeds = rows.filter((r) => r.impl === name).map((r) => r.speedOfOurs);
    const [low, high] = [Math.min(...speeds), Math.max(...speeds)].map((v) => v.toFixed(v < 10 ? 2 : 0));
    return `${low === high ? low : `${low} to ${high}`} times the speed of ${name}`;
  };
  const parts = names.map(range);
  const last = parts.pop()!;
  return `On one thread, curvesae has ${parts.length ? `${parts.join(', ')} and ${last}` : last} here.`;
}

function facts(result: BenchResult): Markup | undefined {
  const cards: [string, string][] = [];
  const peak = result.peak.simd ?? Object.values(result.peak)[0];
  if (peak !== undefined)
    cards.push([`${peak.toFixed(1)} GFLOP/s`, 'a multiply-add loop in registers, on this engine']);
  for (const row of rowsOf(result, 'stem', 'net', 'startup'))
    if (row.impl === 'curvesae' && row.batch === 1 && isDefault(result, row))
      cards.push([`${milliseconds(row.bestMs)} ms`, row.work]);
  if (!cards.length) return undefined;
  return html`<div class="facts">${cards.map(([value, text]) => html`<div class="fact"><b>${value}</b><span>${text}</span></div>`)}</div>`;
}

/** The first row of ours in a work is the default build's. */
const isDefault = (result: BenchResult, row: Row): boolean =>
  result.rows.find((r) => r.work === row.work && r.impl === 'curvesae') === row;

const nameOf = (row: Row): string =>
  row.impl === 'curvesae' ? `ours, ${row.build.split(' ')[0]}` : row.impl;

function works(result: BenchResult): Markup | undefined {
  const all = byWork(rowsOf(result, 'stem', 'back', 'net', 'sae'));
  if (!all.length) return undefined;
  const charts = all.map(([work, rows]) =>
    barChart(
      [
        {
          label: work,
          note: rows[0].batch > 8 ? `${rows[0].batch} vectors` : undefined,
          bars: rows.map((r) => ({
            label: nameOf(r),
            ...{ value: r.bestMs, mark: r.medianMs, series: seriesOf(r) },
            text: `${milliseconds(r.bestMs)} ms${isDefault(result, r) ? '' : ` · ${ratio(r.speedOfOurs)}`}`,
          })),
        },
      ],
      `${work}: milliseconds of each implementation`,
    ),
  );
  return html`<section><h2>The work, in milliseconds</h2><p class="soft">Shorter is faster. “2.00×”: it takes twice as long as ours.</p><div class="scroll">${charts.map((c) => html`<div class="wide">${c}</div>`)}</div></section>`;
}

const ratio = (v: number): string => `${v < 10 ? v.toFixed(2) : v.toFixed(0)}×`;

function buildKey(result: BenchResult, rows: readonly Row[]): Markup {
  const builds = [...new Set(rows.filter((r) => r.impl === 'curvesae').map((r) => r.build))];
  const words: Record<string, string> = {
    simd: 'simd, the default',
    scalar: 'scalar, the same bits without SIMD',
    relaxed: 'relaxed, fused multiply-add, results may differ',
    naive: 'naive, plain loops',
  };
  const peaks = Object.entries(result.peak).map(([b, v]) => `${b} ${v.toFixed(1)}`);
  return html`<p class="key">${builds.map((b) => html`<span class="s${BUILD_SERIES[b] ?? 1}"><i class="sw"></i>${words[b] ?? b}</span>`)}</p>${peaks.length > 0 && html`<p class="note">Register loop, GFLOP/s: ${peaks.join(', ')}.</p>`}`;
}

function kernels(result: BenchResult): Markup | undefined {
  const rows = rowsOf(result, 'kernels');
  if (!rows.length) return undefined;
  const groups = (unit: 'flop' | 'bytes'): BarGroup[] =>
    byWork(rows).flatMap(([work, variants]) => {
      const about = result.about[work];
      const count = about[unit];
      if (count === undefined || about.kernel === 'f32_peak_12') return [];
      const [kernel, ...size] = work.split(': ');
      const bars = variants.map((r): Bar => {
        const rate = count / r.bestMs / 1e6;
        const peak = unit === 'flop' ? result.peak[r.build] : undefined;
        return {
          label: r.build,
          ...{ value: rate, mark: count / r.medianMs / 1e6, series: BUILD_SERIES[r.build] ?? 1 },
          text: `${rate.toFixed(1)}${peak ? ` · ${((100 * rate) / peak).toFixed(0)} % of its peak` : ''}`,
        };
      });
      return [{ label: kernel, note: size.join(': '), bars }];
    });
  const peak = result.peak.simd;
  const [computing, moving] = [groups('flop'), groups('bytes')];
  return html`<section><h2>Kernels against the engine's ceiling</h2>
<p class="soft">The dashed line is what a loop of multiplications and additions in registers reaches in the simd build: no product of vectors can be faster.</p>
${buildKey(result, rows)}
${computing.length > 0 && html`<h3>GFLOP/s</h3><div class="scroll"><div class="wide">${barChart(computing, 'GFLOP/s of each kernel', peak === undefined ? undefined : { value: peak, label: `${peak.toFixed(1)} GFLOP/s` })}</div></div>`}
${moving.length > 0 && html`<h3>Kernels that move data: GB/s read and written</h3><div class="scroll"><div class="wide">${barChart(moving, 'GB/s of each kernel')}</div></div>`}</section>`;
}

function products(result: BenchResult): Markup | undefined {
  const rows = rowsOf(result, 'gemm');
  if (!rows.length) return undefined;
  const groups = byWork(rows).map(([work, variants]): BarGroup => {
    const flop = result.about[work].flop ?? 0;
    const loops = new Map(variants.filter((r) => r.impl === 'register loop').map((r) => [r.build, r.bestMs]));
    return {
      label: work,
      bars: variants.map((r): Bar => {
        const rate = flop / r.bestMs / 1e6;
        const loop = r.impl === 'register loop' ? undefined : loops.get(r.build);
        const own = r.impl === 'curvesae';
        return {
          label: own ? `A packed, ${r.build}` : `${r.impl.split(', ').pop()}, ${r.build}`,
          ...{
            value: rate,
            mark: flop / r.medianMs / 1e6,
            series: r.impl === 'register loop' ? 8 : (BUILD_SERIES[r.build] ?? 1),
          },
          text: `${rate.toFixed(1)}${loop ? ` · ${((100 * loop) / r.bestMs).toFixed(0)} % of the loop` : ''}`,
        };
      }),
    };
  });
  return html`<section><h2>Matrix products, GFLOP/s</h2><p class="soft">Beside the register loop on as many operations, in the same rounds.</p><div class="scroll"><div class="wide">${barChart(groups, 'GFLOP/s of matrix products')}</div></div></section>`;
}

function growth(result: BenchResult): Markup | undefined {
  const names = new Map<string, { axis: string; unit: string; points: [number, number, number][] }>();
  for (const row of rowsOf(result, 'sizes')) {
    const series = result.about[row.work].series!;
    const entry = names.get(series.name) ?? { axis: series.axis, unit: series.unit, points: [] };
    const perUnit = (ms: number): number => (1e6 * ms) / series.units;
    entry.points.push([series.at, perUnit(row.bestMs), perUnit(row.medianMs)]);
    names.set(series.name, entry);
  }
  if (!names.size) return undefined;
  const charts = [...names].map(([name, { axis, unit, points }]) =>
    curveChart([{ label: name, series: 1, points }], name, axis, `ns per ${unit}`),
  );
  return html`<section><h2>Cost as size grows</h2><p class="soft">Nanoseconds per unit of work: a flat line costs in proportion to the size. Filled: best; hollow: median.</p><div class="pair">${charts}</div></section>`;
}

function workers(result: BenchResult): Markup | undefined {
  const all = byWork(rowsOf(result, 'workers'));
  if (!all.length) return undefined;
  const charts = all.map(([work, rows]) => {
    const curve = (impl: string, series: number): Curve => ({
      ...{ label: impl, series },
      points: rows.filter((r) => r.impl === impl).map((r) => [r.threads, r.bestMs, r.medianMs]),
    });
    return curveChart(
      [curve('curvesae', 1), curve('register loops', 8)],
      work.replace('workers: ', ''),
      'threads',
      'ms',
      true,
    );
  });
  return html`<section><h2>Workers</h2>
<p class="soft">Whole pieces of the job on several threads, beside as many register loops on the same threads in the same rounds. The loops need no memory: what they do not gain, the machine does not have.</p>
<p class="key"><span class="s1"><i class="sw"></i>curvesae</span><span class="s8"><i class="sw"></i>register loops</span></p>
<div class="pair">${charts}</div>
<div class="scroll"><table><thead><tr><th>work</th><th>threads</th><th>speed-up</th><th>of the loops</th><th>efficiency</th></tr></thead><tbody>${result.scaling.map((s) => html`<tr><td>${s.work.replace('workers: ', '')}</td><td>${s.threads}</td><td>${s.speedup.toFixed(2)}×</td><td>${s.ceiling.toFixed(2)}×</td><td>${s.efficiency.toFixed(2)}</td></tr>`)}</tbody></table></div></section>`;
}

function memory(result: BenchResult): Markup | undefined {
  if (!result.memory.length) return undefined;
  const mib = (v: number): string => (v / 1048576).toFixed(1);
  return html`<section><h2>WebAssembly memory</h2><div class="scroll"><table><thead><tr><th>what</th><th>MiB</th><th>promised, at most</th></tr></thead><tbody>${result.memory.map((m) => html`<tr><td>${m.what}</td><td class="${m.bytes <= m.limit ? 'ok' : 'bad'}">${mib(m.bytes)}</td><td>${mib(m.limit)}</td></tr>`)}</tbody></table></div></section>`;
}

function rowsTable(result: BenchResult): Markup {
  const rows = result.rows.map((r, i): Markup => {
    const first = result.rows[i - 1]?.work !== r.work;
    return html`<tr class="${first ? 'first' : 'again'}"><td>${r.work}</td><td class="${r.impl === 'curvesae' ? 'ours' : ''}">${r.impl} ${r.version}</td><td>${r.build}</td><td>${r.threads}</td><td>${r.batch}</td><td>${milliseconds(r.bestMs)}</td><td>${milliseconds(r.medianMs)}</td><td>${ratio(r.speedOfOurs)}</td></tr>`;
  });
  return html`<section><details><summary>Every measurement: ${rows.length} rows</summary><div class="scroll"><table class="rows"><thead><tr><th>work</th><th>implementation</th><th>build</th><th>threads</th><th>batch</th><th>best ms</th><th>median ms</th><th>ours faster by</th></tr></thead><tbody>${rows}</tbody></table></div></details></section>`;
}
