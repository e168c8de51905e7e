// Entry of a Node worker thread of the benchmark.
import { serveTasks } from '../pipeline/threads.node.js';
import { BENCH_TASKS } from './tasks.js';

serveTasks(BENCH_TASKS);
