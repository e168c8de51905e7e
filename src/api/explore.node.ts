// `explore`: a run, or embeddings and their features, as pages: served on this machine or written as files.
import { UsageError } from '../core/errors.js';
import { exportSite } from '../explorer/export.node.js';
import { DEFAULT_PORT, serve } from '../explorer/server.node.js';
import type { Site } from '../explorer/site.js';
import type { ExplorerData } from '../study/facts/data.js';
import { cacheFolder } from './cache.node.js';
import { CALL_OPTIONS, type Call, type CallOptions, open, type SeedOption } from './call.js';
import { ENDPOINT_OPTIONS, type EndpointOption } from './endpoint-options.js';
import { type ExploredEmbeddings, embeddingsOf, openAtlas } from './explorer/atlas.node.js';
import { openExplorer } from './explorer/open.node.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';
import { SEED_OPTION } from './seed-option.js';
import { WINDOW_OPTIONS } from './texts.js';
import { VERSION } from './version.js';

export const EXPLORE_OPTIONS = {
  export: { kind: 'text', value: 'OUT', help: 'write static files for any web host instead of serving' },
  port: {
    kind: 'integer',
    value: 'N',
    help: `port of 127.0.0.1 (default: the first free one from ${DEFAULT_PORT})`,
    min: 0,
    max: 65535,
  },
  photographs: {
    kind: 'integer',
    value: 'N',
    help: 'photographs to search for what fires each unit, evenly from those of the run',
    min: 1,
    max: 1_000_000,
    default: 1000,
  },
  model: {
    kind: 'text',
    value: 'MODEL',
    help: 'the weights of the run, or of tokens, where they have moved',
  },
  tokenizer: WINDOW_OPTIONS.tokenizer,
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'the photographs, where they have moved',
  },
  map: {
    kind: 'choice',
    of: ['pca', 'umap'],
    help: 'of embeddings: documents by principal components (default), or by UMAP of some of them (needs umap-js)',
    default: 'pca',
  },
  ...ENDPOINT_OPTIONS,
  ...SEED_OPTION,
} as const satisfies Options;

const EXPLORE_CALL_OPTIONS = {
  runs: {
    kind: 'list',
    value: 'DIR',
    help: 'folders of runs, one or two; or one of pack, or of embed',
    required: true,
  },
  ...EXPLORE_OPTIONS,
} as const satisfies Options;

export interface ExploreCall extends EndpointOption, SeedOption, CallOptions {
  /** Folder of a run, or of two to compare; or one folder of pack() or embed(). */
  runs: string | readonly string[];
  /** Folder for static files, instead of serving. */
  export?: string;
  /** Port of 127.0.0.1; the first free one from 7373 unless given. */
  port?: number;
  /** Photographs to search for what fires each unit; 1000 unless given. */
  photographs?: number;
  /** The weights of the run, or of the network whose tokens were embedded, where they have moved. */
  model?: string;
  /** Of tokens: tokenizer.json, or a folder with it; beside the weights unless given. */
  tokenizer?: string;
  /** The photographs of the run, where they have moved. */
  images?: string | readonly string[];
  /** Of embeddings: `'pca'` unless given. */
  map?: 'pca' | 'umap';
}

export interface ExploredRun {
  folder: string;
  model: string;
  tap: string;
  features: number;
  photographs: number;
  reused: boolean;
  /** Parts that could not be made, and why. */
  missing: readonly { part: string; reason: string }[];
}

interface Explored {
  runs: ExploredRun[];
  /** Absent for runs. */
  embeddings?: ExploredEmbeddings;
}

/** An export: `files` files in the folder `export`. A server: its address, until close() is called. */
export type ExploreReport =
  | ({ export: string; files: number } & Explored)
  | ({ url: string; port: number; close(): void } & Explored);

export async function explore(platform: Platform, options: ExploreCall): Promise<ExploreReport> {
  const o = checked('explore', EXPLORE_CALL_OPTIONS, options, CALL_OPTIONS);
  if (o.runs.length < 1 || o.runs.length > 2)
    throw new UsageError(`give the folder of a run, or two to compare, not ${o.runs.length}`);
  const embeddings = await embeddingsOf(o.runs);
  const endpoint = checkOptions(o, embeddings !== undefined);
  const call = await open(platform, options);
  if (embeddings) {
    const { site, explored } = await openAtlas(platform, call, embeddings, {
      ...{
        endpoint: o.export === undefined ? endpoint : undefined,
        map: o.map,
        images: o.images,
        model: o.model,
        tokenizer: o.tokenizer,
        live: o.export === undefined,
        seed: o.seed,
      },
      ...{ cache: cacheFolder(), version: VERSION },
    });
    return show(call, site, { runs: [], embeddings: explored }, o);
  }
  const { engine, signal, stages } = call;
  const { site, runs } = await openExplorer({
    engine,
    folders: o.runs,
    photographs: o.photographs,
    model: o.model,
    images: o.images,
    cache: cacheFolder(),
    version: VERSION,
    progress: stages,
    warn: call.warn,
    signal,
  });
  for (const { index } of runs)
    for (const { part, reason } of index.missing) call.warn(`${part} missing: ${reason}`);
  return show(call, site, { runs: runs.map(describeRun) }, o);
}

/** UsageError where an option is of the other kind of folder, or half of a service is named. */
function checkOptions(
  o: {
    endpoint?: string;
    name?: string;
    keyVariable?: string;
    export?: string;
    map: string;
    tokenizer?: string;
  },
  ofEmbeddings: boolean,
): EndpointOption | undefined {
  const { endpoint, name, keyVariable } = o;
  if (
    !ofEmbeddings &&
    (endpoint !== undefined || name !== undefined || o.map !== 'pca' || o.tokenizer !== undefined)
  )
    throw new UsageError(
      'explore: --endpoint, --name, --map and --tokenizer are of embeddings, and this is a run',
    );
  if ((endpoint === undefined) !== (name === undefined))
    throw new UsageError('explore: a text is embedded by --endpoint URL and --name MODEL together');
  if (keyVariable !== undefined && endpoint === undefined)
    throw new UsageError('explore: --key-variable is of a service; name it with --endpoint and --name');
  if (endpoint !== undefined && o.export !== undefined)
    throw new UsageError('explore: static files ask no service; leave out --endpoint, or serve the pages');
  return endpoint === undefined ? undefined : { endpoint, name, keyVariable };
}

async function show(
  { signal, stages }: Call,
  site: Site,
  explored: Explored,
  o: { export?: string; port?: number },
): Promise<ExploreReport> {
  if (o.export === undefined) {
    const { url, port, close } = await serve(site, o.port);
    return { url, port, ...explored, close };
  }
  stages.start('export');
  const { files } = await exportSite(site, o.export, {
    signal,
    onProgress: (done, total) => stages.update(done, total, 'files'),
  });
  stages.finish(`${files} files`);
  return { export: o.export, files, ...explored };
}

function describeRun({ index, run, reused }: ExplorerData): ExploredRun {
  return {
    folder: run.storage.label,
    model: index.run.model.name,
    tap: index.run.tap,
    features: index.counts.features,
    photographs: index.pictures.shown,
    reused,
    missing: index.missing,
  };
}
