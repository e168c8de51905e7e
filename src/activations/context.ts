// What a task of the worker pool is given. Tasks are functions of their payload and of
// the model; sessions are kept per thread, so that weights are packed once.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import type { ImageRef, RgbImage } from '../images/types.js';
import { createSession } from '../network/session.js';
import type { Model, Session } from '../network/types.js';

/** The platform's picture loader. */
export type LoadImage = (ref: ImageRef, engine: Engine, size: number) => Promise<RgbImage>;

export class TaskContext {
  #sessions = new Map<string, Session>();
  #scratch: Core | undefined;

  constructor(
    readonly engine: Engine,
    readonly model: Model,
    readonly loadImage: LoadImage,
  ) {}

  /** Core for preparing pictures. */
  get scratch(): Core {
    this.#scratch ??= this.engine.acquire();
    return this.#scratch;
  }

  session(size: number, taps: string[]): Session {
    const key = `${size}:${taps.join(',')}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = createSession(this.engine, this.model, { height: size, width: size, taps });
      this.#sessions.set(key, session);
    }
    return session;
  }

  dispose(): void {
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    this.#scratch?.dispose();
    this.#scratch = undefined;
  }
}

export interface TaskResult {
  value: unknown;
  transfer?: Transferable[];
}
export type Task = (payload: never, context: TaskContext) => Promise<TaskResult>;
