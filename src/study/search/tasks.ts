// The `hold` task: a share of an index's rows in a thread of its own, until it is closed.
import { Peer } from '../../core/peer.js';
import type { Task, TaskContext } from '../../vectors/task-context.js';
import { type Allowed, ScreenedRows } from './screened-rows.js';

export interface HoldPayload {
  port: MessagePort;
  d: number;
}

/** Call that ends the task. */
export const CLOSE = 'close';

async function hold({ port, d }: HoldPayload, { engine }: TaskContext) {
  const core = engine.acquire();
  try {
    const rows = new ScreenedRows(core, d);
    await new Promise<void>((resolve) => {
      new Peer(port, {
        add: (some: Float32Array, first: number) => rows.add(some, first),
        screen: (queries: Float32Array, k: number, allowed?: Allowed) => rows.screen(queries, k, allowed),
        [CLOSE]: () => resolve(),
      });
    });
  } finally {
    port.close();
    core.dispose();
  }
  return { value: undefined };
}

export const searchTasks = { hold } satisfies Record<string, Task>;
