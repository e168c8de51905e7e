// SAEs that train on a thread of their own: its vectors and folders are those of the thread that asks.
import { type ErrorData, errorData } from '../core/errors.js';
import { Peer } from '../core/peer.js';
import { type MemberStart, serveMember } from '../core/team.js';
import { PeerStorages } from '../formats/storage.peer.js';
import { wholeVectors } from '../vectors/shared-vectors.js';
import type { Task, TaskContext } from '../vectors/task-context.js';
import type { VectorSource } from '../vectors/types.js';
import { COPY_TASK, type CopyStart, serveCopies } from './copies/helper.js';
import { type FolderOutcome, type FolderRun, trainFolders } from './folder.js';
import { rowTasks } from './row-tasks.js';
import { SaeMember, type StepSpec } from './slices/member.js';
import { SLICE_TASK } from './slices/open.js';
import { OPERATIONS } from './slices/operations.js';
import { streamFrom } from './stream.js';

/** A run as it is told to another thread. */
export interface LaneRun extends Pick<FolderRun, 'options' | 'metadata' | 'resume' | 'checkpointEvery'> {
  /** Of its folder. */
  label: string;
  /** It is told why a damaged SAE is trained again. */
  remakes: boolean;
}

export interface LanePayload {
  port: MessagePort;
  source: Omit<VectorSource, 'load' | 'whole'>;
  /** All vectors are in a memory that threads share. */
  whole: boolean;
  runs: readonly LaneRun[];
}

export type LaneOutcome = Exclude<FolderOutcome, { error: Error }> | { error: ErrorData };

/** Call of the asking thread: finish the step, save and end. */
export const STOP = 'stop';

const train = async ({ port, source, whole, runs }: LanePayload, { engine }: TaskContext) => {
  const stopped = new AbortController();
  const folders: PeerStorages = new PeerStorages(() => peer);
  const peer: Peer = new Peer(port, { ...folders.answers, [STOP]: () => stopped.abort() });
  /** What is told needs no answer; where the other side has ended, the task is over too. */
  const tell = (name: string, ...args: unknown[]) => void peer.call(name, ...args).catch(() => {});
  try {
    const vectors: VectorSource = whole
      ? wholeVectors(source, () => peer.call<Float32Array>('whole'))
      : { ...source, load: (shard) => peer.call<Float32Array>('load', shard) };
    streamFrom(peer, vectors);
    const outcomes = await trainFolders(
      engine,
      vectors,
      runs.map(({ label, remakes, ...run }, i) => ({
        ...run,
        storage: folders.open(i, label),
        onProgress: (point) => tell('point', i, point),
        onStep: (step, steps) => tell('step', i, step, steps),
        onWarning: (message) => tell('warning', i, message),
        ...(remakes && { onRemade: (message: string) => tell('remade', i, message) }),
      })),
      stopped.signal,
    );
    return {
      value: outcomes.map(
        (outcome): LaneOutcome => (outcome.error ? { error: errorData(outcome.error) } : outcome),
      ),
    };
  } finally {
    port.close();
  }
};

/** A thread's part of every step of a run, until its team is closed. */
const slice = async (start: MemberStart) => {
  serveMember(start, OPERATIONS, (core, spec: StepSpec, size) => new SaeMember(core, spec, size));
  return { value: undefined };
};

/** Encodes for another thread's steps, with copies of their weights. */
const copies = async (start: CopyStart, { engine }: TaskContext) => {
  await serveCopies(engine, start);
  return { value: undefined };
};

export const saeTasks = { ...rowTasks, train, [SLICE_TASK]: slice, [COPY_TASK]: copies } satisfies Record<
  string,
  Task
>;
