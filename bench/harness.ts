// The benchmark: the same work by several implementations, in one process, interleaved.
//
// To add a work (a row group), write bench/<name>.ts that exports
//
//   export const work: WorkFactory = async (context) => ({
//     work: 'sae d=192 F=3072',        // first column of the table
//     tolerance: 1e-5,                 // max |a-b| / max |b| allowed between outputs
//     impls: [                         // the first is the judge of the outputs
//       { impl: 'curvesae', version: context.version, build: 'simd', threads: 1, batch: 2048,
//         run: () => step(),           // one repetition; may be async
//         output: () => step.loss(),   // what run() made, as numbers to compare (optional)
//         dispose: () => step.free() },
//       ...
//     ] })
//
// and name it in bench/main.ts. Peers come through `context.peer(name)`, which resolves
// in bench/node_modules and gives undefined where they are not installed.
//
// A row: {work, impl, version, build, threads, batch, bestMs, medianMs, speedOfOurs};
// times are of one run(); speedOfOurs = that implementation's best time over the best
// time of the first `curvesae` row of the same work: > 1 means ours is faster.
import { Bench } from 'tinybench';

export interface Impl {
  impl: string;
  version: string;
  build: string;
  threads: number;
  batch: number;
  run(): unknown;
  output?(): Promise<ArrayLike<number>> | ArrayLike<number>;
  dispose?(): unknown;
}

export interface Work {
  work: string;
  tolerance: number;
  impls: Impl[];
}

export interface Context {
  /** Of this package. */
  version: string;
  /** The peer's module and version, or undefined where it is not installed. */
  peer(name: string): Promise<{ module: unknown; version: string } | undefined>;
  say(text: string): void;
}

export type WorkFactory = (context: Context) => Promise<Work | Work[]>;

export interface Row {
  work: string;
  impl: string;
  version: string;
  build: string;
  threads: number;
  batch: number;
  bestMs: number;
  medianMs: number;
  speedOfOurs: number;
}

export interface Timing {
  rounds: number;
  /** Of one implementation in one round. */
  milliseconds: number;
}

/** Checks that outputs agree, warms up, then measures round by round, every implementation in each round. */
export async function measure(work: Work, timing: Timing, context: Context): Promise<Row[]> {
  try {
    await compareOutputs(work, context);
    const samples = work.impls.map((): number[] => []);
    for (const impl of work.impls) await round(impl, timing.milliseconds);
    for (let r = 0; r < timing.rounds; r++)
      for (const [i, impl] of work.impls.entries())
        samples[i].push(...(await round(impl, timing.milliseconds)));
    const best = samples.map((s) => Math.min(...s));
    const ours =
      best[
        Math.max(
          0,
          work.impls.findIndex((i) => i.impl === 'curvesae'),
        )
      ];
    return work.impls.map(({ impl, version, build, threads, batch }, i) => ({
      work: work.work,
      impl,
      version,
      build,
      threads,
      batch,
      bestMs: best[i],
      medianMs: median(samples[i]),
      speedOfOurs: best[i] / ours,
    }));
  } finally {
    for (const impl of work.impls) await impl.dispose?.();
  }
}

async function compareOutputs(work: Work, context: Context): Promise<void> {
  let first: ArrayLike<number> | undefined;
  for (const impl of work.impls) {
    await impl.run();
    const output = await impl.output?.();
    if (!output) continue;
    first ??= Float64Array.from(output);
    const error = relativeError(output, first);
    if (!(error <= work.tolerance))
      throw new Error(
        `${work.work}: outputs of ${impl.impl} (${impl.build}) differ by ${error} of the maximum`,
      );
    if (impl !== work.impls[0])
      context.say(`${work.work}: ${impl.impl} ${impl.build} agrees to ${error.toExponential(1)}`);
  }
}

async function round(impl: Impl, time: number): Promise<number[]> {
  const bench = new Bench({ time, iterations: 2, warmup: false, retainSamples: true });
  bench.add(impl.impl, async () => void (await impl.run()));
  const [task] = await bench.run();
  const { result } = task;
  if (result.state !== 'completed')
    throw result.state === 'errored' ? result.error : new Error(`${impl.impl}: ${result.state}`);
  return [...result.latency.samples!];
}

export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let scale = 0;
  for (let i = 0; i < b.length; i++) {
    const d = Math.abs(a[i] - b[i]);
    if (!(d <= error)) error = d; // keeps NaN
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return scale ? error / scale : error;
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** The rows as a table for people. */
export function table(rows: Row[]): string {
  const head = [
    'work',
    'implementation',
    'build',
    'threads',
    'batch',
    'best ms',
    'median ms',
    'ours faster by',
  ];
  const lines = rows.map((r) => [
    r.work,
    `${r.impl} ${r.version}`,
    r.build,
    String(r.threads),
    String(r.batch),
    r.bestMs.toFixed(2),
    r.medianMs.toFixed(2),
    `${r.speedOfOurs.toFixed(2)}x`,
  ]);
  const widths = head.map((h, i) => Math.max(h.length, ...lines.map((l) => l[i].length)));
  return [head, ...lines]
    .map((l) => l.map((c, i) => (i < 3 ? c.padEnd(widths[i]) : c.padStart(widths[i]))).join('  '))
    .join('\n');
}
