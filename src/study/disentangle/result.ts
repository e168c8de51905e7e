// disentangle.json: a row for each method, attribute and seed, and what they come to.
import type { Ends, Trained } from './job.js';
import type { Attribute, Probe, ReadoutKind, Score } from './types.js';

/** A row of disentangle.json: a hard mask on held-out pairs. */
export interface DisentangleRow extends Score {
  method: string;
  attribute: string;
  /** Coordinates that the mask takes, of how many. */
  selected: number;
  of: number;
  seed: number;
  split: 'test';
  /** The same mask as it was at the last temperature. */
  soft: Score;
  /** Of an SAE without its error: nothing interchanged, everything interchanged; null where nothing is lost. */
  nothing: Score | null;
  everything: Score | null;
  /** Which coordinates. */
  chosen: number[];
  seconds: number;
  /** Of the city task at several taps. */
  tap?: string;
}

/** What the frozen read-out knows of an attribute. */
export interface ReadAttribute {
  classes: string[];
  /** Share of test entities that it names rightly: what no cause can pass by much. */
  accuracy: number;
  /** The same of the commonest class. */
  chance: number;
  /** Nothing changed, and everything patched: means over the seeds. */
  noop: Score;
  full: Score;
}

/** Mean over seeds, and half the width of its 95 % interval (Student's t); null of one seed. */
export interface Estimate {
  mean: number;
  half: number | null;
}

export interface DisentangleSummary {
  method: string;
  attribute: string;
  cause: Estimate;
  isolate: Estimate;
  disentangle: Estimate;
  soft: Estimate;
  selected: number;
  of: number;
  /** Coordinates that the masks of all seeds take. */
  always: number[];
  seconds: number;
  /** Of the city task at several taps. */
  tap?: string;
}

export interface DisentangleResult {
  task: string;
  /** null: vectors that are read as they are. Of the city task at several, all of them with commas. */
  tap: string | null;
  /** Disentangle score of a no-op, by attribute. */
  baseline: Record<string, number>;
  rows: DisentangleRow[];
  readout: { read: string | null; attributes: Record<string, ReadAttribute> };
  summary: DisentangleSummary[];
  settings: DisentangleSettings;
  version: string;
}

export interface DisentangleSettings {
  model: string | null;
  sae: string | null;
  /** `rotate 96, seed 0`: the vectors are seen behind this. */
  hidden: string | null;
  /** Side of the pictures. */
  size: number | null;
  beside: 'mean' | 'base' | null;
  /** How attributes are read; null: by answers (the city task). */
  readout: ReadoutKind | null;
  /** Pictures, rows; of the city task pairs of prompts. */
  entities: { train: number; test: number };
  /** Where units have pages. */
  explorer: string | null;
  seeds: number;
  steps: number;
  batch: number;
  rate: number;
  pairs: number;
  seed: number;
  /** Of the city task. */
  city?: CitySettings;
}

export interface CitySettings {
  /** By attribute: unique prompts, tokens of each, pairs of the file. */
  prompts: Record<string, { file: string; prompts: number; tokens: number; pairs: number }>;
  /** The city's token, from the end. */
  position: number;
  epochs: number;
  /** Which prompts of a batch methods with an SAE patch. */
  patch: 'every' | 'first';
  /** The weights are those of GPT-2 small that the paper used. */
  published: boolean;
}

/** 97.5th percentiles of Student's t with 1, 2, ... degrees of freedom. */
const T975 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228];
const T975_MANY = 1.96;

export function estimate(values: readonly number[]): Estimate {
  const n = values.length;
  const mean = values.reduce((a, b) => a + b, 0) / n;
  if (n < 2) return { mean, half: null };
  const variance = values.reduce((sum, v) => sum + (v - mean) * (v - mean), 0) / (n - 1);
  return { mean, half: (T975[n - 2] ?? T975_MANY) * Math.sqrt(variance / n) };
}

/** In the order in which methods and attributes first appear. */
export function summaries(rows: readonly DisentangleRow[]): DisentangleSummary[] {
  const groups = new Map<string, DisentangleRow[]>();
  for (const row of rows) {
    const key = `${row.method} ${row.attribute}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()].map((own) => {
    const of = (value: (row: DisentangleRow) => number) => estimate(own.map(value));
    const [first, ...others] = own.map(({ chosen }) => chosen);
    const sets = others.map((chosen) => new Set(chosen));
    return {
      ...{ method: own[0].method, attribute: own[0].attribute },
      ...{ cause: of((r) => r.cause), isolate: of((r) => r.isolate) },
      ...{ disentangle: of((r) => r.disentangle), soft: of((r) => r.soft.disentangle) },
      selected: of((r) => r.selected).mean,
      of: own[0].of,
      always: first.filter((j) => sets.every((set) => set.has(j))),
      seconds: own.reduce((sum, { seconds }) => sum + seconds, 0),
    };
  });
}

export function rowOf(
  method: string,
  attribute: string,
  seed: number,
  { score, soft, nothing, everything, selected, of, chosen, seconds }: Trained & { seconds: number },
): DisentangleRow {
  return {
    ...{ method, attribute, ...score, selected, of, seed, split: 'test' },
    ...{ soft, nothing, everything, chosen, seconds },
  };
}

/** Frozen probes and how well they read held-out entities. */
export interface ReadOut {
  probes: Probe[];
  accuracy: number[];
  chance: number[];
}

export function readAttributes(
  attributes: readonly Pick<Attribute, 'name' | 'classes'>[],
  { accuracy, chance }: Pick<ReadOut, 'accuracy' | 'chance'>,
  ends: readonly Ends[],
): Record<string, ReadAttribute> {
  const mean = (scores: readonly Score[]): Score => ({
    cause: estimate(scores.map((s) => s.cause)).mean,
    isolate: estimate(scores.map((s) => s.isolate)).mean,
    disentangle: estimate(scores.map((s) => s.disentangle)).mean,
  });
  return Object.fromEntries(
    attributes.map(({ name, classes }, a) => [
      name,
      {
        ...{ classes, accuracy: accuracy[a], chance: chance[a] },
        noop: mean(ends.map(({ noop }) => noop[a])),
        full: mean(ends.map(({ full }) => full[a])),
      },
    ]),
  );
}
