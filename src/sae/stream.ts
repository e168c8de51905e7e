// What runs on one stream of vectors share: read and computed once, by whatever thread is asked first.
import type { Peer } from '../core/peer.js';
import { evenRows } from '../vectors/even-rows.js';
import type { VectorSource } from '../vectors/types.js';
import { geometricMedian } from './initial.js';
import { applyTo, type Preparation, type PreparationOptions, prepare } from './prepare.js';

/** Vectors that starting values are taken from. */
const INITIAL_VECTORS = 8192;

export interface Stream {
  /** What is done to the vectors before training; one object for equal options. */
  prepared(options: PreparationOptions): Promise<Preparation>;
  /** Vectors that starting values are taken from, prepared, [n][d]. */
  rows(options: PreparationOptions): Promise<Float32Array>;
  /** Their geometric median, [d]. */
  median(options: PreparationOptions): Promise<Float32Array>;
}

const known = new WeakMap<VectorSource, Stream>();

/** Of a source, the same whenever it is asked for. */
export function streamOf(source: VectorSource): Stream {
  const stream = known.get(source) ?? ofSource(source);
  known.set(source, stream);
  return stream;
}

function ofSource(source: VectorSource): Stream {
  const stream: Stream = remembered({
    prepared: (options) => prepare(source, options),
    rows: async (options) => firstVectors(source, await stream.prepared(options)),
    median: async (options) => geometricMedian(await stream.rows(options), source.d),
  });
  return stream;
}

/** To be answered for another thread's streamFrom(). */
export const streamAnswers = (source: VectorSource): Stream => {
  const stream = streamOf(source);
  return {
    prepared: (options) => stream.prepared(options),
    rows: (options) => stream.rows(options),
    median: (options) => stream.median(options),
  };
};

/** From now on the stream of `source` is what another thread answers. */
export function streamFrom(peer: Peer, source: VectorSource): void {
  const asked = (name: keyof Stream) => (options: PreparationOptions) => peer.call<never>(name, options);
  known.set(
    source,
    remembered({ prepared: asked('prepared'), rows: asked('rows'), median: asked('median') }),
  );
}

/** Each answer once; one that failed is asked for again. */
function remembered(stream: Stream): Stream {
  const once = <T>(of: (options: PreparationOptions) => Promise<T>) => {
    const made = new Map<string, Promise<T>>();
    return ({ centre, clipVectors }: PreparationOptions): Promise<T> => {
      const key = `${centre} ${clipVectors}`;
      const before = made.get(key);
      if (before) return before;
      const now = of({ centre, clipVectors });
      made.set(key, now);
      now.catch(() => made.delete(key));
      return now;
    };
  };
  return { prepared: once(stream.prepared), rows: once(stream.rows), median: once(stream.median) };
}

async function firstVectors(source: VectorSource, preparation: Preparation): Promise<Float32Array> {
  const { d } = source;
  const rows = await evenRows(source, INITIAL_VECTORS);
  for (let at = 0; at < rows.length; at += d) applyTo(preparation, d, rows, at, rows, at);
  return rows;
}
