// `label`: names for features, each with its score on documents that were held out from the naming.
import { InputError, UsageError } from '../core/errors.js';
import { canonicalJson, sha256 } from '../core/hash.js';
import { Rng } from '../core/random.js';
import { parseCsv } from '../formats/csv.js';
import { parseJsonObject } from '../formats/json.js';
import type { Storage } from '../formats/storage.js';
import { ChatEndpoint } from '../study/labels/chat.js';
import { projectedColumns } from '../study/labels/controls.js';
import { categoriesOf, chooseFields, termsOf, textOf } from '../study/labels/corpus.js';
import { type Chosen, chooseDocuments, type Explained, explain } from '../study/labels/explain.js';
import { type Corpus, Namer } from '../study/labels/naming.js';
import type { Column, HeldOut } from '../study/labels/score.js';
import { type LabelScores, scoresOf } from '../study/labels/summary.js';
import { activeLists, type ByFeature, byFeature, firingCounts } from '../units/active-lists.js';
import { type FeatureLabel, type FeatureLabels, parseLabelsFile } from '../units/labels.js';
import { evenRow } from '../vectors/even-rows.js';
import { joinMetadata, type Metadata } from '../vectors/metadata.js';
import { randomDirections } from '../vectors/random-directions.js';
import type { VectorSource } from '../vectors/types.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { checkWidth } from './checks.js';
import { ENDPOINT_OPTIONS, type EndpointOption, endpointOptions } from './endpoint-options.js';
import { SEED_OPTION } from './groups.js';
import { SAE_OPTION, type SaeOption } from './matrix.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { type Checked, checked, type Options } from './options.js';
import type { Platform, VectorsSpec } from './platform.js';

export const LABEL_OPTIONS = {
  in: {
    kind: 'text',
    value: 'E',
    help: 'embeddings: a folder of embed, an activation store, or a matrix file',
    required: true,
    object: true,
  },
  meta: {
    kind: 'text',
    value: 'FILE',
    help: 'a record a document: .jsonl or .csv, with .gz or not, or .parquet; of a folder of embed its own unless given',
  },
  out: { kind: 'text', value: 'FILE', help: 'labels.json', required: true },
  text: {
    kind: 'list',
    value: 'FIELD,...',
    help: 'fields whose words name features (default: what reads like text)',
  },
  categories: {
    kind: 'list',
    value: 'FIELD,...',
    help: 'fields whose values name features (default: those of few distinct values)',
  },
  names: {
    kind: 'text',
    value: 'FILE',
    help: 'names of your own: {"f12": "a name"}, or CSV with the columns feature and label',
  },
  features: { kind: 'list', value: 'f1,f2,...', help: 'only these features' },
  ...ENDPOINT_OPTIONS,
  controls: {
    kind: 'integer',
    value: 'N',
    help: 'random directions and single dimensions that are named and scored the same way (default 100; with --endpoint 10)',
    min: 0,
    max: 10_000,
  },
  most: {
    kind: 'integer',
    value: 'N',
    help: 'documents to look at, evenly spaced over all',
    min: 10,
    default: 200_000,
  },
  ...SEED_OPTION,
} as const satisfies Options;

export interface LabelCall extends SaeOption, EndpointOption, SeedOption, CallOptions {
  /** Documents, [n, d_in]. */
  in: VectorsSpec;
  /** File of their records; of a folder of embed its own unless given. */
  meta?: string;
  /** labels.json. */
  out: string;
  /** Fields whose words name features. */
  text?: string | readonly string[];
  /** Fields whose values name features. */
  categories?: string | readonly string[];
  /** File of the user's own names. */
  names?: string;
  /** Only these features, as `'f12'`. */
  features?: string | readonly string[];
  /** Random directions and dimensions that are named the same way; 100, with an endpoint 10, unless given. */
  controls?: number;
  /** Documents looked at, evenly spaced; 200,000 unless given. */
  most?: number;
}

/** The controls' file, beside labels.json. */
export interface LabelReport {
  out: string;
  documents: number;
  heldOut: number;
  features: LabelScores;
  /** The same naming of random directions, and of single dimensions of the vectors: what chance gives. */
  random: LabelScores;
  dimensions: LabelScores;
  /** Tokens of the chat service; null where none was asked, or it does not say. */
  tokens: number | null;
  settings: { text: string[]; categories: string[]; seed: number; model: string | null };
}

type Asked = Checked<typeof LABEL_OPTIONS & typeof SAE_OPTION, LabelCall>;

/** Names one column of activations; undefined where it fires too rarely. `key`: what it is, for what is kept. */
type NameColumn = (fires: Column, key: string, given?: string) => Promise<FeatureLabel | undefined>;

const STREAM = { heldOut: 0x4e1d, directions: 0xd14e, choice: 0xc401 };
/** One document in so many is held out from the naming. */
const HELD_OUT = 3;

export async function label(platform: Platform, options: LabelCall): Promise<LabelReport> {
  const o = checked('label', { ...SAE_OPTION, ...LABEL_OPTIONS }, options, CALL_OPTIONS);
  const chat = chatOf(platform, o, options);
  const wanted = wantedFeatures(o.features);
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  const vectors = await platform.openVectors(o.in);
  const source = vectors.source('all');
  const given = o.names === undefined ? undefined : await namesOf(platform, o.names);
  const metadata = await metadataOf(platform, o, vectors, source);
  const fields = chooseFields(metadata, { text: o.text, categories: o.categories });
  if (chat && !fields.text.length)
    throw new UsageError(
      'label: a chat model reads texts, and no field of the metadata is one; name it with --text',
    );
  const sae = await openSae(platform, o.sae, { engine, signal });
  try {
    checkWidth('label', source.d, sae.config.dIn);
    const { storage, name } = await platform.fileIn(o.out);
    stages.start('features');
    const pool = await platform.pool(engine, undefined, call.warn);
    const lists = await activeLists(sae, source, {
      ...{ most: o.most, signal, pool },
      onProgress: (done, total) => stages.update(done, total, 'documents'),
    }).finally(() => pool.dispose());
    const { documents } = lists;
    const columns = byFeature(lists);
    stages.finish(`${lists.index.length} activations on ${documents} documents`);
    const records = Array.from(
      { length: documents },
      (_, i) => metadata.records[evenRow(i, documents, source.count)],
    );
    stages.start('terms');
    const held = heldOut(documents, o.seed);
    const corpus: Corpus = {
      ...{ math: engine.math, documents, held },
      terms: termsOf(records, fields.text),
      categories: categoriesOf(records, fields.categories),
    };
    stages.finish(`${corpus.terms.names.length} terms, ${corpus.categories.names.length} categories`);
    const namer = new Namer(corpus);
    const byMetadata: NameColumn = async (fires, _key, given) => namer.name(fires, given);
    const kept = chat && storage.sub(`${name}.answers`);
    const nameColumn = chat
      ? explained(chat, namer, held, (s) => textOf(records[s], fields.text), kept!, o.seed, call)
      : byMetadata;
    const job = { call, sae, columns, wanted, given };
    const labels = await nameFeatures(job, nameColumn);
    const report: LabelReport = {
      ...{ out: o.out, documents, heldOut: held.count, features: scoresOf(Object.values(labels)) },
      ...(await controlScores(job, source, o, nameColumn, chat !== undefined)),
      tokens: chat?.tokens ?? null,
      settings: {
        ...{ text: [...fields.text], categories: [...fields.categories] },
        seed: o.seed,
        model: chat?.model ?? null,
      },
    };
    await storage.write(controlsName(name), `${JSON.stringify(report, null, 1)}\n`);
    await storage.write(name, `${JSON.stringify(labels, null, 1)}\n`);
    return report;
  } finally {
    sae.dispose();
  }
}

/** labels.json -> labels.controls.json. */
const controlsName = (name: string): string => `${name.replace(/\.json$/i, '')}.controls.json`;

function chatOf(
  platform: Platform,
  o: Asked,
  { warn = console.warn }: CallOptions,
): ChatEndpoint | undefined {
  if (o.endpoint === undefined) return undefined;
  if (o.name === undefined)
    throw new UsageError('label: --endpoint needs --name, the model as the service names it');
  if (o.names !== undefined) throw new UsageError('label: give --names or --endpoint, not both');
  return new ChatEndpoint(o.endpoint, o.name, endpointOptions(platform, o, 'chat/completions', warn));
}

function wantedFeatures(features: readonly string[] | undefined): Set<number> | undefined {
  if (!features) return undefined;
  return new Set(
    features.map((name) => {
      const number = /^f(\d{1,9})$/.exec(name)?.[1];
      if (number === undefined) throw new UsageError(`label: '${name}' is no feature; write f12`);
      return Number(number);
    }),
  );
}

async function namesOf(platform: Platform, file: string): Promise<Map<number, string>> {
  const bytes = await platform.readFile(file, 2 ** 28, 'give a file of names');
  if (!/\.csv$/i.test(file)) {
    return new Map([...parseLabelsFile(bytes, file)].map(([f, { label }]) => [f, label]));
  }
  const { header, rows } = parseCsv(new TextDecoder().decode(bytes), file);
  const [feature, name] = ['feature', 'label'].map((h) => header.indexOf(h));
  if (feature < 0 || name < 0)
    throw new InputError(
      `${file}: its columns must be named feature and label (they are ${header.join(', ')})`,
    );
  return new Map(
    rows.map(({ line, fields }) => {
      const number = /^f?(\d{1,9})$/.exec(fields[feature].trim())?.[1];
      if (number === undefined)
        throw new InputError(`${file}: line ${line}: '${fields[feature]}' is no feature`);
      return [Number(number), fields[name]];
    }),
  );
}

async function metadataOf(
  platform: Platform,
  { meta }: Asked,
  vectors: { metadata?: () => Promise<Metadata>; ids?: readonly string[] },
  source: VectorSource,
): Promise<Metadata> {
  const own = meta === undefined ? await vectors.metadata?.() : undefined;
  if (meta === undefined && !own)
    throw new UsageError('label: these vectors have no records of their own; give --meta FILE');
  const metadata = own ?? (await platform.readMetadata(meta!));
  return joinMetadata(metadata, { count: source.count, label: 'the embeddings', ids: vectors.ids });
}

function heldOut(documents: number, seed: number): HeldOut {
  const rng = new Rng(seed, STREAM.heldOut);
  const mask = Uint8Array.from({ length: documents }, () => Number(rng.below(HELD_OUT) === 0));
  return { mask, count: mask.reduce((n, m) => n + m, 0) };
}

const columnOf = ({ start, document, value }: ByFeature, f: number): Column => ({
  document: document.subarray(start[f], start[f + 1]),
  value: value.subarray(start[f], start[f + 1]),
});

interface Job {
  call: Call;
  sae: OpenedSae;
  columns: ByFeature;
  wanted: ReadonlySet<number> | undefined;
  given: ReadonlyMap<number, string> | undefined;
}

/** What the job is about, by number. */
function featuresOf({ sae, wanted, given }: Job): number[] {
  const { dSae } = sae.config;
  for (const f of [...(wanted ?? []), ...(given?.keys() ?? [])])
    if (f >= dSae)
      throw new UsageError(`label: f${f} is not a feature of this SAE, which has f0 to f${dSae - 1}`);
  const all = Array.from({ length: dSae }, (_, f) => f);
  return all.filter((f) => (!wanted || wanted.has(f)) && (!given || given.has(f)));
}

async function nameFeatures(job: Job, nameColumn: NameColumn): Promise<FeatureLabels> {
  const { call, columns, given } = job;
  const features = featuresOf(job);
  const labels: FeatureLabels = {};
  call.stages.start('label');
  for (const [i, f] of features.entries()) {
    call.signal?.throwIfAborted();
    const named = await nameColumn(columnOf(columns, f), `f${f}`, given?.get(f));
    if (named) labels[`f${f}`] = named;
    call.stages.update(i + 1, features.length, 'features');
    if (i % 64 === 0) await new Promise((next) => setTimeout(next, 0)); // Ctrl-C is heard
  }
  call.stages.finish(`${Object.keys(labels).length} of ${features.length} features named`);
  return labels;
}

/** Names from the chat model; what was answered is kept feature by feature, so that a repeated call goes on. */
function explained(
  chat: ChatEndpoint,
  namer: Namer,
  held: HeldOut,
  text: (document: number) => string,
  kept: Storage,
  seed: number,
  { signal, warn }: Call,
): NameColumn {
  const ask = chat.asker(signal);
  return async (fires, key) => {
    const number = Number(key.replace(/\D/g, ''));
    const chosen = chooseDocuments(fires, held, new Rng(seed, STREAM.choice + number));
    if (!chosen) return undefined;
    const answer = await answered(kept, key, chosen, text, chat, () => explain(chosen, text, ask));
    if (answer.unread)
      warn(`${key}: ${answer.unread} answers of ${chat.model} hold no number and count as 0`);
    const { label, f1, pearson } = answer;
    return { label, kind: 'explained', f1, pearson, terms: namer.name(fires)?.terms ?? [] };
  };
}

async function answered(
  kept: Storage,
  key: string,
  chosen: Chosen,
  text: (document: number) => string,
  { model, label }: ChatEndpoint,
  ask: () => Promise<Explained>,
): Promise<Explained> {
  const texts = Object.values(chosen).map((list: number[]) => list.map(text));
  const identity = await sha256(canonicalJson({ model, endpoint: label, texts }));
  const file = `${key}.json`;
  if ((await kept.size(file)) !== undefined) {
    const before = parseJsonObject(await kept.read(file), `${kept.label}/${file}`, 'remove it');
    if (before.identity === identity) return before.answer as Explained;
  }
  const answer = await ask();
  await kept.write(file, `${JSON.stringify({ identity, answer })}\n`);
  return answer;
}

async function controlScores(
  job: Job,
  source: VectorSource,
  { controls, most, seed }: Asked,
  nameColumn: NameColumn,
  asks: boolean,
): Promise<Pick<LabelReport, 'random' | 'dimensions'>> {
  const { engine, signal, stages } = job.call;
  const count = controls ?? (asks ? 10 : 100);
  const { d } = source;
  const counts = firingCounts(job.columns);
  const firing = featuresOf(job)
    .map((f) => counts[f])
    .filter((n) => n > 0);
  if (!count || !firing.length) return { random: scoresOf([]), dimensions: scoresOf([]) };
  stages.start('controls');
  const dimensions = Math.min(count, d);
  const directions = new Float32Array((count + dimensions) * d);
  directions.set(randomDirections(engine.math, new Rng(seed, STREAM.directions), count, d));
  for (let i = 0; i < dimensions; i++) directions[(count + i) * d + Math.floor((i * d) / dimensions)] = 1;
  // As dense as features of the SAE, from the rarest to the most frequent.
  firing.sort((a, b) => a - b);
  const fires = (n: number) =>
    Array.from({ length: n }, (_, i) => firing[Math.floor(((i + 0.5) * firing.length) / n)]);
  const core = engine.acquire();
  try {
    const options = { most, signal };
    const all = await projectedColumns(
      core,
      source,
      directions,
      [...fires(count), ...fires(dimensions)],
      options,
    );
    const named: (FeatureLabel | undefined)[] = [];
    for (const [i, fires] of all.entries()) {
      signal?.throwIfAborted();
      named.push(await nameColumn(fires, i < count ? `random-${i}` : `dimension-${i - count}`));
      stages.update(i + 1, all.length, 'directions');
    }
    const result = { random: scoresOf(named.slice(0, count)), dimensions: scoresOf(named.slice(count)) };
    stages.finish(`${count} random directions, ${dimensions} dimensions`);
    return result;
  } finally {
    core.dispose();
  }
}
