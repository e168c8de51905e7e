// `explore`: a run as pages, served on this machine or written as files.
import { UsageError } from '../core/errors.js';
import { exportSite } from '../explorer/export.node.js';
import { DEFAULT_PORT, serve } from '../explorer/server.node.js';
import type { ExplorerData } from '../study/facts/data.js';
import { cacheFolder } from './cache.node.js';
import { CALL_OPTIONS, type CallOptions, open } from './call.js';
import { openExplorer } from './explorer/open.node.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';
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
  model: { kind: 'text', value: 'MODEL', help: 'the weights of the run, where they have moved' },
  images: {
    kind: 'list',
    value: 'DIR|GLOB|FILE,...',
    paths: true,
    help: 'the photographs of the run, where they have moved',
  },
} as const satisfies Options;

const EXPLORE_CALL_OPTIONS = {
  runs: { kind: 'list', value: 'DIR', help: 'folders of runs, one or two', required: true },
  ...EXPLORE_OPTIONS,
} as const satisfies Options;

export interface ExploreCall extends CallOptions {
  /** Folder of a run, or of two to compare. */
  runs: string | readonly string[];
  /** Folder for static files, instead of serving. */
  export?: string;
  /** Port of 127.0.0.1; the first free one from 7373 unless given. */
  port?: number;
  /** Photographs to search for what fires each unit; 1000 unless given. */
  photographs?: number;
  /** The weights of the run, where they have moved. */
  model?: string;
  /** The photographs of the run, where they have moved. */
  images?: string | readonly string[];
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

/** An export: `files` files in the folder `export`. A server: its address, until close() is called. */
export type ExploreReport =
  | { export: string; files: number; runs: ExploredRun[] }
  | { url: string; port: number; runs: ExploredRun[]; close(): void };

export async function explore(platform: Platform, options: ExploreCall): Promise<ExploreReport> {
  const o = checked('explore', EXPLORE_CALL_OPTIONS, options, CALL_OPTIONS);
  if (o.runs.length < 1 || o.runs.length > 2)
    throw new UsageError(`give the folder of a run, or two to compare, not ${o.runs.length}`);
  const call = await open(platform, options);
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
  const described = runs.map(describeRun);
  if (o.export === undefined) {
    const { url, port, close } = await serve(site, o.port);
    return { url, port, runs: described, close };
  }
  stages.start('export');
  const { files } = await exportSite(site, o.export, {
    signal,
    onProgress: (done, total) => stages.update(done, total, 'files'),
  });
  stages.finish(`${files} files`);
  return { export: o.export, files, runs: described };
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
