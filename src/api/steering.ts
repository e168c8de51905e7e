// `search --evaluate`: how well steering works, over many queries, as numbers, a table and a picture.
import { UsageError } from '../core/errors.js';
import { Rng } from '../core/random.js';
import { parseWishes } from '../study/search/edits.js';
import { evaluateSteering as evaluated, type SteeringReport } from '../study/search/evaluate.js';
import { STEER_METHODS, type SteerMethod } from '../study/search/steer.js';
import { textsOf } from '../vectors/metadata.js';
import { CALL_OPTIONS, type CallOptions, open, type SeedOption } from './call.js';
import { checkWidth } from './checks.js';
import { DOCUMENTS_OPTIONS, type Documents, type DocumentsOptions, openDocuments } from './documents.js';
import { SEED_OPTION } from './groups.js';
import { openSae } from './open-sae.js';
import { checked, type Options } from './options.js';
import type { OutSpec, Platform, SaeSpec } from './platform.js';
import { STEER_OPTIONS } from './search.js';

/** What only the evaluation takes. */
export const EVALUATE_OPTIONS = {
  levels: {
    kind: 'numbers',
    value: 'S,S,...',
    help: 'with --evaluate: how far up, in units of strength (default 0.5,1,2,4,8)',
  },
  field: {
    kind: 'text',
    value: 'FIELD',
    help: "with --evaluate: the metadata field of the documents' categories",
    default: 'categories',
  },
  out: { kind: 'text', value: 'DIR', help: 'with --evaluate: steering.json and steering.svg', object: true },
} as const satisfies Options;

export const STEERING_OPTIONS = {
  ...DOCUMENTS_OPTIONS,
  ...STEER_OPTIONS,
  queries: { kind: 'integer', value: 'N', help: 'documents that are queries', min: 1, default: 200 },
  ...EVALUATE_OPTIONS,
  ...SEED_OPTION,
} as const satisfies Options;

export interface SteeringCall extends DocumentsOptions, SeedOption, CallOptions {
  sae: SaeSpec;
  /** Documents that are queries, of those that `where` allows; 200 unless given. Results come from all documents. */
  queries?: number;
  /** The same for every query, times each level; otherwise a random feature up, and one that fires to 0. */
  steer?: string | readonly string[];
  /** All three unless given. */
  method?: SteerMethod;
  /** 0.5, 1, 2, 4 and 8 unless given. */
  levels?: number[];
  /** Metadata field of the categories; `'categories'` unless given. */
  field?: string;
  /** Folder of steering.json and, in Node, steering.svg. */
  out?: OutSpec;
}

const LEVELS = [0.5, 1, 2, 4, 8];

export async function evaluateSteering(platform: Platform, options: SteeringCall): Promise<SteeringReport> {
  const o = checked('evaluateSteering', STEERING_OPTIONS, options, CALL_OPTIONS);
  if (o.sae === undefined)
    throw new UsageError('search: --evaluate steers by features; give their SAE with --sae');
  const levels = o.levels ?? LEVELS;
  if (!levels.every((level) => level > 0))
    throw new UsageError(`search: --levels ${levels.join(',')}: each has to be above 0`);
  const call = await open(platform, options);
  const { engine, signal, stages } = call;
  if (o.out !== undefined) await platform.ensureFolder(o.out);
  const sae = await openSae(platform, o.sae, call);
  let documents: Documents | undefined;
  try {
    const wishes = o.steer && parseWishes(o.steer, sae.config.dSae);
    documents = await openDocuments(platform, call, o, [o.field]);
    checkWidth('search', documents.matrix.shape[1], sae.config.dIn);
    const pool = await platform.pool(engine, undefined, call.warn);
    const index = await documents.index(pool);
    try {
      stages.start('steer');
      const report = await evaluated(engine.math, index, documents.matrix, sae, {
        ...{ levels, wishes, pool, signal, seed: o.seed },
        queries: drawn(documents, o.queries, o.seed),
        methods: o.method === undefined ? STEER_METHODS : [o.method],
        categories: categoriesOf(documents, o.field),
        onStep: (done, total) => stages.update(done, total, 'settings'),
      });
      stages.finish(`${report.queries} queries`);
      if (o.out !== undefined) {
        const storage = platform.storage(o.out);
        await storage.write('steering.json', `${JSON.stringify(report, null, 1)}\n`);
        if (platform.report) await storage.write('steering.svg', await platform.report.steering(report));
      }
      return report;
    } finally {
      index.dispose();
      pool.dispose();
    }
  } finally {
    documents?.dispose();
    sae.dispose();
  }
}

/** Rows of `count` documents that take part, without repeats, in order. */
function drawn({ allowed, matrix }: Documents, count: number, seed: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < matrix.shape[0]; row++) if (!allowed || allowed[row]) rows.push(row);
  const rng = new Rng(seed);
  const n = Math.min(count, rows.length);
  for (let i = 0; i < n; i++) {
    const other = i + rng.below(rows.length - i);
    [rows[i], rows[other]] = [rows[other], rows[i]];
  }
  return rows.slice(0, n).sort((a, b) => a - b);
}

/** A list, or a text whose words are categories; undefined where the documents have no such field. */
function categoriesOf({ metadata }: Documents, field: string): string[][] | undefined {
  if (!metadata?.fields.includes(field)) return undefined;
  return metadata.records.map((record) => textsOf(record[field]).flatMap((text) => text.split(/\s+/)));
}
