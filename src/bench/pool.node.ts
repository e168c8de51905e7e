// The benchmark's pool in Node. Its worker's name is unlike the product's: bundled, they lie side by side.
import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import type { Model } from '../network/types.js';
import { poolOfThreads } from '../pipeline/threads.node.js';
import { BENCH_TASKS } from './tasks.js';

export function benchPool(engine: Engine, model: Model | undefined, warn?: (message: string) => void): Pool {
  return poolOfThreads(new URL('./bench-worker.node.js', import.meta.url), BENCH_TASKS, engine, model, warn);
}
