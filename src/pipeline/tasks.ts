// All tasks that the product's workers know.

import { saeTasks } from '../sae/tasks.js';
import { curveTasks } from '../study/curves/tasks.js';
import { disentangleTasks } from '../study/disentangle/tasks.js';
import { downstreamTasks } from '../study/downstream/tasks.js';
import { visualizeTasks } from '../study/visualize/tasks.js';
import { maximaTasks } from '../units/maxima-tasks.js';
import { activationTasks } from '../vectors/tasks.js';
import type { TaskTable } from './task-server.js';

export const TASKS: TaskTable = {
  ...activationTasks,
  ...curveTasks,
  ...disentangleTasks,
  ...downstreamTasks,
  ...saeTasks,
  ...maximaTasks,
  ...visualizeTasks,
};
