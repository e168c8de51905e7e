// Embeddings in the tab: index at once, everything else when it is looked at.
import { InputError } from '../../../core/errors.js';
import {
  ATLAS_FORMAT,
  ATLAS_INDEX,
  ATLAS_VERSION,
  type AtlasIndex,
  type AtlasSite,
  FEATURE_PIECE,
  featureFile,
  MAP_FILE,
  pictureOf,
  RECORD_PIECE,
  recordFile,
  SITE_FILE,
  tableFile,
} from '../../../study/atlas/format.js';
import type { FamiliesResult, NamedFamily } from '../../../study/families/result.js';
import type { LabelScores } from '../../../study/labels/summary.js';
import type { FeatureLabel } from '../../../units/labels.js';
import { json, type Tensors, tensors } from '../fetched.js';
import { type REPLACED, WorkerCalls } from '../worker-calls.js';
import { Briefs, packedJson } from './packed.js';
import type { Calls, Said } from './protocol.js';

/** Values by row, fetched once each; a failure is forgotten. */
class Kept<T> {
  #made = new Map<string, Promise<T>>();

  get(key: string, make: () => Promise<T>): Promise<T> {
    let made = this.#made.get(key);
    if (!made) {
      made = make();
      made.catch(() => this.#made.delete(key));
      this.#made.set(key, made);
    }
    return made;
  }
}

/** Chance, as `label` measured it. */
export interface LabelControls {
  features: LabelScores;
  random: LabelScores;
  dimensions: LabelScores;
}

export interface FeatureTable {
  fires: Int32Array;
  /** Row of the document that each fires on most; -1: it never fires. */
  best: Int32Array;
  largest: Float32Array;
  /** 99.9th percentile over all documents: what steering counts in. */
  strength: Float32Array;
}

/** A feature's own row of its file. */
export interface FeatureFacts {
  /** Rows of the documents that fire it, by row, and how strongly. */
  document: Int32Array;
  value: Float32Array;
  together: Relative[];
  similar: Relative[];
  /** In the other SAEs, by their number. */
  elsewhere: Map<number, Relative[]>;
}

export interface Relative {
  feature: number;
  /** Cosine of decoder rows; or share of the feature's documents that fire the other one too. */
  by: number;
}

export interface MapData {
  x: Float32Array;
  y: Float32Array;
  category: Uint8Array;
}

export class AtlasData {
  readonly briefs: Briefs;
  /** Told whenever vectors have come. */
  readonly heard = new Set<(said: Said) => void>();
  said: Said;
  #worker: WorkerCalls<Calls>;
  #started = false;
  #records = new Kept<Record<string, unknown>[]>();
  #tables = new Kept<FeatureTable>();
  #features = new Kept<Tensors>();
  #labels = new Kept<Map<number, FeatureLabel>>();
  #controls = new Kept<LabelControls | undefined>();
  #families = new Kept<FamiliesResult | undefined>();
  #map = new Kept<MapData>();

  private constructor(
    readonly site: AtlasSite,
    readonly index: AtlasIndex,
  ) {
    this.briefs = new Briefs(site.data, index.documents);
    this.said = { vectors: 0, of: index.documents };
    this.#worker = new WorkerCalls<Calls>(
      new Worker(new URL('./atlas-worker.js', import.meta.url), { type: 'module' }),
      (said) => {
        this.said = said as Said;
        for (const listener of this.heard) listener(this.said);
      },
    );
  }

  static async open(): Promise<AtlasData> {
    const site = await json<AtlasSite>(SITE_FILE);
    const index = await json<AtlasIndex>(`${site.data}/${ATLAS_INDEX}`);
    if (index?.format !== ATLAS_FORMAT || index.version !== ATLAS_VERSION)
      throw new InputError(`${site.data}: is not what these pages read; run curvesae explore again`);
    return new AtlasData(site, index);
  }

  /** Vectors begin to come: after the first view, which needs none, or with the first question. */
  start(): void {
    if (this.#started) return;
    this.#started = true;
    const { site, index } = this;
    this.#worker.call('open', { base: document.baseURI, site, index }).catch(() => {});
  }

  /** Of the worker. */
  ask<C extends keyof Calls>(call: C, take: Calls[C]['take']): Promise<Calls[C]['give'] | typeof REPLACED> {
    this.start();
    return this.#worker.call(call, take);
  }

  async record(row: number): Promise<Record<string, unknown>> {
    const file = recordFile(row);
    const records = await this.#records.get(file, () => packedJson(`${this.site.data}/${file}`));
    return records[row % RECORD_PIECE] ?? {};
  }

  picture(row: number): string | undefined {
    return this.site.pictures === null ? undefined : `${this.site.pictures}/${pictureOf(row)}`;
  }

  table(sae: number): Promise<FeatureTable> {
    return this.#tables.get(String(sae), async () => {
      const found = await tensors(`${this.site.data}/${tableFile(sae)}`);
      return {
        fires: found.ints('fires') as Int32Array,
        best: found.ints('best') as Int32Array,
        largest: found.f32('largest')!,
        strength: found.f32('strength')!,
      };
    });
  }

  async feature(sae: number, feature: number): Promise<FeatureFacts> {
    const file = featureFile(sae, feature);
    const found = await this.#features.get(file, () => tensors(`${this.site.data}/${file}`));
    const row = feature % FEATURE_PIECE;
    const start = found.ints('start') as Int32Array;
    const [from, to] = [start[row], start[row + 1]];
    const relatives = (index: string, by: string): Relative[] => {
      const ids = found.row(found.ints(index), index, row) as Int32Array;
      const values = found.row(found.f32(by), by, row) as Float32Array;
      return Array.from(ids, (id, i) => ({ feature: id, by: values[i] })).filter((r) => r.feature >= 0);
    };
    const others = this.index.saes.map((_, to) => to).filter((to) => to !== sae);
    return {
      document: (found.ints('document') as Int32Array).subarray(from, to),
      value: found.f32('value')!.subarray(from, to),
      together: relatives('together.index', 'together.share'),
      similar: relatives('similar.index', 'similar.cosine'),
      elsewhere: new Map(others.map((to) => [to, relatives(`to${to}.index`, `to${to}.cosine`)])),
    };
  }

  /** Names of features; none where the SAE was not labelled. */
  labels(sae: number): Promise<Map<number, FeatureLabel>> {
    return this.#labels.get(String(sae), async () => {
      const path = this.site.saes[sae]?.labels;
      const out = new Map<number, FeatureLabel>();
      if (!path) return out;
      for (const [name, label] of Object.entries(await json<Record<string, FeatureLabel>>(path)))
        if (/^f\d+$/.test(name) && typeof label?.label === 'string') out.set(Number(name.slice(1)), label);
      return out;
    });
  }

  controls(sae: number): Promise<LabelControls | undefined> {
    return this.#controls.get(String(sae), async () => {
      const path = this.site.saes[sae]?.controls;
      return path ? json<LabelControls>(path) : undefined;
    });
  }

  /** Undefined where none were packed. */
  families(): Promise<FamiliesResult | undefined> {
    return this.#families.get('', async () => {
      const { families } = this.site;
      return families === null ? undefined : json<FamiliesResult>(families);
    });
  }

  map(): Promise<MapData> {
    return this.#map.get('', async () => {
      const found = await tensors(`${this.site.data}/${MAP_FILE}`);
      return {
        x: found.f32('x')!,
        y: found.f32('y')!,
        category: found.ints('category') as Uint8Array,
      };
    });
  }

  /** How families.json names a feature. */
  familyName(sae: number, feature: number): string {
    return this.index.saes.length > 1 ? `${sae}:f${feature}` : `f${feature}`;
  }
}

/** SAE and feature of a name in families.json. */
export function ofFamilyName(name: string): { sae: number; feature: number } {
  const [, sae, feature] = /^(?:(\d+):)?f(\d+)$/.exec(name) ?? [];
  return { sae: Number(sae ?? 0), feature: Number(feature ?? 0) };
}

export const familiesOfSae = (found: FamiliesResult | undefined, sae: number): NamedFamily[] =>
  (found?.families ?? []).filter(({ parent }) => ofFamilyName(parent).sae === sae);
