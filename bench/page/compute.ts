// Entry of a worker that computes the tasks of the suite's pools.
import { BENCH_TASKS } from '../../src/bench/tasks.js';
import { type ComputeStart, serveTasks, serveWorker } from '../../src/pipeline/serve.web.js';

serveWorker<ComputeStart>((first, post) => serveTasks(BENCH_TASKS, first, post));
