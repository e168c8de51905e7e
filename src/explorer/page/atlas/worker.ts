// The worker of the pages about embeddings: nearest neighbours and steering with the core of this package, by the very code of
// `curvesae search`.
import { type Engine, init } from '../../../core/engine.js';
import { errorData, InputError } from '../../../core/errors.js';
import { supportedBuilds } from '../../../core/features.js';
import { Rng } from '../../../core/random.js';
import { parseSafetensors } from '../../../formats/safetensors.js';
import { LoadedSae } from '../../../sae/inference.js';
import { CONFIG_FILE, WEIGHTS_FILE } from '../../../sae/saelens.js';
import { readSaelensConfig } from '../../../sae/saelens-config.js';
import type { SaeTensors } from '../../../sae/types.js';
import type { AtlasIndex, AtlasSite, Postings } from '../../../study/atlas/format.js';
import { bucketOf, wordFile } from '../../../study/atlas/format.js';
import { wordsOf } from '../../../study/labels/corpus.js';
import { editsOf, parseWishes, strengthOf } from '../../../study/search/edits.js';
import { TOP, turned } from '../../../study/search/evaluate.js';
import { cosine as cosineOf } from '../../../study/search/lengths.js';
import { NearestIndex } from '../../../study/search/nearest.js';
import { steer } from '../../../study/search/steer.js';
import { unit, unitRows } from '../../../study/search/unit-rows.js';
import { allowedBy, checkFields, parseCondition } from '../../../study/search/where.js';
import type { MatrixRows } from '../../../vectors/matrix.js';
import { ID_FIELD, type Metadata } from '../../../vectors/metadata.js';
import { randomDirections } from '../../../vectors/random-directions.js';
import { fetched } from '../fetched.js';
import { Briefs, packedJson } from './packed.js';
import type { Calls, Question, Reply, Said } from './protocol.js';
import { streamedRows } from './vectors.js';

/** Features of a query that are told. */
const TOLD = 16;
/** How often what has come is told. */
const TELL_MS = 100;

interface Searched {
  rows: MatrixRows;
  index: NearestIndex;
}

class Atlas {
  #engine: Engine | undefined;
  #given: Promise<MatrixRows> | undefined;
  #searched = new Map<boolean, Promise<Searched>>();
  #saes = new Map<number, Promise<LoadedSae>>();
  #strengths = new Map<string, number>();
  #postings = new Map<number, Promise<Postings>>();
  #metadata: Promise<Metadata> | undefined;
  #briefs: Briefs;

  constructor(
    readonly base: string,
    readonly site: AtlasSite,
    readonly index: AtlasIndex,
  ) {
    this.#briefs = new Briefs(this.#url(site.data), index.documents);
  }

  #url = (path: string): string => new URL(path, this.base).href;

  async engine(): Promise<Engine> {
    const build = supportedBuilds().simd ? 'simd' : 'scalar';
    this.#engine ??= await init({ wasm: this.#url(`core/${build}.wasm`), workers: 0 });
    return this.#engine;
  }

  #rows(): Promise<MatrixRows> {
    const { documents, d } = this.index;
    let told = Number.NEGATIVE_INFINITY;
    this.#given ??= streamedRows(this.#url(this.site.vectors), [documents, d], (vectors) => {
      if (performance.now() - told < TELL_MS && vectors < documents) return;
      told = performance.now();
      say({ vectors, of: documents });
    });
    this.#given.catch(() => {
      this.#given = undefined;
    });
    return this.#given;
  }

  /** `cosine`: rows divided by their lengths. */
  searched(cosine: boolean): Promise<Searched> {
    let made = this.#searched.get(cosine);
    if (!made) {
      made = this.#make(cosine);
      made.catch(() => this.#searched.delete(cosine));
      this.#searched.set(cosine, made);
    }
    return made;
  }

  async #make(cosine: boolean): Promise<Searched> {
    const engine = await this.engine();
    const given = await this.#rows();
    const rows = cosine ? unitRows(engine.acquire(), given) : given;
    return { rows, index: await NearestIndex.of(engine, rows) };
  }

  sae(number: number): Promise<LoadedSae> {
    let sae = this.#saes.get(number);
    if (!sae) {
      sae = this.#loadSae(number);
      sae.catch(() => this.#saes.delete(number));
      this.#saes.set(number, sae);
    }
    return sae;
  }

  async #loadSae(number: number): Promise<LoadedSae> {
    const folder = this.#url(this.site.saes[number].folder);
    const [cfg, weights] = await Promise.all([
      fetched(`${folder}/${CONFIG_FILE}`),
      fetched(`${folder}/${WEIGHTS_FILE}`),
    ]);
    const { config } = readSaelensConfig(JSON.parse(new TextDecoder().decode(cfg)), (reason) => {
      throw new InputError(`${folder}/${CONFIG_FILE}: ${reason}`);
    });
    const tensors: SaeTensors = {};
    for (const [name, tensor] of parseSafetensors(weights, WEIGHTS_FILE).tensors)
      tensors[name] = { shape: tensor.shape, data: tensor.f32() };
    return new LoadedSae(await this.engine(), config, tensors);
  }

  async strength(
    sae: LoadedSae,
    number: number,
    feature: number,
    { rows, index }: Searched,
  ): Promise<number> {
    const key = `${number}:${feature}:${rows === (await this.#given)}`;
    let strength = this.#strengths.get(key);
    if (strength === undefined) {
      strength = await strengthOf(index, rows, sae, feature);
      this.#strengths.set(key, strength);
    }
    return strength;
  }

  /** Conditions look at what briefs have. */
  metadata(): Promise<Metadata> {
    const { title, fields } = this.index;
    this.#metadata ??= this.#briefs.all().then((briefs) => ({
      label: this.site.label,
      fields: [ID_FIELD, ...(title === null ? [] : [title]), ...fields],
      records: briefs.map(([id, name, ...values]) => ({
        [ID_FIELD]: id,
        ...(title !== null && { [title]: name }),
        ...Object.fromEntries(fields.map((field, i) => [field, values[i]])),
      })),
    }));
    return this.#metadata;
  }

  async allowed(where: readonly string[]): Promise<Uint8Array | undefined> {
    if (!where.length) return undefined;
    const conditions = where.map(parseCondition);
    const metadata = await this.metadata();
    checkFields(conditions, metadata);
    return allowedBy(conditions, metadata);
  }

  async postings(word: string): Promise<readonly number[]> {
    const bucket = bucketOf(word);
    let file = this.#postings.get(bucket);
    if (!file) {
      file = packedJson<Postings>(this.#url(`${this.site.data}/${wordFile(bucket)}`));
      file.catch(() => this.#postings.delete(bucket));
      this.#postings.set(bucket, file);
    }
    const found = await file;
    return Object.hasOwn(found, word) ? found[word] : [];
  }
}

let atlas: Atlas | undefined;

const opened = (): Atlas => {
  if (!atlas) throw new InputError('the embeddings are not open');
  return atlas;
};

async function query(question: Question): Promise<Reply> {
  const all = opened();
  const { top, cosine, where, steer: wanted, method } = question;
  const allowed = await all.allowed(where);
  const fitting = allowed ? allowed.reduce((sum, v) => sum + v, 0) : all.index.documents;
  if (!fitting) throw new InputError('no document fits these conditions');
  const searched = await all.searched(cosine);
  const { rows, index } = searched;
  const given = typeof question.of === 'number' ? (await rows.rows(question.of, 1)).slice() : question.of;
  const engine = await all.engine();
  const core = engine.acquire();
  const vector = cosine ? unit(core, given, index.d) : given;
  core.dispose();
  const options = { allowed, except: [typeof question.of === 'number' ? question.of : -1] };
  const began = performance.now();
  const [results] = await index.nearest(vector, top, options);
  let ms = performance.now() - began;
  const reply: Reply = {
    ...{ results, features: [], steered: null, allowed: fitting, ms, build: engine.info().build },
  };
  if (question.sae === undefined) return reply;
  const sae = await all.sae(question.sae);
  reply.features = sae.topFeatures(vector, TOLD)[0];
  if (!wanted.length) return reply;
  const wishes = parseWishes(wanted, sae.config.dSae);
  const strengths = new Map<number, number>();
  for (const { feature } of wishes)
    strengths.set(feature, await all.strength(sae, question.sae, feature, searched));
  const edits = editsOf(wishes, sae.encode(vector, 1), strengths);
  const steered = steer(sae, method, vector, [edits]);
  const again = performance.now();
  const [after] = await index.nearest(steered, top, options);
  ms += performance.now() - again;
  const reached = sae.encode(steered, 1);
  const fidelity = cosineOf(vector, steered);
  reply.ms = ms;
  reply.steered = {
    features: edits.map((edit, i) => ({
      ...edit,
      value: wanted[i].split('=')[1].trim(),
      reached: reached[edit.feature],
    })),
    fidelity,
    results: after,
    carried: null,
  };
  const up = edits.find(({ from, to }) => to > from);
  if (up) {
    const noise = randomDirections(engine.math, new Rng(up.feature), 1, index.d);
    const [random] = await index.nearest(turned(vector, noise, [fidelity], index.d), TOP, options);
    const carrying = async (found: readonly { row: number }[]) => {
      let count = 0;
      for (const { row } of found.slice(0, TOP)) {
        const [active] = sae.topFeatures(await rows.rows(row, 1), sae.config.dSae);
        count += Number(active.some(({ feature }) => feature === up.feature));
      }
      return count;
    };
    reply.steered.carried = {
      feature: up.feature,
      before: await carrying(results),
      after: await carrying(after),
      random: await carrying(random),
    };
  }
  return reply;
}

async function words(text: string, where: string[]): Promise<Int32Array> {
  const all = opened();
  const allowed = await all.allowed(where);
  const wanted = [...new Set(wordsOf(text))].filter((word) => !all.index.common.includes(word));
  const lists = await Promise.all(wanted.map((word) => all.postings(word)));
  lists.sort((a, b) => a.length - b.length);
  const counts = new Map<number, number>();
  for (const list of lists) {
    let row = -1;
    for (const step of list) {
      row += step;
      counts.set(row, (counts.get(row) ?? 0) + 1);
    }
  }
  const rows: number[] = [];
  if (wanted.length) {
    for (const [row, count] of counts)
      if (count === wanted.length && (!allowed || allowed[row])) rows.push(row);
  } else if (allowed) for (let row = 0; row < allowed.length; row++) if (allowed[row]) rows.push(row);
  rows.sort((a, b) => a - b);
  if (!wanted.length) return Int32Array.from(rows);
  // Titles tell what a document is about; of those that say as much, by row.
  const { title } = all.index;
  const { records } = await all.metadata();
  const inTitle = rows.map((row) => {
    const own = new Set(wordsOf(String(records[row][title ?? ID_FIELD])));
    return wanted.filter((word) => own.has(word)).length;
  });
  const order = rows.map((_, i) => i).sort((a, b) => inTitle[b] - inTitle[a] || a - b);
  return Int32Array.from(order, (i) => rows[i]);
}

const CALLS: { [C in keyof Calls]: (take: Calls[C]['take']) => Promise<Calls[C]['give']> } = {
  async open({ base, site, index }) {
    atlas = new Atlas(base, site, index);
    // Vectors come while people still look for what to ask.
    atlas.searched(index.norms.notUnit > 0).catch(() => {});
    return null;
  },
  query,
  words: ({ text, where }) => words(text, where),
  async read({ vectors, sae: number }) {
    const sae = await opened().sae(number);
    return sae.topFeatures(vectors, sae.config.dSae);
  },
  async row({ id }) {
    const { records } = await opened().metadata();
    return records.findIndex((record) => record[ID_FIELD] === id);
  },
};

const say = (said: Said): void => self.postMessage({ said });

self.onmessage = async ({ data }: MessageEvent<{ id: number; call: keyof Calls; take: never }>) => {
  try {
    const give = await CALLS[data.call](data.take);
    self.postMessage({ id: data.id, give });
  } catch (error) {
    self.postMessage({ id: data.id, error: errorData(error) });
  }
};
