// SAEs of one stream on several threads: each lane trains its share, reads the stream for itself and
// writes through this thread. Which lane an SAE trains in changes no bit of it.
import type { Engine } from '../core/engine.js';
import { errorFromData } from '../core/errors.js';
import { Peer } from '../core/peer.js';
import type { Pool } from '../core/pool.js';
import { storageAnswers } from '../formats/storage.peer.js';
import { sharedVectors } from '../vectors/shared-vectors.js';
import type { VectorSource } from '../vectors/types.js';
import { type FolderOutcome, type FolderRun, trainFolders } from './folder.js';
import { streamAnswers } from './stream.js';
import { type LaneOutcome, type LanePayload, STOP } from './tasks.js';
import type { TrainProgress } from './types.js';

/**
 * As trainFolders(), on this thread and on those of the pool: each SAE as a whole, or the steps of a single one. One lane more than there are threads, as three
 * SAEs on two cores are done sooner where the cores share the third.
 */
export async function trainLanes(
  engine: Engine,
  pool: Pool,
  source: VectorSource,
  runs: readonly FolderRun[],
  signal?: AbortSignal,
): Promise<FolderOutcome[]> {
  const count = pool.width > 1 ? Math.min(runs.length, pool.width + 1) : 1;
  if (count < 2) return trainFolders(engine, source, runs, signal, pool);
  const shared = sharedVectors(source);
  const lanes = Array.from({ length: count }, (_, lane) =>
    runs.map((_, i) => i).filter((i) => i % count === lane),
  );
  // What stops one lane stops all: those saved are gone on with by the next attempt.
  const stop = new AbortController();
  const aborted = () => stop.abort(signal!.reason);
  if (signal?.aborted) aborted();
  signal?.addEventListener('abort', aborted);
  try {
    const ends = await Promise.allSettled(
      lanes.map(async (members, lane) => {
        const own = members.map((i) => runs[i]);
        try {
          return await (lane
            ? otherThread(pool, shared, own, stop.signal)
            : trainFolders(engine, shared, own, stop.signal));
        } catch (error) {
          stop.abort(error);
          throw error;
        }
      }),
    );
    signal?.throwIfAborted();
    stop.signal.throwIfAborted();
    const outcomes: FolderOutcome[] = [];
    for (const [lane, end] of ends.entries())
      if (end.status === 'fulfilled') for (const [n, i] of lanes[lane].entries()) outcomes[i] = end.value[n];
    return outcomes;
  } finally {
    signal?.removeEventListener('abort', aborted);
  }
}

async function otherThread(
  pool: Pool,
  source: VectorSource,
  runs: readonly FolderRun[],
  signal: AbortSignal,
): Promise<FolderOutcome[]> {
  const { port1, port2 } = new MessageChannel();
  const logs: TrainProgress[][] = runs.map(() => []);
  const peer: Peer = new Peer(port1, {
    ...storageAnswers(
      () => peer,
      runs.map((run) => run.storage),
    ),
    load: (shard: number) => source.load(shard),
    whole: () => source.whole?.(),
    ...streamAnswers(source),
    point: (i: number, point: TrainProgress) => {
      logs[i].push(point);
      runs[i].onProgress?.(point, logs[i]);
    },
    step: (i: number, step: number, steps: number) => runs[i].onStep?.(step, steps),
    warning: (i: number, message: string) => runs[i].onWarning?.(message),
    remade: (i: number, message: string) => runs[i].onRemade?.(message),
  });
  const stop = () => void peer.call(STOP).catch(() => {});
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  const { d, count, hash, split, shards } = source;
  const payload: LanePayload = {
    port: port2,
    source: { d, count, hash, split, shards },
    whole: source.whole !== undefined,
    runs: runs.map(({ storage, options, metadata, resume, checkpointEvery, onRemade }) => ({
      ...{
        label: storage.label,
        options,
        metadata,
        resume,
        checkpointEvery,
        remakes: onRemade !== undefined,
      },
    })),
  };
  try {
    const outcomes = await pool.run<LaneOutcome[]>('train', payload, [port2]);
    return outcomes.map((o) => (o.error ? { error: errorFromData(o.error) } : o));
  } finally {
    signal.removeEventListener('abort', stop);
    peer.close();
  }
}
