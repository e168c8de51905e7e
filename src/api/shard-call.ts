// What a shard of a command reports, and the options that it keeps so that merging can end the command's work.
import type { ImageFailure } from '../images/types.js';
import type { ShareRecord } from '../pipeline/shards/record.js';
import { shareText } from '../pipeline/shards/share.js';
import { CALL_OPTIONS } from './call.js';
import type { Platform } from './platform.js';

/** Of a call with `shard`, where the command's own report is made by merging. */
export interface ShardReport {
  command: string;
  /** Of the job: the same of all its shards. */
  hash: string;
  /** Which, as `'1/4'`. */
  shard: string;
  folder: string;
  /** Of `total`: images, SAEs, masks. */
  unit: string;
  total: number;
  failures: ImageFailure[];
  /** It was finished before. */
  reused: boolean;
}

export const shardReport = (
  folder: string,
  { command, hash, shard, of, unit, total }: ShareRecord,
  failures: ImageFailure[],
  reused: boolean,
): ShardReport => ({
  ...{ command, hash, shard: shareText({ index: shard, of }), folder, unit, total, failures, reused },
});

/** Options that may be the path of something, by the library's names. */
const PATHS = ['model', 'images', 'sae', 'texts', 'tokenizer', 'activations', 'in', 'meta', 'labels'];

const isPlain = (value: unknown): boolean =>
  value === undefined ||
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every(isPlain));

/** The options that repeat a call without its shard, from any folder; null where an object is among them, which cannot be written. */
export function recordedCall(platform: Platform, options: object): object | null {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (['shard', 'out', ...CALL_OPTIONS].includes(name)) continue;
    if (!isPlain(value)) return null;
    const absolute = (v: unknown) => (typeof v === 'string' ? platform.absolute(v) : v);
    if (name === 'commandLine') out[name] = String(value).replace(/ --shard[= ]\S+/, '');
    else
      out[name] = !PATHS.includes(name)
        ? value
        : Array.isArray(value)
          ? value.map(absolute)
          : absolute(value);
  }
  return out;
}
