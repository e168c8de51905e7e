// The pool in Node: over threads that run worker.node.js.
import type { Engine } from '../core/engine.js';
import type { Pool } from '../core/pool.js';
import type { Model } from '../network/types.js';
import { TASKS } from './tasks.js';
import { poolOfThreads } from './threads.node.js';

/** A pool that computes with `model`, where tasks need one, on as many threads as the engine was given. */
export function nodePool(engine: Engine, model: Model | undefined, warn?: (message: string) => void): Pool {
  return poolOfThreads(new URL('./worker.node.js', import.meta.url), TASKS, engine, model, warn);
}
