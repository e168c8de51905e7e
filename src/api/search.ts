// `search`: documents nearest to a query, before and after steering it by features of an SAE.
import { UsageError } from '../core/errors.js';
import { editsOf, parseWishes, strengthOf, type Wish } from '../study/search/edits.js';
import type { Neighbour } from '../study/search/exact.js';
import { cosine } from '../study/search/lengths.js';
import type { NearestIndex } from '../study/search/nearest.js';
import { STEER_METHODS, type SteerMethod, steer } from '../study/search/steer.js';
import { EmbeddingEndpoint } from '../vectors/endpoint.js';
import { CALL_OPTIONS, type Call, type CallOptions, open } from './call.js';
import { checkWidth } from './checks.js';
import {
  DOCUMENTS_OPTIONS,
  type Documents,
  type DocumentsOptions,
  openDocuments,
  type Query,
  type QuerySpec,
} from './documents.js';
import { ENDPOINT_OPTIONS, type EndpointOption, endpointOptions } from './endpoint-options.js';
import { type OpenedSae, openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { Platform, SaeSpec } from './platform.js';

export const STEER_OPTIONS = {
  sae: { kind: 'text', value: 'SAE', help: 'an SAE of these vectors', object: true },
  steer: {
    kind: 'list',
    value: 'f12=+2,f7=0',
    help: 'features up (+), down (-) or to a level, in units of their strength: the 99.9th percentile on the documents',
  },
  method: {
    kind: 'choice',
    of: STEER_METHODS,
    help: 'direction adds decoder rows to the query (default); clamp decodes edited latents; optimise moves the query until its latents are those',
  },
} as const satisfies Options;

export const SEARCH_OPTIONS = {
  ...DOCUMENTS_OPTIONS,
  query: {
    kind: 'text',
    value: 'Q',
    help: "a document's id, row:N, a file of one vector, or with --endpoint a text",
    object: true,
  },
  top: { kind: 'integer', value: 'N', help: 'documents found', min: 1, max: 100_000, default: 10 },
  ...ENDPOINT_OPTIONS,
  ...STEER_OPTIONS,
} as const satisfies Options;

export interface SearchCall extends DocumentsOptions, EndpointOption, CallOptions {
  /** A document's id, `row:N`, a file of one vector, with `endpoint` a text; or a vector. */
  query: QuerySpec;
  /** Documents found; 10 unless given. */
  top?: number;
  /** An SAE of these vectors. */
  sae?: SaeSpec;
  /** `'f12=+2'`, `'f7=0'`: in units of the feature's strength. */
  steer?: string | readonly string[];
  /** `'direction'` unless given. */
  method?: SteerMethod;
}

export interface SearchResult {
  id: string;
  /** Product of the vectors, their cosine where they are of unit length. */
  score: number;
  /** From 1. */
  rank: number;
}

export interface SteeredFeature {
  /** `f12`. */
  feature: string;
  /** As asked: `'+2'`, `'0'`. */
  value: string;
  /** Activation of the query, and the one that was aimed at. */
  from: number;
  to: number;
  /** Activation on the steered query. */
  reached: number;
}

export interface SearchReport {
  query: string;
  results: SearchResult[];
  /** Null where nothing was steered. */
  steered: {
    features: SteeredFeature[];
    method: SteerMethod;
    /** Cosine of the steered query and the query. */
    fidelity: number;
    results: SearchResult[];
  } | null;
}

/** What people are shown besides. */
export interface SearchView {
  report: SearchReport;
  titles: ReadonlyMap<string, string>;
  /** The query's strongest features, where an SAE is given. */
  features: { feature: number; activation: number }[];
}

/** How many features of a query are shown. */
const SHOWN = 12;

export const search = async (platform: Platform, options: SearchCall): Promise<SearchReport> =>
  (await searchAll(platform, options)).report;

export async function searchAll(platform: Platform, options: SearchCall): Promise<SearchView> {
  const o = checked('search', SEARCH_OPTIONS, options, CALL_OPTIONS);
  const { query } = options;
  if (query === undefined) throw new UsageError('search: needs the option query: what to look for');
  if (o.steer && o.sae === undefined)
    throw new UsageError('search: --steer names features of an SAE; give it with --sae');
  if (o.method !== undefined && !o.steer)
    throw new UsageError('search: --method says how to steer; give features with --steer f12=+2');
  checkEndpoint(o);
  const call = await open(platform, options);
  const endpoint = endpointOf(platform, call, o);
  const sae = o.sae === undefined ? undefined : await openSae(platform, o.sae, call);
  let documents: Documents | undefined;
  try {
    const wishes = sae && o.steer ? parseWishes(o.steer, sae.config.dSae) : [];
    documents = await openDocuments(platform, call, { ...o, where: o.where });
    if (sae) checkWidth('search', documents.matrix.shape[1], sae.config.dIn);
    const found = await documents.query(query, endpoint);
    const index = await documents.index();
    try {
      return await answer(
        { call, documents, index, sae, wishes, query: found, asked: o.steer ?? [] },
        o.top,
        o.method,
      );
    } finally {
      index.dispose();
    }
  } finally {
    documents?.dispose();
    sae?.dispose();
  }
}

interface Asked {
  call: Call;
  documents: Documents;
  index: NearestIndex;
  sae: OpenedSae | undefined;
  wishes: readonly Wish[];
  asked: readonly string[];
  query: Query;
}

async function answer(all: Asked, top: number, method: SteerMethod = 'direction'): Promise<SearchView> {
  const { documents, index, sae, query, wishes } = all;
  const options = { allowed: documents.allowed, except: [query.row] };
  const [found] = await index.nearest(query.vector, top, options);
  const titles = new Map<string, string>();
  const listed = (rows: readonly Neighbour[]): SearchResult[] =>
    rows.map(({ row, score }, i) => {
      const id = documents.idOf(row);
      const title = documents.titleOf(row);
      if (title !== undefined) titles.set(id, title);
      return { id, score, rank: i + 1 };
    });
  const report: SearchReport = { query: query.text, results: listed(found), steered: null };
  if (sae && wishes.length) {
    const { vector, features } = await steered(all, sae, method);
    const [after] = await index.nearest(vector, top, options);
    report.steered = {
      ...{ features, method, fidelity: cosine(query.vector, vector), results: listed(after) },
    };
  }
  return { report, titles, features: sae ? sae.topFeatures(query.vector, SHOWN)[0] : [] };
}

async function steered(
  { documents, index, query, wishes, asked }: Asked,
  sae: OpenedSae,
  method: SteerMethod,
): Promise<{ vector: Float32Array; features: SteeredFeature[] }> {
  const strengths = new Map<number, number>();
  for (const { feature } of wishes)
    strengths.set(feature, await strengthOf(index, documents.matrix, sae, feature));
  const edits = editsOf(wishes, sae.encode(query.vector, 1), strengths);
  const vector = steer(sae, method, query.vector, [edits]);
  const reached = sae.encode(vector, 1);
  return {
    vector,
    features: edits.map(({ feature, from, to }, i) => ({
      feature: `f${feature}`,
      value: asked[i].split('=')[1].trim(),
      ...{ from, to, reached: reached[feature] },
    })),
  };
}

/** UsageError where only half of a service is named. */
function checkEndpoint({ endpoint, name, keyVariable }: EndpointOption): void {
  if ((endpoint === undefined) !== (name === undefined))
    throw new UsageError('search: a text is embedded by --endpoint URL and --name MODEL together');
  if (keyVariable !== undefined && endpoint === undefined)
    throw new UsageError('search: --key-variable is of a service; name it with --endpoint and --name');
}

/** UsageError as endpointOptions(). */
function endpointOf(
  platform: Platform,
  { warn }: Call,
  { endpoint, name, keyVariable }: EndpointOption,
): EmbeddingEndpoint | undefined {
  if (endpoint === undefined) return undefined;
  const options = endpointOptions(platform, { endpoint, keyVariable }, 'embeddings', warn);
  return new EmbeddingEndpoint(endpoint, name!, options);
}
