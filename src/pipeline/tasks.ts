// All tasks that the product's workers know.

import { saeTasks } from '../sae/tasks.js';
import { driveTasks } from '../study/circuit/drive-tasks.js';
import { effectTasks } from '../study/circuit/effect-tasks.js';
import { chanceTasks } from '../study/curves/controls.js';
import { curveTasks } from '../study/curves/tasks.js';
import { cityTasks } from '../study/disentangle/city/tasks.js';
import { disentangleTasks } from '../study/disentangle/tasks.js';
import { downstreamTasks } from '../study/downstream/tasks.js';
import { exampleTasks } from '../study/examples/tasks.js';
import { physiologyTasks } from '../study/physiology/tasks.js';
import { searchTasks } from '../study/search/tasks.js';
import { networkTasks } from '../study/train-network/tasks.js';
import { visualizeTasks } from '../study/visualize/tasks.js';
import { icaTasks } from '../units/bases/ica-update.js';
import { firingTasks } from '../units/firing-tasks.js';
import { activationTasks } from '../vectors/tasks.js';
import type { TaskTable } from './task-server.js';

export const TASKS: TaskTable = {
  ...activationTasks,
  ...chanceTasks,
  ...curveTasks,
  ...cityTasks,
  ...disentangleTasks,
  ...downstreamTasks,
  ...driveTasks,
  ...effectTasks,
  ...exampleTasks,
  ...firingTasks,
  ...icaTasks,
  ...networkTasks,
  ...saeTasks,
  ...physiologyTasks,
  ...searchTasks,
  ...visualizeTasks,
};
