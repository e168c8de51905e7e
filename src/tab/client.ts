// Runs that are kept in the browser, as a page handles them: training goes on in workers, what it
// makes is in the site's private file system, and a tab that was closed goes on where it was.
import type { Engine } from '../core/engine.js';
import { CurvesaeError, UnsupportedError } from '../core/errors.js';
import { canShare, sharedModule } from '../core/shared-module.js';
import { requestPersistence, type StorageSpace, storageSpace } from '../formats/opfs/explain.js';
import { packageWorker } from '../pipeline/pool.web.js';
import type { TrainProgress } from '../sae/types.js';
import type {
  Call,
  ProgressMessage,
  TabProgress,
  TabRequest,
  TabRun,
  TabRunInfo,
  ToPage,
} from './protocol.js';

export interface KeptRunsOptions {
  /** Of the site's private file system; 'curvesae' unless told. */
  folder?: string;
  warn?: (message: string) => void;
}

export interface TrainTabHooks {
  /** Steps between checkpoints; 100 unless told. Never changes a bit. */
  checkpointEvery?: number;
  /** Every tenth of a second at most. */
  onProgress?: (progress: TabProgress) => void;
  /** Aborted: the step is finished and saved, then the signal's reason is thrown. */
  signal?: AbortSignal;
}

export interface KeptRuns {
  /**
   * Trains the run `name`, or goes on with it: without a request as it was begun; with one that
   * says otherwise: UsageError. Another tab that trains it: CurvesaeError. No room: StorageFullError;
   * what was saved is kept.
   */
  train(name: string, request?: TabRequest, hooks?: TrainTabHooks): Promise<TabRun>;
  list(): Promise<TabRunInfo[]>;
  /** With the activations that no other run trains on. Refused while it is being trained. */
  delete(name: string): Promise<void>;
  /** A finished run's SAE: its folder as a zip, as SAELens reads it unpacked, or the weights alone. */
  files(name: string, format: 'zip' | 'safetensors'): Promise<Uint8Array<ArrayBuffer>>;
  /** How full the browser's storage for this site is; undefined where it does not tell. */
  space(): Promise<StorageSpace | undefined>;
  /** Asks the browser to keep what is stored even when the disk runs full; some ask the user. */
  persist(): Promise<boolean>;
  /** Ends the worker at once, as closing the tab does: unfinished runs go on from their checkpoint. */
  dispose(): void;
}

interface Pending {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
  progress?: (progress: ProgressMessage) => void;
}

/**
 * The runs that this site keeps. Extraction uses as many workers as the engine was given.
 * UnsupportedError: no worker can be started here; without one, training would block the page.
 */
export async function openKeptRuns(engine: Engine, options: KeptRunsOptions = {}): Promise<KeptRuns> {
  const { folder = 'curvesae', warn = console.warn } = options;
  const trainer = await openLine(engine, folder, warn);
  let training = 0;
  let second: Promise<Line> | undefined;
  /** Who trains is busy for the length of a picture or a step at a time: others are then asked of a second worker. */
  const line = async (): Promise<Line> => {
    if (!training) return trainer;
    second ??= openLine(engine, folder, warn);
    second.catch(() => {
      second = undefined;
    });
    return second;
  };

  return {
    async train(name, request, { checkpointEvery, onProgress, signal } = {}) {
      signal?.throwIfAborted();
      training++;
      try {
        return await trainer.ask<TabRun>(
          { call: 'train', name, request, checkpointEvery },
          onProgress && withLog(onProgress),
          signal,
        );
      } catch (error) {
        if ((error as Error).name === 'InterruptedError') signal?.throwIfAborted();
        throw error;
      } finally {
        training--;
      }
    },
    list: async () => (await line()).ask({ call: 'list' }),
    delete: async (name) => (await line()).ask({ call: 'delete', name }),
    files: async (name, format) => (await line()).ask({ call: 'files', name, format }),
    space: storageSpace,
    persist: requestPersistence,
    dispose: () => {
      trainer.end();
      void second?.then(
        (it) => it.end(),
        () => {},
      );
    },
  };
}

interface Line {
  ask<T>(call: Call, progress?: Pending['progress'], signal?: AbortSignal): Promise<T>;
  end(): void;
}

/** A worker that keeps the runs of `folder`, and what it is asked. */
async function openLine(engine: Engine, folder: string, warn: (message: string) => void): Promise<Line> {
  const worker = await started(engine);
  // Without it, and in pages that are not isolated, steps stay on one thread.
  const shared = canShare() ? await sharedModule(engine.info().build).catch(() => undefined) : undefined;
  const calls = new Map<number, Pending>();
  let ended: Error | undefined;
  let next = 0;

  const end = (cause: Error): void => {
    ended ??= cause;
    for (const { reject } of calls.values()) reject(ended);
    calls.clear();
  };
  worker.onMessage((data) => {
    const message = data as Exclude<ToPage, { error: unknown }> | { id: number; error: Error };
    if ('warning' in message) {
      warn(message.warning);
      return;
    }
    const call = calls.get(message.id);
    if (!call) return;
    if ('progress' in message) {
      call.progress?.(message.progress);
      return;
    }
    calls.delete(message.id);
    if ('error' in message) call.reject(message.error);
    else call.resolve(message.value);
  });
  worker.onEnd((cause) => {
    end(
      new CurvesaeError(`the worker that keeps the runs ended (${cause.message}); what was saved is kept`, {
        cause,
      }),
    );
    worker.terminate();
  });
  const { build, workers } = engine.info();
  worker.post({ keep: { module: engine.module, build, shared, workers, folder } }, []);

  const ask: Line['ask'] = <T>(
    call: Call,
    progress?: Pending['progress'],
    signal?: AbortSignal,
  ): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (ended) return reject(ended);
      const id = next++;
      calls.set(id, { resolve: resolve as Pending['resolve'], reject, progress });
      signal?.addEventListener('abort', () => worker.post({ id, abort: true }, []), { once: true });
      worker.post({ id, ...call }, []);
    });
  return {
    ask,
    end: () => {
      end(new CurvesaeError('the kept runs were disposed'));
      worker.terminate();
    },
  };
}

async function started(engine: Engine) {
  try {
    const worker = packageWorker(engine.workerUrl);
    await worker.ready;
    return worker;
  } catch (cause) {
    throw new UnsupportedError(`no worker can be started to train in: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** Puts the log together again from what is new. */
function withLog(onProgress: (progress: TabProgress) => void): (progress: ProgressMessage) => void {
  let log: TrainProgress[] = [];
  return (progress) => {
    if (progress.stage === 'activations') onProgress(progress);
    else {
      const { before, points } = progress;
      if (before) log = [...before];
      log.push(...points);
      onProgress({ stage: 'training', points, log });
    }
  };
}
