// Work in fixed slices on several threads that compute in one memory. This thread names an operation, its
// operands and how many rows it has; every member runs it on its own rows, this thread among them, and the
// call returns when all have. Operations write what no other slice reads, and cut no sum: how many members
// there are changes no bit.
import { Core, type SharedSpace } from './core.js';
import type { Engine } from './engine.js';
import { CurvesaeError } from './errors.js';
import type { Build } from './features.js';
import type { Pool } from './pool.js';
import { canShare, sharedMemory, sharedModule } from './shared-module.js';
import {
  ALIGN,
  Control,
  DONE,
  FAILED,
  MOST_MEMBERS,
  next,
  OPERATION,
  READY,
  RESULTS,
  ROWS,
  SIZE,
  STOP,
  sliceOf,
  spin,
  TURN,
} from './team-control.js';

/** Threads that have not started after this long take no part. */
const START_MS = 10_000;
const WAIT_MS = 500;
/** So many waits in a row without a sign of the others: they are gone. A process that was stopped wakes after one. */
const MOST_WAITS = 240;

/** A thread that takes part has ended, or answers no more: the operation that ran is not whole. */
export class LostThreadError extends CurvesaeError {}

/** What a thread computes with: its core, and what operations keep on it between turns. */
export interface Member {
  readonly core: Core;
}

/** `from`, `to`: the rows of this member. `results`: numbers for whoever asked, 8 at most. */
export interface Operation<M extends Member, K extends string = string> {
  readonly operands: readonly K[];
  run(
    member: M,
    operands: Readonly<Record<K, number>>,
    from: number,
    to: number,
    results: Float64Array,
  ): void;
}

// biome-ignore lint/suspicious/noExplicitAny: each operation names operands of its own.
export type Operations<M extends Member> = Readonly<Record<string, Operation<M, any>>>;

type OperandsOf<O> = O extends Operation<infer _, infer K> ? Readonly<Record<K, number>> : never;

export interface RunOptions {
  /** Slices begin at multiples of it; 1 unless given. */
  align?: number;
  /** Multiply-adds or floats touched, roughly: little work is not worth waking others for. */
  work: number;
}

/** What wakes and waits for other threads, in the operations' work (docs/lab/sae.md). */
export const WORTH = 300_000;

/** A thread's part of a team, as it is sent there. */
export interface MemberStart {
  module: WebAssembly.Module;
  build: Build;
  memory: WebAssembly.Memory;
  control: SharedArrayBuffer;
  /** What makes the member. */
  spec: unknown;
}

export class Team<M extends Member, T extends Operations<M>> {
  readonly core: Core;
  #operations: T;
  #names: readonly string[];
  #member: M | undefined;
  #control: Control | undefined;
  #space: SharedSpace | undefined;
  #size = 1;
  #worth: number;
  /** What ended a member. */
  #broken: Error | undefined;
  #ends: Promise<unknown>[] = [];
  #own = new Float64Array(RESULTS);
  #mayWait = true;

  private constructor(core: Core, operations: T, worth = WORTH, control?: Control, space?: SharedSpace) {
    this.#worth = worth;
    this.core = core;
    this.#operations = operations;
    this.#names = Object.keys(operations);
    this.#control = control;
    this.#space = space;
  }

  /** On this thread alone, in any core. */
  static alone<M extends Member, T extends Operations<M>>(core: Core, operations: T): Team<M, T> {
    return new Team<M, T>(core, operations);
  }

  /**
   * For threads to come: start() brings them. Its core is released with the team. Where memories cannot be
   * shared (a page that is not isolated, a core that is not in the package), undefined. `worth`: least work that
   * wakes other threads.
   */
  static async shared<M extends Member, T extends Operations<M>>(
    engine: Engine,
    operations: T,
    worth = WORTH,
  ): Promise<Team<M, T> | undefined> {
    if (!canShare()) return undefined;
    const { build } = engine.info();
    try {
      const control = Control.make();
      const space = { memory: sharedMemory(), ...control.space };
      const core = new Core(await sharedModule(build), build, space);
      return new Team<M, T>(core, operations, worth, control, space);
    } catch {
      return undefined; // no room for one more memory, or no such module: one thread does the same
    }
  }

  /** False: operations run on this thread alone, until it is true again. */
  together = true;

  get members(): number {
    return this.#size;
  }

  /** Whether more may come: the core's memory is one that threads can share. */
  get extensible(): boolean {
    return this.#space !== undefined;
  }

  /** This thread's own member; operations need it. */
  use(member: M): void {
    this.#member = member;
  }

  /**
   * Takes up to `count` threads of the pool until close(): `task` is one that calls serveMember() with its payload.
   * Those that do not start within so many milliseconds are left out.
   */
  async start(
    pool: Pool,
    task: string,
    count: number,
    spec: unknown,
    within: number = START_MS,
  ): Promise<void> {
    const [control, space] = [this.#control, this.#space];
    if (!control || !space || count < 1) return;
    const { build } = this.core;
    const start: MemberStart = {
      ...{ module: await sharedModule(build), build, memory: space.memory },
      ...{ control: control.buffer, spec },
    };
    mine.add(control.buffer);
    const most = Math.min(MOST_MEMBERS - 1, count);
    let ended = 0;
    for (let i = 0; i < most; i++)
      this.#ends.push(
        pool.run(task, start).then(
          () => ended++,
          (error) => {
            ended++;
            if (this.#size > 1) this.#broken ??= error;
          },
        ),
      );
    const { words } = control;
    const since = performance.now();
    while (Atomics.load(words, READY) + ended < most && performance.now() - since < within)
      await new Promise((resolve) => setTimeout(resolve, 1));
    this.#size = Atomics.load(words, READY) + 1;
    Atomics.store(words, SIZE, this.#size);
    this.core.settle();
  }

  /** Runs an operation on `rows` rows. Returns the results of each member, which live until the next call. */
  run<N extends keyof T & string>(
    name: N,
    operands: OperandsOf<T[N]>,
    rows: number,
    { align = 1, work }: RunOptions,
  ): Float64Array[] {
    const op = this.#operations[name];
    const member = this.#member!;
    if (!this.together || this.#size === 1 || work < this.#worth) {
      op.run(member, operands, 0, rows, this.#own);
      return [this.#own];
    }
    const control = this.#control!;
    const { words } = control;
    this.#check();
    op.operands.forEach((key: keyof typeof operands, i: number) => {
      control.operands[i] = operands[key];
    });
    words[OPERATION] = this.#names.indexOf(name);
    words[ROWS] = rows;
    words[ALIGN] = align;
    Atomics.store(words, DONE, 0);
    Atomics.add(words, TURN, 1);
    Atomics.notify(words, TURN);
    op.run(member, operands, ...sliceOf(rows, align, 0, this.#size), control.resultsOf(0));
    this.#join();
    return Array.from({ length: this.#size }, (_, i) => control.resultsOf(i));
  }

  #check(): void {
    const cause = this.#broken ?? this.#control?.failure;
    if (cause) throw new LostThreadError(`a thread that computes ended: ${cause.message}`, { cause });
  }

  #join(): void {
    const { words } = this.#control!;
    const others = this.#size - 1;
    let waits = 0;
    for (;;) {
      const done = spin(words, DONE, (n) => n === others);
      if (done === others) break;
      if (Atomics.load(words, FAILED)) this.#check();
      if (!this.#mayWait) continue;
      try {
        if (Atomics.wait(words, DONE, done, WAIT_MS) !== 'timed-out') continue;
      } catch {
        this.#mayWait = false; // the main thread of a page
        continue;
      }
      if (++waits > MOST_WAITS)
        throw new LostThreadError(
          `a thread that computes has not answered for ${(MOST_WAITS * WAIT_MS) / 1000} s`,
        );
    }
    this.core.settle();
  }

  /** The threads are the pool's again when it resolves. */
  async close(): Promise<void> {
    this.#size = 1;
    if (this.#control) {
      Atomics.store(this.#control.words, STOP, 1);
      Atomics.add(this.#control.words, TURN, 1);
      Atomics.notify(this.#control.words, TURN);
    }
    await Promise.allSettled(this.#ends);
  }
}

/** Control blocks of teams that this thread leads: where the pool has no threads, their tasks come here. */
const mine = new WeakSet<SharedArrayBuffer>();

/**
 * The other side of Team.start(), for the task of a pool: serves until the team is closed. `make`: this thread's
 * member of so many.
 */
export function serveMember<M extends Member>(
  { module, build, memory, control: buffer, spec }: MemberStart,
  operations: Operations<M>,
  make: (core: Core, spec: never, size: number) => M,
): void {
  if (mine.has(buffer)) return;
  const control = new Control(buffer);
  const { words } = control;
  const core = new Core(module, build, { memory, ...control.space });
  const gone = () => control.fail(new CurvesaeError('its thread exited'));
  globalThis.process?.once?.('exit', gone);
  try {
    let turn = Atomics.load(words, TURN);
    if (Atomics.load(words, STOP)) return;
    const index = Atomics.add(words, READY, 1) + 1;
    const table = Object.values(operations);
    let member: M | undefined;
    for (;;) {
      turn = next(words, turn);
      const size = Atomics.load(words, SIZE);
      if (Atomics.load(words, STOP) || index >= size) return;
      core.settle();
      member ??= make(core, spec as never, size);
      const op = table[words[OPERATION]];
      const operands = Object.fromEntries(op.operands.map((key, i) => [key, control.operands[i]]));
      const slice = sliceOf(words[ROWS], words[ALIGN], index, size);
      op.run(member, operands, ...slice, control.resultsOf(index));
      if (Atomics.add(words, DONE, 1) + 2 === size) Atomics.notify(words, DONE);
    }
  } catch (error) {
    control.fail(error);
    throw error;
  } finally {
    globalThis.process?.removeListener?.('exit', gone);
  }
}
