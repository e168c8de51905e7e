// The families of one SAE as a stage: what fires on every document, who fires with whom, the same by chance.
import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import { Rng } from '../core/random.js';
import { parseJsonObject } from '../formats/json.js';
import type { LoadedSae } from '../sae/inference.js';
import { shuffledLists } from '../study/families/chance.js';
import { type Family, type FamilyOptions, findFamilies } from '../study/families/families.js';
import { activeLists, byFeature } from '../units/active-lists.js';
import type { VectorSource } from '../vectors/types.js';
import type { StageEnvironment } from './environment.js';
import { completeFile, runStage } from './stage.js';

export interface FamiliesJob extends StageEnvironment {
  engine: Engine;
  pool: Pool;
  /** What it is called in what is told. */
  label: string;
  sae: LoadedSae;
  saeHash: string;
  vectors: VectorSource;
  settings: Omit<FamilyOptions, 'clean' | 'check'>;
  /** Features that may be in families; all unless given. */
  clean?: ReadonlySet<number>;
  /** Documents looked at; all unless given. */
  most?: number;
  /** Whether the same is found of shuffled activations. */
  chance: boolean;
  seed: number;
}

/** What families.json is made of, for one SAE. */
export interface FoundFamilies {
  families: Family[];
  /** [d_sae], share of documents on which each feature fires. */
  density: number[];
  pairs: number;
  candidates: number;
  documents: number;
  chance: { pairs: number; families: number } | null;
}

const FILE = 'found.json';
const CHANCE_STREAM = 0xfa31;

export async function familiesStage(job: FamiliesJob): Promise<FoundFamilies> {
  const { label, saeHash, vectors, settings, clean, most, chance, seed, out, progress } = job;
  const identity = {
    ...{ sae: saeHash, vectors: vectors.hash, settings, chance, seed },
    ...{ clean: clean ? [...clean].sort((a, b) => a - b) : null, most: most ?? null },
  };
  const { value } = await runStage(out, progress, {
    name: 'families',
    identity,
    complete: (folder) =>
      completeFile(
        folder,
        FILE,
        async () => new TextEncoder().encode(`${JSON.stringify(await find(job))}\n`),
        async () =>
          parseJsonObject(await folder.read(FILE), `${folder.label}/${FILE}`) as unknown as FoundFamilies,
        progress.warn,
      ),
    summary: (v) =>
      `${label}: ${v.families.length} families${v.chance ? `, by chance ${v.chance.families}` : ''}`,
  });
  return value;
}

async function find({
  engine,
  pool,
  sae,
  vectors,
  settings,
  clean,
  ...job
}: FamiliesJob): Promise<FoundFamilies> {
  const { most, chance, seed, signal, progress } = job;
  const lists = await activeLists(sae, vectors, {
    ...{ pool, most, signal },
    onProgress: (done, total) => progress.update(done, total, 'documents'),
  });
  const options = {
    ...{ ...settings, ...(clean && { clean: (f: number) => clean.has(f) }) },
    check: () => signal?.throwIfAborted(),
  };
  const of = (own: typeof lists) =>
    findFamilies({ lists: own, columns: byFeature(own) }, engine.math, options);
  const { families, density, pairs, candidates } = of(lists);
  const shuffled = chance && candidates ? of(shuffledLists(lists, new Rng(seed, CHANCE_STREAM))) : undefined;
  return {
    ...{ families, density: [...density], pairs, candidates, documents: lists.documents },
    chance: shuffled ? { pairs: shuffled.pairs, families: shuffled.families.length } : null,
  };
}
