// Embeddings in the tab: index at once, everything else when it is looked at.
import { InputError } from '../../../core/errors.js';
import {
  ATLAS_FORMAT,
  ATLAS_INDEX,
  ATLAS_VERSION,
  type AtlasIndex,
  type AtlasSite,
  type Dictionary,
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
import { formatUnit } from '../../../units/unit.js';
import { json, type Tensors, tensors } from '../fetched.js';
import type { Match } from '../match-list.js';
import { Notes } from '../notes.js';
import { type REPLACED, WorkerCalls } from '../worker-calls.js';
import { type AtlasUnit, kindOf } from './atlas-unit.js';
import { Briefs, packedJson } from './packed.js';
import type { Calls, Said } from './protocol.js';
import { factsOf, tableOf, type UnitFacts, type UnitTable } from './unit-facts.js';

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
  #tables = new Kept<UnitTable>();
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
    const data = new AtlasData(site, index);
    await data.#openNotes();
    return data;
  }

  /** One's own, by SAE; of a folder without SAEs those of its neurons. */
  #notes: Notes[] = [];
  /** Why files of notes are not shown, likewise. */
  readonly complaints: (string | undefined)[] = [];

  async #openNotes(): Promise<void> {
    const { network, saes } = this.index;
    const about = { model: network?.sha256 ?? '', tap: network?.tap ?? '' };
    const files = saes.length
      ? saes.map(({ hash }, i) => ({ sae: hash, path: this.site.saes[i].notes }))
      : [{ sae: '', path: this.site.notes }];
    for (const [i, { sae, path }] of files.entries()) {
      const notes = new Notes({ ...about, sae });
      this.#notes.push(notes);
      if (path === null) continue;
      try {
        notes.merge(await json<unknown>(path));
      } catch (error) {
        this.complaints[i] = `${path}: ${(error as Error).message}`;
      }
    }
  }

  /** Of an SAE's features; neurons have theirs beside those of the first. */
  notes(of: Dictionary): Notes {
    return this.#notes[of === 'neurons' ? 0 : of];
  }

  /** What notes call a unit. */
  noteName({ of, index }: AtlasUnit): string {
    return formatUnit({ kind: kindOf(of), index }, this.index.network?.tap);
  }

  /** One's own label of a unit, or else the given one. */
  async title(unit: AtlasUnit): Promise<string | undefined> {
    const own = this.notes(unit.of).of(this.noteName(unit))?.label;
    return own || (await this.labels(unit.of)).get(unit.index)?.label;
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

  /** The SAEs, and the neurons where there are. */
  dictionaries(): Dictionary[] {
    return [...this.index.saes.keys(), ...(this.index.neurons ? (['neurons'] as const) : [])];
  }

  table(of: Dictionary): Promise<UnitTable> {
    return this.#tables.get(String(of), async () =>
      tableOf(await tensors(`${this.site.data}/${tableFile(of)}`), this.dictionaries()),
    );
  }

  async unit(of: Dictionary, index: number): Promise<UnitFacts> {
    const file = featureFile(of, index);
    const found = await this.#features.get(file, () => tensors(`${this.site.data}/${file}`));
    const others = this.dictionaries().filter((other) => other !== of);
    return factsOf(found, index % FEATURE_PIECE, others);
  }

  /** The features of two SAEs, matched by their decoder rows. */
  async match(a: number, b: number): Promise<Match> {
    const [one, other] = await Promise.all([this.table(a), this.table(b)]);
    return { a: { ...one.nearest.get(b)!, chance: one.chance.get(b) }, b: other.nearest.get(a)! };
  }

  /** Names of features; none where the SAE was not labelled, and none of neurons. */
  labels(of: Dictionary): Promise<Map<number, FeatureLabel>> {
    return this.#labels.get(String(of), async () => {
      const path = of === 'neurons' ? null : this.site.saes[of]?.labels;
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
