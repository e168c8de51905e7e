// An artefact's parts, each read when it is asked for.
import { InputError } from '../../core/errors.js';
import { parseJsonObject } from '../../formats/json.js';
import type { Storage } from '../../formats/storage.js';
import { loadSaeFolder, type SaeFolder } from '../../sae/saelens.js';
import { type FeatureLabel, parseLabelsFile } from '../../units/labels.js';
import { embeddingRows } from '../../vectors/embedding-folder.js';
import type { MatrixRows } from '../../vectors/matrix.js';
import type { Metadata } from '../../vectors/metadata.js';
import type { FamiliesResult } from '../families/result.js';
import { ARTEFACT_FILE, type ArtefactManifest, EMBEDDINGS_FOLDER, readManifest, within } from './manifest.js';

export class Artefact {
  private constructor(
    readonly storage: Storage,
    readonly manifest: ArtefactManifest,
  ) {}

  /** InputError: no artefact, or a damaged manifest. */
  static async open(storage: Storage): Promise<Artefact> {
    const manifest = await readManifest(storage);
    if (!manifest)
      throw new InputError(
        `${storage.label}: holds no ${ARTEFACT_FILE}, so it is no artefact; curvesae pack makes one`,
      );
    return new Artefact(storage, manifest);
  }

  /** A folder of embed(). */
  get embeddings(): Storage {
    return this.storage.sub(EMBEDDINGS_FOLDER);
  }

  /** Vectors [documents, d], their files verified. InputError: damaged. */
  async rows(): Promise<MatrixRows> {
    const rows = await embeddingRows(this.embeddings);
    if (!rows) throw new InputError(`${this.storage.label}/${EMBEDDINGS_FOLDER}: holds no embeddings`);
    return rows;
  }

  /** Records of the documents, in the order of the vectors. */
  async records(): Promise<Metadata> {
    return (await this.rows()).records!();
  }

  /** The weights of SAE `i`, as SAELens stores them. */
  async sae(i: number): Promise<SaeFolder> {
    return loadSaeFolder(this.saeStorage(i));
  }

  saeStorage(i: number): Storage {
    const { storage, name } = within(this.storage, this.#sae(i).folder);
    return storage.sub(name);
  }

  /** Names of the features of SAE `i`, by their number; none where it was not labelled. */
  async labels(i: number): Promise<Map<number, FeatureLabel>> {
    const { labels } = this.#sae(i);
    return labels === null ? new Map() : parseLabelsFile(await this.#read(labels), this.#label(labels));
  }

  /** Null where families were not packed. */
  async families(): Promise<FamiliesResult | null> {
    const { families } = this.manifest;
    if (families === null) return null;
    return parseJsonObject(await this.#read(families), this.#label(families)) as unknown as FamiliesResult;
  }

  #sae(i: number) {
    const sae = this.manifest.saes[i];
    if (!sae)
      throw new InputError(
        `${this.storage.label}: has ${this.manifest.saes.length} SAEs, none is number ${i}`,
      );
    return sae;
  }

  #read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const { storage, name } = within(this.storage, path);
    return storage.read(name);
  }

  #label = (path: string): string => `${this.storage.label}/${path}`;
}
