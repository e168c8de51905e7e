// A folder of `pack`, opened for the library.
import { problemsOf } from '../study/artefact/check.js';
import type { ArtefactManifest } from '../study/artefact/manifest.js';
import { Artefact } from '../study/artefact/open.js';
import type { MatrixRows } from '../vectors/matrix.js';
import type { Metadata } from '../vectors/metadata.js';
import { type Call, type CallOptions, open } from './call.js';
import { OpenedSae } from './open-sae.js';
import type { OutSpec, Platform } from './platform.js';

/** An artefact, and its SAEs ready to compute. */
export class OpenedArtefact {
  constructor(
    readonly artefact: Artefact,
    readonly call: Pick<Call, 'engine'>,
  ) {}

  get manifest(): ArtefactManifest {
    return this.artefact.manifest;
  }

  /** Vectors, [documents, d], read in pieces. InputError: damaged. */
  rows(): Promise<MatrixRows> {
    return this.artefact.rows();
  }

  /** Records of the documents, in the order of the vectors. */
  records(): Promise<Metadata> {
    return this.artefact.records();
  }

  /** SAE number `i`; dispose() gives its memory back. */
  async sae(i: number): Promise<OpenedSae> {
    const { label } = this.artefact.saeStorage(i);
    const folder = await this.artefact.sae(i);
    return new OpenedSae(this.call.engine, { ...folder, format: 'saelens', label, isFile: false });
  }

  /** Names of its features. */
  labels(i: number) {
    return this.artefact.labels(i);
  }

  families() {
    return this.artefact.families();
  }

  /** What is not as it was written or does not fit, a line each. */
  problems(): Promise<string[]> {
    return problemsOf(this.artefact.storage);
  }
}

/** Opens a folder of `pack`. InputError: no artefact, or its manifest is damaged. */
export async function openArtefact(
  platform: Platform,
  folder: OutSpec | URL,
  options: Pick<CallOptions, 'engine' | 'signal'> = {},
): Promise<OpenedArtefact> {
  const storage = await platform.saeStorage(folder, { signal: options.signal });
  const { engine } = await open(platform, options);
  return new OpenedArtefact(await Artefact.open(storage), { engine });
}
