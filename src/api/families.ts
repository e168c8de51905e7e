// `families`: features that belong together, and how they split as an SAE grows.
import type { Engine } from '../core/engine.js';
import { InputError, UsageError } from '../core/errors.js';
import type { Pool } from '../core/pool.js';
import { type FoundFamilies, familiesStage } from '../pipeline/families.js';
import type { Rows } from '../sae/cosines.js';
import { decoderRows } from '../sae/stability.js';
import { cleanFeatures } from '../study/families/clean.js';
import { FAMILY_DEFAULTS } from '../study/families/families.js';
import type { FamiliesResult, FamilyCounts, NamedFamily, SplitEdge } from '../study/families/result.js';
import { pathConsistency, splittingStep } from '../study/families/splitting.js';
import { type FeatureLabel, parseLabelsFile } from '../units/labels.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { checkWidth } from './checks.js';
import { type OutOption, SEED_OPTION } from './groups.js';
import { hashOfSae, openSae } from './open-sae.js';
import { type Checked, checked, type Options } from './options.js';
import type { Platform, SaeSpec, VectorsSpec } from './platform.js';

export const FAMILIES_OPTIONS = {
  in: {
    kind: 'text',
    value: 'E',
    help: 'embeddings: a folder of embed, an activation store, or a matrix file',
    required: true,
    object: true,
  },
  out: {
    kind: 'text',
    value: 'DIR',
    help: 'families.json, and families.html to look at',
    required: true,
    object: true,
  },
  tau: {
    kind: 'number',
    value: 'T',
    help: `share of a feature's documents that another must be on (default ${FAMILY_DEFAULTS.tau}, and ${FAMILY_DEFAULTS.laterTau} after the first round, as published)`,
    min: 0,
    max: 1,
  },
  iterations: {
    kind: 'integer',
    value: 'N',
    help: 'rounds after the first, each without the roots found before',
    min: 0,
    max: 100,
    default: FAMILY_DEFAULTS.iterations,
  },
  'max-density': {
    kind: 'number',
    value: 'D',
    help: 'features that fire on this share of the documents or more are left out; the paper took 0.2',
    min: 0,
    max: 1,
    default: FAMILY_DEFAULTS.maxDensity,
  },
  labels: { kind: 'list', value: 'FILE,...', help: 'labels.json of each SAE: names to show', paths: true },
  clean: {
    kind: 'switch',
    help: "only features with a clean label, as published: F1 and Pearson of 0.8 or more, no 'topic', 'concept' ... (needs --labels)",
  },
  most: {
    kind: 'integer',
    value: 'N',
    help: 'documents to look at, evenly spaced over all (default: all)',
    min: 2,
  },
  'no-chance': { kind: 'switch', help: 'leave out the same with activations shuffled over documents' },
  ...SEED_OPTION,
} as const satisfies Options;

/** For the library; on the command line SAEs are the arguments. */
const SAES_OPTION = {
  sae: { kind: 'list', value: 'SAE,...', help: 'SAE folders', required: true, object: true },
} as const satisfies Options;

export interface FamiliesCall extends OutOption, SeedOption, CallOptions {
  /** The SAE, or several of rising capacity. */
  sae: SaeSpec | readonly SaeSpec[];
  /** Documents, [n, d_in]: a folder of embed, an activation store, a matrix. */
  in: VectorsSpec;
  /** In all rounds; 0.1, and 0.07 after the first round, unless given. */
  tau?: number;
  /** Rounds after the first; 3 unless given. */
  iterations?: number;
  /** Features that fire on this share of the documents or more are left out; 1 unless given. */
  maxDensity?: number;
  /** Files of labels, one an SAE. */
  labels?: string | readonly string[];
  /** Only features with a clean label; false unless given. */
  clean?: boolean;
  /** Documents looked at, evenly spaced; all unless given. */
  most?: number;
  /** The same with shuffled activations is left out; false unless given. */
  noChance?: boolean;
}

/** families.json. */
export type FamiliesReport = FamiliesResult;

type Asked = Checked<typeof FAMILIES_OPTIONS & typeof SAES_OPTION, FamiliesCall>;

const [RESULT_FILE, PAGE_FILE] = ['families.json', 'families.html'];

interface OfSae extends FoundFamilies, Pick<FamilyCounts, 'sae' | 'dSae'> {
  decoder: Rows;
}

export async function families(platform: Platform, options: FamiliesCall): Promise<FamiliesReport> {
  const o = checked('families', { ...SAES_OPTION, ...FAMILIES_OPTIONS }, options, CALL_OPTIONS);
  const specs = (Array.isArray(o.sae) ? o.sae : [o.sae]) as SaeSpec[];
  if (!specs.length) throw new UsageError('families: give at least one SAE');
  if (o.clean && !o.labels) throw new UsageError('families: --clean chooses by labels; give --labels');
  if (o.labels && o.labels.length !== specs.length)
    throw new UsageError(`families: ${o.labels.length} files of --labels for ${specs.length} SAEs`);
  const call = await open(platform, options);
  const labels = await labelsOf(platform, o);
  await platform.ensureFolder(o.out);
  const found: OfSae[] = [];
  const pool = await platform.pool(call.engine, undefined, call.warn);
  try {
    for (const [i, spec] of specs.entries())
      found.push(await familiesOf(platform, call, { spec, labels: labels[i], pool }, o));
  } finally {
    pool.dispose();
  }
  const several = found.length > 1;
  const name = (sae: number, f: number) => (several ? `${sae}:f${f}` : `f${f}`);
  const width = found[0].decoder.data.length / found[0].decoder.count;
  const report: FamiliesReport = {
    families: found.flatMap((one, i) => namedFamilies(one, (f) => name(i, f))),
    ...splitting(call.engine, found, width, name, o.seed),
    documents: found[0].documents,
    saes: found.map(({ sae, dSae, candidates, pairs, families: own, chance }) => ({
      ...{ sae, dSae, candidates, pairs, families: own.length, chance },
    })),
    settings: { ...settingsOf(o), clean: o.clean, seed: o.seed },
  };
  const storage = platform.storage(o.out);
  await storage.write(RESULT_FILE, `${JSON.stringify(report)}\n`);
  if (platform.report) {
    const names = labels.flatMap((known, i) =>
      [...known].map(([f, { label }]) => [name(i, f), label] as const),
    );
    await storage.write(PAGE_FILE, await platform.report.families(report, new Map(names)));
  }
  return report;
}

const settingsOf = ({ tau, iterations, maxDensity }: Asked) => ({
  tau: tau ?? FAMILY_DEFAULTS.tau,
  laterTau: tau ?? FAMILY_DEFAULTS.laterTau,
  iterations,
  maxDensity,
});

async function labelsOf(
  platform: Platform,
  { labels = [], sae }: Asked,
): Promise<Map<number, FeatureLabel>[]> {
  const count = Array.isArray(sae) ? sae.length : 1;
  if (!labels.length) return Array.from({ length: count }, () => new Map());
  const out: Map<number, FeatureLabel>[] = [];
  for (const file of labels)
    out.push(parseLabelsFile(await platform.readFile(file, 2 ** 30, 'give a file of label'), file));
  return out;
}

async function familiesOf(
  platform: Platform,
  { engine, stages, signal, warn }: Call,
  { spec, labels, pool }: { spec: SaeSpec; labels: ReadonlyMap<number, FeatureLabel>; pool: Pool },
  o: Asked,
): Promise<OfSae> {
  const { note, source } = await platform.openVectors(o.in);
  if (note) warn(note);
  const vectors = source('all');
  const sae = await openSae(platform, spec, { engine, signal });
  try {
    checkWidth('families', vectors.d, sae.config.dIn);
    const found = await familiesStage({
      ...{ engine, pool, out: platform.storage(o.out), progress: stages, signal, label: sae.label },
      ...{ sae, saeHash: await hashOfSae(sae), vectors, settings: settingsOf(o), most: o.most, seed: o.seed },
      ...{ clean: o.clean ? cleanFeatures(labels) : undefined, chance: !o.noChance },
    });
    if (!found.candidates)
      throw new InputError(
        `${sae.label}: no feature can be in a family: ${o.clean ? 'none has a clean label' : 'none fires on these vectors'}`,
      );
    return { ...found, sae: sae.label, dSae: sae.config.dSae, decoder: decoderRows(sae) };
  } finally {
    sae.dispose();
  }
}

function namedFamilies(
  { families: found, density }: FoundFamilies,
  name: (f: number) => string,
): NamedFamily[] {
  return found.map(({ parent, children, edges, score, similarity, round }) => ({
    parent: name(parent),
    children: children.map(name),
    score,
    density: Object.fromEntries([parent, ...children].map((f) => [name(f), density[f]])),
    similarity,
    round,
    edges: edges.map(([a, b]) => [name(a), name(b)]),
  }));
}

/** From each SAE to the next larger one, and how paths over several agree with the direct step. */
function splitting(
  engine: Engine,
  found: readonly OfSae[],
  d: number,
  name: (sae: number, f: number) => string,
  seed: number,
): Pick<FamiliesReport, 'splitting' | 'consistency'> {
  const order = found.map((_, i) => i).sort((a, b) => found[a].dSae - found[b].dSae || a - b);
  const step = (small: number, large: number) =>
    splittingStep(engine, found[small].decoder, found[large].decoder, d);
  const steps = order.slice(1).map((large, i) => step(order[i], large));
  const edges: SplitEdge[] = steps.flatMap(({ from, cosine }, i) =>
    Array.from(from, (f, to) => ({
      from: name(order[i], f),
      to: name(order[i + 1], to),
      cosine: cosine[to],
    })),
  );
  if (steps.length < 2) return { splitting: edges, consistency: null };
  const [smallest, largest] = [order[0], order[order.length - 1]];
  const { mean, chance, jaccard } = pathConsistency(
    found[smallest].dSae,
    steps,
    step(smallest, largest),
    seed,
  );
  const features = Object.fromEntries(jaccard.map((value, f) => [name(smallest, f), value]));
  return { splitting: edges, consistency: { mean, chance, features } };
}
