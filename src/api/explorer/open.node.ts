// From folders of runs to a site: their data, made where they are not there yet, and the pages.
import { basename, join, resolve } from 'node:path';
import { encodeModel } from '../../../models/convert.js';
import { GROUND_TRUTH } from '../../../models/embedded/ground-truth.js';
import { description } from '../../../models/registry.js';
import { STEM, stemDescription } from '../../../models/stem.js';
import type { Engine } from '../../core/engine.js';
import { InputError } from '../../core/errors.js';
import { encodeJpeg } from '../../explorer/jpeg.node.js';
import type { Site } from '../../explorer/site.js';
import { nodeStorage } from '../../formats/storage.node.js';
import { nodePool } from '../../pipeline/pool.node.js';
import { type ExplorerData, type ExplorerEnvironment, explorerData } from '../../study/facts/data.js';
import { RUNS_FILE, type RunsFile } from '../../study/facts/format.js';
import { matchRuns } from '../../study/facts/match.js';
import { besideOf } from './beside.node.js';
import { findImages, findModel, isFolder } from './find.node.js';
import { addCore, decoderFile, pageFile } from './pages.node.js';

const PAGE_FILES = ['index.html', 'style.css', 'main.js', 'worker.js'];

export interface OpenOptions {
  engine: Engine;
  /** One folder of a run, or two. */
  folders: readonly string[];
  photographs: number;
  model?: string;
  images?: readonly string[];
  /** Folder of pulled weights, and of the data of runs whose folder cannot be written to. */
  cache: string;
  version: string;
  progress: ExplorerEnvironment['progress'];
  warn: (message: string) => void;
  signal?: AbortSignal;
}

export async function openExplorer(options: OpenOptions): Promise<{ site: Site; runs: ExplorerData[] }> {
  const { engine, signal, progress } = options;
  const runs: ExplorerData[] = [];
  for (const folder of options.folders) {
    if (!(await isFolder(folder)))
      throw new InputError(`${folder}: no such folder; give the folder of a run`);
    const env: ExplorerEnvironment = {
      engine,
      findModel: (run) => findModel(run, options.model, engine.math, options.cache),
      findImages: (run) => findImages(run, options.images),
      network: {
        // Geometry, which no width changes: where the network itself cannot be had.
        describe: (architecture) => (architecture === STEM ? stemDescription(1) : description(architecture)),
        encode: encodeModel,
        plantedDeg: GROUND_TRUTH.features.map((f) => f.orientationDeg),
      },
      pool: (model) => nodePool(engine, model, options.warn),
      elsewhere: nodeStorage(join(options.cache, 'explorer')),
      warn: options.warn,
      paths: [options.model ?? '', ...(options.images ?? [])],
      encodeJpeg,
      progress,
      signal,
    };
    runs.push(await explorerData(env, nodeStorage(folder), options.photographs));
  }
  const match = runs.length === 2 ? await matchRuns(engine, runs[0], runs[1]) : undefined;
  const ids = ['a', 'b'];
  const besides = runs.map(({ run }, i) => besideOf(resolve(run.storage.label), `beside/${ids[i]}`));
  const file: RunsFile = {
    version: options.version,
    runs: runs.map(({ run }, i) => ({
      id: ids[i],
      label: basename(resolve(run.storage.label)),
      data: `data/${ids[i]}`,
      beside: besides[i].paths,
    })),
    ...(match && { match: 'storage' in match ? { data: 'data/match' } : match }),
  };
  const site: Site = { files: new Map(), folders: new Map() };
  for (const name of PAGE_FILES) site.files.set(name, pageFile(name));
  addCore(site);
  site.files.set('jpeg-turbo.js', decoderFile());
  site.files.set(RUNS_FILE, { text: JSON.stringify(file) });
  runs.forEach(({ storage }, i) => {
    site.folders.set(`data/${ids[i]}`, resolve(storage.label));
  });
  for (const { files, folders } of besides) {
    for (const [path, file] of files) site.files.set(path, { file });
    for (const [path, folder] of folders) site.folders.set(path, folder);
  }
  if (match && 'storage' in match) site.folders.set('data/match', resolve(match.storage.label));
  return { site, runs };
}
