// Threads that encode for a step whose memory they cannot share (a page that is not isolated). Encoding is the step's largest
// part by far (docs/lab/sae.md) and needs no sum over samples: cut over threads, its lists have the same bits.
import type { Pool } from '../../core/pool.js';
import { sliceOf } from '../../core/team-control.js';
import type { StepSpec } from '../slices/member.js';
import type { StepSize } from '../slices/open.js';
import { COPY_TASK, type CopyFound, type CopyMessage, type CopyStart, type CopyWork } from './helper.js';

/** Threads that have not started after this long take no part. */
const START_MS = 10_000;
/** Multiply-adds of a step from which copies can be worth it, and of a run from which threads are started. */
const STEP_WORTH = 40e6;
const RUN_WORTH = 4e10;
/** Samples of a slice begin at multiples of it, as encoders take them. */
const ALIGN = 8;

interface Helper {
  port: MessagePort;
  /** For W_enc, where it is here. */
  buffer: Float32Array<ArrayBuffer> | undefined;
  /** The answer that is waited for. */
  settle: ((found: CopyFound | undefined) => void) | undefined;
}

/** Undefined: too little work, or nobody to share it with. `always`, for tests: whatever it takes. */
export function openCopies(
  pool: Pool | undefined,
  { dIn, dSae, batch, steps }: StepSize,
  always: boolean,
): Copies | undefined {
  if (!pool || pool.width < 2) return undefined;
  const work = dIn * dSae * batch;
  return always || (work >= STEP_WORTH && work * steps >= RUN_WORTH) ? new Copies() : undefined;
}

export class Copies {
  /** False: this thread encodes alone, until it is true again. */
  together = true;
  #helpers: Helper[] = [];
  #ends: Promise<unknown>[] = [];
  #starting = true;

  /** Threads, this one among them. */
  get members(): number {
    return this.#helpers.length + 1;
  }

  /** Takes up to `count` threads of the pool until close(), for the first encoder of a step. */
  async start(
    pool: Pool,
    count: number,
    { parameters, encoders }: StepSpec,
    within = START_MS,
  ): Promise<void> {
    const [{ selection, block, capacity }] = encoders;
    const start = {
      ...{ sizes: parameters.sizes, selection },
      // Each has half of the samples at most.
      rows: ALIGN * Math.ceil(Math.ceil(block / ALIGN) / 2),
      // Lists that are full for all are full for one, as those of SaeMember.
      capacity: selection.rule === 'batchtopk' ? capacity : undefined,
    };
    const ready = Array.from({ length: count }, () => this.#take(pool, start));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, within);
    });
    await Promise.race([Promise.all(ready), late]);
    clearTimeout(timer);
    this.#starting = false;
  }

  /** Resolves when the thread serves, or never will. */
  #take(pool: Pool, spec: Omit<CopyStart, 'port'>): Promise<void> {
    const { port1: port, port2 } = new MessageChannel();
    const helper: Helper = { port, buffer: undefined, settle: undefined };
    return new Promise((resolve) => {
      const lost = () => {
        this.#helpers = this.#helpers.filter((other) => other !== helper);
        port.close();
        helper.settle?.(undefined);
        resolve();
      };
      port.onmessage = ({ data }: { data: 'ready' | CopyFound }) => {
        if (data === 'ready') {
          // Who comes late takes no part: it has not what the others have.
          if (this.#starting) this.#helpers.push(helper);
          else port.postMessage('stop' satisfies CopyMessage);
          return resolve();
        }
        helper.buffer = data.wEnc;
        helper.settle?.(data);
      };
      this.#ends.push(
        pool.run(COPY_TASK, { ...spec, port: port2 } satisfies CopyStart, [port2]).then(lost, lost),
      );
    });
  }

  /**
   * Sends their slices of `n` samples to the other threads: `work` makes that of samples [from, to), `weights` fills W_enc, where they
   * are to have it anew. `own`: this thread's slice, computed meanwhile. The answers in order; undefined where one is missing.
   */
  async encode(
    n: number,
    work: (from: number, to: number) => Omit<CopyWork, 'weights'>,
    weights:
      | ((buffer: Float32Array<ArrayBuffer> | undefined) => NonNullable<CopyWork['weights']>)
      | undefined,
    own: (from: number, to: number) => void,
  ): Promise<CopyFound[] | undefined> {
    const helpers = this.#helpers;
    const size = helpers.length + 1;
    const answers = helpers.map((helper, i) => {
      const sent: CopyWork = {
        ...work(...sliceOf(n, ALIGN, i + 1, size)),
        weights: weights?.(helper.buffer),
      };
      const buffers = sent.weights ? [sent.weights.wEnc.buffer] : [];
      helper.buffer = undefined;
      return new Promise<CopyFound | undefined>((resolve) => {
        helper.settle = resolve;
        helper.port.postMessage(sent satisfies CopyMessage, buffers);
      });
    });
    own(...sliceOf(n, ALIGN, 0, size));
    const found = await Promise.all(answers);
    return found.every((one) => one !== undefined) ? found : undefined;
  }

  /** The threads are the pool's again when it resolves. */
  async close(): Promise<void> {
    this.#starting = false;
    for (const { port } of this.#helpers) port.postMessage('stop' satisfies CopyMessage);
    await Promise.allSettled(this.#ends);
  }
}
