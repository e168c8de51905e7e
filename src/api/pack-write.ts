// The parts of an artefact as files, and its manifest.
import { digestOfFile } from '../formats/file-pieces.js';
import type { Storage } from '../formats/storage.js';
import { saveSaeAs } from '../sae/exchange/folder.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../sae/saelens.js';
import {
  type ArtefactManifest,
  type ArtefactSae,
  EMBEDDINGS_FOLDER,
  FAMILIES_FILE,
  manifestOf,
  PICTURES_FOLDER,
  README_FILE,
  within,
  writeManifest,
} from '../study/artefact/manifest.js';
import { readmeOf } from '../study/artefact/readme.js';
import { PATH_FIELD } from '../study/atlas/documents.js';
import { pictureOf } from '../study/atlas/format.js';
import { writeEmbeddings } from '../vectors/embedding-folder.js';
import type { Metadata } from '../vectors/metadata.js';
import type { Call } from './call.js';
import type { PackAsked } from './pack-options.js';
import { type Given, lastPart } from './pack-read.js';
import type { Platform } from './platform.js';
import { arePictures, picturesOfRows, writeThumbnails } from './thumbnails.js';

/** The parts, and the manifest last. */
export async function writeParts(
  platform: Platform,
  call: Call,
  storage: Storage,
  o: PackAsked,
  given: Given,
  hash: string,
): Promise<ArtefactManifest> {
  const { stages, signal } = call;
  const { rows, records, embedded, families } = given;
  const paths: string[] = [];
  const put = async (path: string, bytes: Uint8Array | string) => {
    const at = within(storage, path);
    await at.storage.write(at.name, bytes);
    paths.push(path);
  };
  stages.start('pack');
  // No path of this machine is passed on.
  const shown = records.records.map((record) =>
    Object.fromEntries(Object.entries(record).filter(([field]) => field !== PATH_FIELD || !embedded)),
  );
  const written = await writeEmbeddings(storage.sub(EMBEDDINGS_FOLDER), rows, shown, embedded);
  paths.push(
    ...['embeddings.npy', 'documents.jsonl', 'manifest.json'].map((f) => `${EMBEDDINGS_FOLDER}/${f}`),
  );
  const saes: ArtefactSae[] = [];
  for (const [i, sae] of given.saes.entries()) {
    signal?.throwIfAborted();
    const folder = `saes/${i}`;
    await saveSaeAs(storage.sub('saes').sub(String(i)), 'saelens', sae, sae.label);
    paths.push(`${folder}/${WEIGHTS_FILE}`, `${folder}/${CONFIG_FILE}`);
    const [labels, controls] = [given.labels[i], given.controls[i]];
    if (labels) await put(`labels/${i}.json`, labels);
    if (controls) await put(`labels/${i}.controls.json`, controls);
    const { architecture, dIn, dSae, k } = sae.config;
    saes.push({
      ...{ name: lastPart(sae.label), folder, architecture, dIn, dSae, k: k ?? null },
      labels: labels && `labels/${i}.json`,
      controls: controls && `labels/${i}.controls.json`,
    });
  }
  if (families) await put(FAMILIES_FILE, families);
  stages.finish(`${rows.shape[0]} vectors, ${saes.length} SAEs`);
  const pictures = arePictures(embedded?.recipe)
    ? await packPictures(platform, call, storage, o, given.own ?? records, paths)
    : null;
  const name = o.title ?? lastPart(storage.label);
  const [count, d] = written.shape;
  const documents = { count, d, dtype: written.dtype, embeddings: written.hash };
  const content = { hash, name, documents, pictures, saes, families: families && FAMILIES_FILE };
  await put(
    README_FILE,
    readmeOf(
      manifestOf({ ...content, files: {} }),
      records.fields.filter((f) => f !== PATH_FIELD || !embedded),
    ),
  );
  const files: ArtefactManifest['files'] = {};
  for (const path of paths.sort()) {
    const at = within(storage, path);
    files[path] = {
      bytes: (await at.storage.size(at.name))!,
      sha256: await digestOfFile(at.storage, at.name),
    };
  }
  const manifest = manifestOf({ ...content, files });
  await writeManifest(storage, manifest);
  return manifest;
}

async function packPictures(
  platform: Platform,
  call: Call,
  storage: Storage,
  { images, seed }: PackAsked,
  records: Metadata,
  paths: string[],
): Promise<number> {
  const folder = storage.sub(PICTURES_FOLDER);
  const refs = await picturesOfRows(platform, records, images, { seed, ...call });
  const written = await writeThumbnails(platform, call, folder, refs);
  paths.push(...written.map((row) => `${PICTURES_FOLDER}/${pictureOf(row)}`));
  return written.length;
}
