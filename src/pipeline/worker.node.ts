// Entry of a Node worker thread.
import { TASKS } from './tasks.js';
import { serveTasks } from './threads.node.js';

serveTasks(TASKS);
