// A run's data in the tab: index and table once, chunks when they are looked at.

import { InputError } from '../../core/errors.js';
import {
  type Beside,
  chunkFile,
  EXPLORER_FORMAT,
  EXPLORER_VERSION,
  type ExplorerIndex,
  INDEX_FILE,
  MATCH_FILE,
  mapsFile,
  NAMES_FILE,
  type Part,
  PICTURE_CHUNK,
  pictureFile,
  RUNS_FILE,
  type RunsFile,
  TABLE_FILE,
  UNIT_CHUNK,
} from '../../study/facts/format.js';
import { MAPS } from '../../units/heat-maps.js';
import { formatUnit, KINDS, type Kind, type Unit } from '../../units/unit.js';
import { BesideData } from './beside.js';
import { type Ints, json, type Tensors, tensors } from './fetched.js';
import type { Match } from './match-list.js';
import { Notes } from './notes.js';

/** Chunks kept: some MB each at most. */
const KEPT_CHUNKS = 40;

/** Columns of one kind; undefined where they were not measured. */
export interface Table {
  count: number;
  column(name: string): Float32Array | undefined;
  ints(name: string): Ints | undefined;
}

export class RunData {
  #table: Promise<Tensors> | undefined;
  #chunks = new Map<string, Promise<Tensors>>();
  #names: Promise<string[]> | undefined;
  #columns = new Map<string, Float32Array | undefined>();
  #ints = new Map<string, Ints | undefined>();

  private constructor(
    readonly id: string,
    readonly label: string,
    readonly base: string,
    readonly index: ExplorerIndex,
    readonly beside: Beside,
  ) {}

  /** What others made of the run, and one's own notes: there once openRuns() is done. */
  made?: BesideData;
  notes?: Notes;

  static async open(run: RunsFile['runs'][number]): Promise<RunData> {
    const index = await json<ExplorerIndex>(`${run.data}/${INDEX_FILE}`);
    if (index?.format !== EXPLORER_FORMAT) throw new InputError(`${run.data}: no data of the explorer`);
    if (index.version !== EXPLORER_VERSION)
      throw new InputError(
        `${run.data}: data of version ${index.version}, these pages read ${EXPLORER_VERSION}; run curvesae explore again`,
      );
    const data = new RunData(run.id, run.label, run.data, index, run.beside ?? {});
    const { model, tap, hashes } = index.run;
    data.notes = new Notes({ model: model.sha256, tap, sae: hashes.sae ?? '' });
    data.made = await BesideData.of(data.beside, index.run.hashes.sae);
    await data.#mergeNotes();
    return data;
  }

  async table(kind: Kind): Promise<Table> {
    this.#table ??= tensors(`${this.base}/${TABLE_FILE}`);
    const table = await this.#table.catch((error) => {
      this.#table = undefined;
      throw error;
    });
    for (const name of [
      'neurons.field',
      ...KINDS.flatMap((k) => [`${k}.best.picture`, `${k}.best.position`]),
    ])
      if (!this.#ints.has(name)) this.#ints.set(name, table.ints(name));
    return {
      count: this.index.counts[kind],
      column: (name) => {
        const key = `${kind}.${name}`;
        if (!this.#columns.has(key)) this.#columns.set(key, table.f32(key));
        return this.#columns.get(key);
      },
      ints: (name) => {
        const key = `${kind}.${name}`;
        if (!this.#ints.has(key)) this.#ints.set(key, table.ints(key));
        return this.#ints.get(key);
      },
    };
  }

  /** Chunk that holds a unit or a photograph, and its row in it. */
  async chunk(kind: Kind | 'pictures', unit: number): Promise<{ tensors: Tensors; row: number }> {
    const chunk = await this.#chunk(chunkFile(kind, unit));
    return { tensors: chunk, row: unit % (kind === 'pictures' ? PICTURE_CHUNK : UNIT_CHUNK) };
  }

  #chunk(file: string): Promise<Tensors> {
    let chunk = this.#chunks.get(file);
    if (!chunk) {
      chunk = tensors(`${this.base}/${file}`);
      chunk.catch(() => this.#chunks.delete(file));
      if (this.#chunks.size >= KEPT_CHUNKS) this.#chunks.delete(this.#chunks.keys().next().value!);
    } else this.#chunks.delete(file);
    this.#chunks.set(file, chunk); // the last in order is the one used last
    return chunk;
  }

  async #mergeNotes(): Promise<void> {
    if (!this.beside.notes) return;
    try {
      this.notes?.merge(await json<unknown>(this.beside.notes));
    } catch (error) {
      this.made?.complaints.push(`notes.json: ${(error as Error).message}`);
    }
  }

  #loaded(name: string): Ints | undefined {
    return this.#ints.get(name);
  }

  /** Side of a unit's receptive field in pixels of the input. */
  field({ kind, index }: Unit): number {
    return (
      (kind === 'neurons' ? this.#loaded('neurons.field')?.[index] : undefined) ?? this.index.geometry.field
    );
  }

  /** The strongest place of a unit, once the table is here; undefined where nothing fires it. */
  best({ kind, index }: Unit): { picture: number; position: number } | undefined {
    const picture = this.#loaded(`${kind}.best.picture`)?.[index];
    const position = this.#loaded(`${kind}.best.position`)?.[index];
    return picture === undefined || picture < 0 || position === undefined ? undefined : { picture, position };
  }

  /** Maps of a unit's strongest photographs; undefined where none were made. */
  async maps({ kind, index }: Unit): Promise<Uint8Array[] | undefined> {
    if (!this.index.maps) return undefined;
    const { height, width } = this.index.maps;
    const chunk = await this.#chunk(mapsFile(kind, index));
    const all = chunk.row(chunk.ints('map'), 'map', index % UNIT_CHUNK) as Uint8Array | undefined;
    return (
      all &&
      Array.from({ length: MAPS }, (_, r) => all.subarray(r * height * width, (r + 1) * height * width))
    );
  }

  /** Names of the photographs. */
  names(): Promise<string[]> {
    this.#names ??= json<string[]>(`${this.base}/${NAMES_FILE}`);
    return this.#names;
  }

  picture(index: number): string {
    return `${this.base}/pictures/${pictureFile(index)}`;
  }

  /** Why a part is not there; undefined where it is. */
  lacks(part: Part): string | undefined {
    return this.index.missing.find((m) => m.part === part)?.reason;
  }

  /** `f12`, or `mixed3b_5x5:12`. */
  name(kind: Kind, unit: number): string {
    return formatUnit({ kind, index: unit }, this.index.run.tap);
  }
}

export interface Runs {
  file: RunsFile;
  all: RunData[];
}

export async function openRuns(): Promise<Runs> {
  const file = await json<RunsFile>(RUNS_FILE);
  return { file, all: await Promise.all(file.runs.map((run) => RunData.open(run))) };
}

export async function openMatch(base: string): Promise<Match> {
  const t = await tensors(`${base}/${MATCH_FILE}`);
  const side = (id: string) => ({
    index: t.ints(`${id}.index`) as Int32Array,
    cosine: t.f32(`${id}.cosine`)!,
  });
  return { a: { ...side('a'), chance: t.f32('a.chance') }, b: side('b') };
}
