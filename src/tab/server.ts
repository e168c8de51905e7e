// The worker that keeps the runs of a page: it owns their files and trains; workers of its own
// extract. The page is never waited for, so it stays responsive.

import { modelFromBytes } from '../../models/from-bytes.js';
import { init } from '../core/engine.js';
import { errorData, InterruptedError } from '../core/errors.js';
import { takeSharedModule } from '../core/shared-module.js';
import { isOpfsLocked, opfsStorage, removeOpfsFolder } from '../formats/storage.opfs.js';
import { nameImages } from '../images/source.web.js';
import { TASKS } from '../pipeline/tasks.js';
import { connect, poolOver } from '../pipeline/workers.web.js';
import type {
  Call,
  KeepStart,
  ProgressMessage,
  TabRequest,
  TabRun,
  TabRunInfo,
  ToPage,
  ToWorker,
} from './protocol.js';
import { RUNS, type RunEnvironment, type RunProgress, trainKept } from './run.js';
import { deleteRun, runFiles, runsIn } from './runs.js';
import type { RunRequest } from './settings.js';

/** Points are sent together this often, so that fast steps do not flood the page. */
const TELL_MS = 100;

type Post = (message: ToPage, transfer?: Transferable[]) => void;

/** Answers the calls of one page. `script`: this worker's own, for the workers that it starts. */
export function runServer(start: KeepStart, script: string, post: Post): (message: ToWorker) => void {
  const { module, build, shared, workers, folder } = start;
  if (shared) takeSharedModule(build, shared);
  const engine = init({ wasm: module, build, workers });
  engine.catch(() => {}); // told to each call
  const root = opfsStorage(folder);
  const calls = new Map<number, AbortController>();

  const train = async (id: number, call: Extract<Call, { call: 'train' }>): Promise<TabRun> => {
    const controller = new AbortController();
    calls.set(id, controller);
    const pools: { dispose(): void }[] = [];
    const env: RunEnvironment = {
      engine: await engine,
      nameImages,
      pool: (model) => {
        const start = () => connect(() => new Worker(script, { type: 'module' }));
        const pool = poolOver(start, TASKS, env.engine, model, (warning) => post({ warning }));
        pools.push(pool);
        return pool;
      },
    };
    const teller = new Teller((progress) => post({ id, progress }));
    try {
      const { name, checkpointEvery } = call;
      const request = call.request && (await withModel(call.request));
      const run = await trainKept(env, root, name, request, {
        checkpointEvery,
        onProgress: (progress) => teller.tell(progress),
        signal: controller.signal,
      });
      const { config, metrics, seconds, reused, failures, inView } = run;
      return { name, config, metrics, seconds, reused, failures, inView };
    } finally {
      teller.flush();
      calls.delete(id);
      for (const pool of pools) pool.dispose();
    }
  };

  const answer = async (id: number, call: Call): Promise<unknown> => {
    switch (call.call) {
      case 'train':
        return train(id, call);
      case 'list': {
        const infos: TabRunInfo[] = [];
        for (const info of await runsIn(root))
          infos.push({ ...info, busy: await isOpfsLocked(`${folder}/${RUNS}/${info.name}`) });
        return infos;
      }
      case 'delete':
        return deleteRun(root, call.name, (...path) => removeOpfsFolder([folder, ...path].join('/')));
      case 'files':
        return runFiles(root, call.name, call.format);
    }
  };

  return (message) => {
    const { id } = message;
    if ('abort' in message) {
      calls.get(id)?.abort(new InterruptedError('stopped; train the run again to go on'));
      return;
    }
    answer(id, message).then(
      (value) => post({ id, value }, value instanceof Uint8Array ? [value.buffer] : []),
      (error) => post({ id, error: errorData(error) }),
    );
  };
}

async function withModel({ weights, ...request }: TabRequest): Promise<RunRequest> {
  if (!weights) return request;
  const label = weights.name ?? 'weights';
  const bytes = new Uint8Array(await weights.arrayBuffer());
  return { ...request, model: await modelFromBytes(bytes, label, { name: label.replace(/\.\w+$/, '') }) };
}

/** Gathers progress. */
class Teller {
  #post: (progress: ProgressMessage) => void;
  #waiting: ProgressMessage | undefined;
  #told = Number.NEGATIVE_INFINITY;

  constructor(post: (progress: ProgressMessage) => void) {
    this.#post = post;
  }

  tell(progress: RunProgress): void {
    if (progress.stage === 'activations') this.#waiting = progress;
    else if (!progress.point) {
      this.flush();
      this.#waiting = { stage: 'training', before: progress.log, points: [] };
      this.flush();
    } else if (this.#waiting?.stage === 'training') this.#waiting.points.push(progress.point);
    else this.#waiting = { stage: 'training', points: [progress.point] };
    if (performance.now() - this.#told >= TELL_MS) this.flush();
  }

  flush(): void {
    if (this.#waiting) this.#post(this.#waiting);
    this.#waiting = undefined;
    this.#told = performance.now();
  }
}
