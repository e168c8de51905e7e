// A grid of SAEs from one stream of activations: architectures times sparsity levels, the
// metrics of each on vectors that training did not see, and which of them nothing beats.

import type { Engine } from '../../core/engine.js';
import { UsageError } from '../../core/errors.js';
import type { Storage } from '../../formats/storage.js';
import { trainFolders } from '../../sae/folder.js';
import { LoadedSae } from '../../sae/inference.js';
import { evaluate } from '../../sae/metrics.js';
import { architecture } from '../../sae/registry.js';
import { loadSaeFolder, type SaeFolder, type SaeMetadata } from '../../sae/saelens.js';
import { resolveHyperparameters, SETTINGS, type TrainOptions } from '../../sae/settings.js';
import type { SaeMetrics, TrainProgress } from '../../sae/types.js';
import type { VectorSource } from '../../vectors/types.js';
import type { SplicedSae } from '../downstream/downstream.js';

/** The knob that sets how sparse an architecture is. */
export type Knob = 'k' | 'l1' | 'targetL0';

export interface SweepSpec {
  /** Name of the SAE and of its folder. */
  name: string;
  options: TrainOptions;
  knob: { name: Knob; value: number } | null;
}

/** One SAE of a sweep, as sweep.json lists it. */
export interface SweepRow extends Partial<SaeMetrics> {
  name: string;
  architecture: string;
  knob: { name: Knob; value: number } | null;
  /** Folder of the SAE below the sweep's; absent where training failed. */
  folder?: string;
  error?: string;
  /** With --downstream. */
  downstream?: SplicedSae;
}

/** Levels around an architecture's default, where none are asked for. */
const LEVELS = [0.25, 0.5, 1, 2];

/** The knob of an architecture under these options; null where it has none. */
export function knobOf(options: Pick<TrainOptions, 'architecture' | 'penalty'>): Knob | null {
  const { uses } = architecture(options.architecture);
  if (uses.has('targetL0') && options.penalty === 'quadratic') return 'targetL0';
  return uses.has('k') ? 'k' : uses.has('l1') ? 'l1' : null;
}

/** The grid. `levels`: what the user gave for each knob. */
export function gridOf(
  archs: readonly string[],
  base: Omit<TrainOptions, 'architecture'>,
  levels: Partial<Record<Knob, readonly number[]>>,
  dIn: number,
): SweepSpec[] {
  const specs: SweepSpec[] = [];
  for (const name of archs) {
    const uses = architecture(name).uses;
    // Settings of other architectures are no error in a sweep over several.
    const options = { ...base, architecture: name } as TrainOptions;
    for (const key of SETTINGS) if (!uses.has(key)) delete options[key];
    const knob = knobOf(options);
    if (!knob) {
      specs.push({ name, options, knob: null });
      continue;
    }
    const usual = resolveHyperparameters(options, dIn)[knob]!;
    const values = levels[knob] ?? LEVELS.map((level) => rounded(knob, usual * level));
    for (const value of new Set(values)) {
      const spec = { ...options, [knob]: value };
      resolveHyperparameters(spec, dIn);
      specs.push({ name: `${name}-${knob}-${value}`, options: spec, knob: { name: knob, value } });
    }
  }
  const names = specs.map((s) => s.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new UsageError(`the sweep has ${twice} twice`);
  return specs;
}

const rounded = (knob: Knob, value: number): number =>
  knob === 'k' ? Math.max(1, Math.round(value)) : value;

export interface SweepEnvironment {
  engine: Engine;
  train: VectorSource;
  /** Vectors for the metrics. */
  evaluation: VectorSource;
  /** Folder that holds one folder per SAE. */
  storage: Storage;
  metadata: SaeMetadata;
  checkpointEvery?: number;
  signal?: AbortSignal;
  /** Points of one SAE's log. */
  onTraining?: (name: string, point: TrainProgress) => void;
  /** What is unusual about the data or about one SAE. */
  onWarning?: (name: string, message: string) => void;
  /** After every step of an SAE. */
  onStep?: (step: number, steps: number) => void;
  onTrained?: () => void;
  onEvaluated?: (done: number, total: number) => void;
}

export interface SweepOutcome {
  rows: SweepRow[];
  /** In the order of the rows; undefined where training failed. */
  folders: (SaeFolder | undefined)[];
  logs: Record<string, TrainProgress[]>;
  /** Of training: the longest record of an SAE, as they train side by side; reused ones count. */
  seconds: number;
}

/** Trains what is not there yet, on one stream, and evaluates every SAE. */
export async function sweep(env: SweepEnvironment, specs: readonly SweepSpec[]): Promise<SweepOutcome> {
  const { engine, storage, signal } = env;
  const outcomes = await trainFolders(
    engine,
    env.train,
    specs.map(({ name, options }) => ({
      storage: storage.sub(name),
      options,
      resume: true,
      checkpointEvery: env.checkpointEvery,
      metadata: { ...env.metadata, seed: options.seed },
      onProgress: (point) => env.onTraining?.(name, point),
      onWarning: (message) => env.onWarning?.(name, message),
      onStep: env.onStep,
    })),
    signal,
  );
  env.onTrained?.();
  const rows: SweepRow[] = [];
  const folders: (SaeFolder | undefined)[] = [];
  const logs: Record<string, TrainProgress[]> = {};
  for (const [i, { name, options, knob }] of specs.entries()) {
    const row: SweepRow = { name, architecture: options.architecture, knob };
    const outcome = outcomes[i];
    rows.push(row);
    if (outcome.error) {
      row.error = outcome.error.message;
      folders.push(undefined);
      continue;
    }
    signal?.throwIfAborted();
    logs[name] = outcome.log;
    const folder = await loadSaeFolder(storage.sub(name));
    folders.push(folder);
    const sae = new LoadedSae(engine, folder.config, folder.tensors);
    try {
      Object.assign(row, { folder: name }, await evaluate(sae, env.evaluation));
    } finally {
      sae.dispose();
    }
    env.onEvaluated?.(i + 1, specs.length);
  }
  const seconds = outcomes.reduce((most, o) => (o.error ? most : Math.max(most, o.seconds)), 0);
  return { rows, folders, logs, seconds };
}

/**
 * Rows that no other row beats: none has an L0 at most as large and a value at least as good, one
 * of them better. The mean of the data is a row, too: no latents, FVU 1.
 */
export function paretoFront(
  rows: readonly SweepRow[],
  value: (row: SweepRow) => number | undefined,
): Set<string> {
  const points = rows.flatMap((row) => {
    const v = value(row);
    return row.l0 === undefined || v === undefined || row.fvu! >= 1
      ? []
      : [{ name: row.name, l0: row.l0, v }];
  });
  return new Set(
    points
      .filter((a) => !points.some((b) => b.l0 <= a.l0 && b.v <= a.v && (b.l0 < a.l0 || b.v < a.v)))
      .map((p) => p.name),
  );
}

/** Levels of fidelity at which sparsity is compared. */
const FVU_LEVELS = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5];

export interface EqualFidelity {
  fvu: number;
  /** By architecture; null where its SAEs do not reach from one side of `fvu` to the other. */
  l0: Record<string, number | null>;
}

/** How many latents each architecture needs for the same FVU, at the levels that two of them cover. */
export function equalFidelity(
  rows: readonly SweepRow[],
  math: { log(x: number): number; exp(x: number): number },
): EqualFidelity[] {
  const archs = [...new Set(rows.map((r) => r.architecture))];
  return FVU_LEVELS.map((fvu) => ({
    fvu,
    l0: Object.fromEntries(archs.map((name) => [name, l0At(rows, name, fvu, math) ?? null])),
  })).filter(({ l0 }) => Object.values(l0).filter((v) => v !== null).length >= 2);
}

/**
 * L0 at which `name` reaches `fvu`, by linear interpolation of log L0 over log FVU between
 * neighbouring SAEs of its own front (what has not converged is on none); undefined outside
 * of what it covers.
 */
export function l0At(
  rows: readonly SweepRow[],
  name: string,
  fvu: number,
  math: { log(x: number): number; exp(x: number): number },
): number | undefined {
  const all = rows.filter((r) => r.architecture === name && r.l0! > 0 && r.fvu! > 0);
  const front = paretoFront(all, (r) => r.fvu);
  const own = all.filter((r) => front.has(r.name)).sort((a, b) => a.fvu! - b.fvu!);
  for (let i = 0; i + 1 < own.length; i++) {
    const [a, b] = [own[i], own[i + 1]];
    if (a.fvu! <= fvu && fvu <= b.fvu!) {
      const span = math.log(b.fvu! / a.fvu!);
      const share = span > 0 ? math.log(fvu / a.fvu!) / span : 0;
      return math.exp(math.log(a.l0!) + share * math.log(b.l0! / a.l0!));
    }
  }
  return undefined;
}
