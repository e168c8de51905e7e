// A thread that encodes samples of every step for another one whose memory it does not share: weights and samples come as
// copies, lists of active latents go back.
import type { Engine } from '../../core/engine.js';
import { BlockEncoder } from '../encoder.js';
import type { PartLists, Selection } from '../encoding/lists.js';
import { allocParameters, padTo, type SaeParameters, type Sizes } from '../memory.js';

/** Task of a pool: it ends with the port's `stop`. */
export const COPY_TASK = 'encode-copies';

/** Tables of F floats that a selection points to, by name; b_enc is one of all. */
const TABLES = {
  ...{ relu: [], topk: [], batchtopk: [] },
  above: ['thresholds'],
  gated: ['bGate', 'scale', 'bMag'],
} as const satisfies Record<Selection['rule'], readonly string[]>;

/** Pointers of a selection's tables, b_enc's first: the same order on both sides. */
export const tablesOf = (selection: Selection, { bEnc }: SaeParameters): number[] => [
  bEnc.ptr,
  ...TABLES[selection.rule].map((name) => (selection as unknown as Record<string, number>)[name]),
];

export interface CopyStart {
  port: MessagePort;
  sizes: Sizes;
  /** Its pointers are of another memory. */
  selection: Selection;
  /** Samples at most, a multiple of 8. */
  rows: number;
  /** Entries of its lists, where they are not as many as the selection needs. */
  capacity: number | undefined;
}

/** Samples to encode. */
export interface CopyWork {
  /** [n][D], centred. */
  x: Float32Array;
  n: number;
  k: number;
  guess: number;
  /** What changed since the last samples: W_enc [F][D], which comes back, and tables. */
  weights?: { wEnc: Float32Array<ArrayBuffer>; tables: Float32Array[] };
}

/** What was found, as PartLists has it. */
export interface CopyFound extends Pick<PartLists, 'listed' | 'found' | 'samples'> {
  start: Int32Array<ArrayBuffer>;
  index: Int32Array<ArrayBuffer>;
  value: Float32Array<ArrayBuffer>;
  /** Of gated SAEs. */
  gates?: Float32Array<ArrayBuffer>;
  wEnc?: Float32Array<ArrayBuffer>;
}

export type CopyMessage = CopyWork | 'stop';

/** Serves until it is stopped. */
export function serveCopies(
  engine: Engine,
  { port, sizes, selection, rows, capacity }: CopyStart,
): Promise<void> {
  const core = engine.acquire();
  const p = allocParameters(core, sizes);
  const { D, F } = sizes;
  const own: Record<string, unknown> = { ...selection };
  for (const name of TABLES[selection.rule]) own[name] = core.alloc32(F);
  const encoder = new BlockEncoder(
    core,
    p,
    own as unknown as Selection,
    rows,
    false,
    capacity === undefined ? {} : { capacity },
  );
  const tables = tablesOf(own as unknown as Selection, p);
  const samples = core.alloc32(rows * D);
  const encoded = ({ x, n, k, guess, weights }: CopyWork): CopyFound => {
    if (weights) {
      core.f32(p.wEnc.ptr, F * D).set(weights.wEnc);
      for (const [i, table] of weights.tables.entries()) core.f32(tables[i], F).set(table);
    }
    core.f32(samples, padTo(n, 8) * D).fill(0, n * D);
    core.f32(samples, n * D).set(x);
    const { start, index, value, gates, listed, found, samples: done } = encoder.pass(samples, n, k, guess);
    return {
      ...{ listed, found, samples: done, start: core.i32(start, done + 1).slice() },
      ...{ index: core.i32(index, listed).slice(), value: core.f32(value, listed).slice() },
      ...(gates && { gates: core.f32(gates, listed).slice() }),
      ...(weights && { wEnc: weights.wEnc }),
    };
  };
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      port.close();
      core.dispose();
      settle();
    };
    port.onmessage = ({ data }: { data: CopyMessage }) => {
      if (data === 'stop') return end(resolve);
      try {
        const found = encoded(data);
        const { start, index, value, gates, wEnc } = found;
        const sent = [start, index, value, gates, wEnc].flatMap((v) => (v ? [v.buffer] : []));
        port.postMessage(found, sent);
      } catch (error) {
        end(() => reject(error));
      }
    };
    port.postMessage('ready');
  });
}
