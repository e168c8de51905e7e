// `--shard I/N` of the commands whose work is cut over machines (docs/cluster.md).
import { parseShare, type Share } from '../pipeline/shards/share.js';
import type { Options } from './options.js';

export const SHARD_OPTION = {
  shard: {
    kind: 'text',
    value: 'I/N',
    help: 'only the I-th of N shards of the work, into a folder of `out`; curvesae merge joins them',
  },
} as const satisfies Options;

export interface ShardOption {
  /** Only the I-th of N shards of the work, as `'1/4'`, into a folder of `out`; merge() joins them. */
  shard?: string;
}

/** UsageError: not I/N. */
export const shareOf = (text: string | undefined): Share | undefined =>
  text === undefined ? undefined : parseShare(text);

/** Whether a call is of a shard: what it reports is another thing. */
export const isShard = <T extends object>(options: T): options is T & Required<ShardOption> =>
  (options as ShardOption | null)?.shard !== undefined;
