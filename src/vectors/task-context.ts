// What a task of the worker pool is given. Tasks are functions of their payload and of
// the model; sessions are kept per thread, so that weights are packed once.
import type { Core } from '../core/core.js';
import type { Engine } from '../core/engine.js';
import { CurvesaeError, InputError } from '../core/errors.js';
import { ChangedPicture } from '../images/identity.js';
import { prepareImage } from '../images/prepare.js';
import type { ImageFailure, ImageRef, RgbImage } from '../images/types.js';
import { tokensInput } from '../network/ops/tokens.js';
import { randomWeights } from '../network/random-weights.js';
import { createSession } from '../network/session.js';
import type { Model, Session } from '../network/types.js';

/** The platform's picture loader. */
export type LoadImage = (ref: ImageRef, engine: Engine, size: number) => Promise<RgbImage>;

export class TaskContext {
  #sessions = new Map<string, Session>();
  #kept = new Map<string, { key: string; value: { dispose(): void } }>();
  #scratch: Core | undefined;
  #lent = new Map<string, Float32Array>();
  #model: Model | undefined;

  /** `model`: undefined where tasks need none. */
  constructor(
    readonly engine: Engine,
    model: Model | undefined,
    readonly loadImage: LoadImage,
  ) {
    this.#model = model;
  }

  get model(): Model {
    if (!this.#model) throw new CurvesaeError('this pool was made without a network');
    return this.#model;
  }

  /** Core for preparing pictures. */
  get scratch(): Core {
    this.#scratch ??= this.engine.acquire();
    return this.#scratch;
  }

  /** Memory that whoever asks by this name takes again: its pages are written to for the first time only once. */
  lent(name: string, floats: number): Float32Array {
    let memory = this.#lent.get(name);
    if (memory?.length !== floats) {
      memory = new Float32Array(floats);
      this.#lent.set(name, memory);
    }
    return memory;
  }

  /** Sides of a picture, or tokens of a text. */
  #sizes(size: number): { height?: number; width: number } {
    return tokensInput(this.model.description) ? { width: size } : { height: size, width: size };
  }

  /**
   * A picture, or a window of text, as the network takes it. A broken one is a failure to report; one that is not what named its
   * set is an InputError; any other error is a fault of ours. `lent`: in memory that the next picture takes again.
   */
  async picture(ref: ImageRef, size: number, lent = false): Promise<Float32Array | ImageFailure> {
    if (ref.kind === 'tokens') return Float32Array.from(ref.tokens);
    try {
      const image = await this.loadImage(ref, this.engine, size);
      return prepareImage(
        this.scratch,
        image,
        size,
        lent ? this.lent('picture', size * size * 3) : undefined,
      );
    } catch (error) {
      if (!(error instanceof InputError) || error instanceof ChangedPicture) throw error;
      return { name: ref.name, reason: error.message };
    }
  }

  session(size: number, taps: string[], splice?: string): Session {
    const key = `${size}:${taps.join(',')}:${splice ?? ''}`;
    let session = this.#sessions.get(key);
    if (!session) {
      session = createSession(this.engine, this.model, { ...this.#sizes(size), taps, splice });
      this.#sessions.set(key, session);
    }
    return session;
  }

  /** As session(), of one tap; with a seed, of the network with random weights in place of its own. */
  sessionOf(size: number, tap: string, weightsSeed?: number): Session {
    if (weightsSeed === undefined) return this.session(size, [tap]);
    const { engine, model } = this;
    return this.keep('random weights', `${size}:${tap}:${weightsSeed}`, () =>
      createSession(engine, randomWeights(engine.math, model, tap, weightsSeed), {
        ...{ ...this.#sizes(size), taps: [tap] },
      }),
    );
  }

  /** What a kind of task needs again and again: made once, and anew when its key changes. */
  keep<T extends { dispose(): void }>(slot: string, key: string, make: () => T): T {
    const kept = this.#kept.get(slot);
    if (kept?.key === key) return kept.value as T;
    kept?.value.dispose();
    this.#kept.delete(slot);
    const value = make();
    this.#kept.set(slot, { key, value });
    return value;
  }

  dispose(): void {
    for (const { value } of this.#kept.values()) value.dispose();
    this.#kept.clear();
    for (const session of this.#sessions.values()) session.dispose();
    this.#sessions.clear();
    this.#scratch?.dispose();
    this.#scratch = undefined;
    this.#lent.clear();
  }
}

export interface TaskResult {
  value: unknown;
  transfer?: Transferable[];
}
export type Task = (payload: never, context: TaskContext) => Promise<TaskResult>;
