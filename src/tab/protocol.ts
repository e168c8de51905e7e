// What a page and the worker that keeps its runs say to each other (client.ts, server.ts).
import type { ErrorData } from '../core/errors.js';
import type { Build } from '../core/features.js';
import type { ImageFailure } from '../images/types.js';
import type { SaeConfig, SaeMetrics, TrainProgress } from '../sae/types.js';
import type { InView } from './in-view.js';
import type { RunInfo } from './runs.js';
import type { RunRequest } from './settings.js';

export interface KeepStart {
  /** Compiled on the page. */
  module: WebAssembly.Module;
  build: Build;
  /** The same for memories that threads share, where the page is isolated. */
  shared?: WebAssembly.Module;
  /** Of extraction and training. */
  workers: number;
  /** Of the private file system. */
  folder: string;
}

/** What to train; `weights`, a weights file of any supported format, instead of a parsed model. */
export type TabRequest = Omit<RunRequest, 'model'> & { weights?: Blob & { name?: string } };

export type TabProgress =
  | { stage: 'activations'; done: number; total: number; failed: number }
  /** New points of the log; `log` holds all of them, also those of before a resume. */
  | { stage: 'training'; points: readonly TrainProgress[]; log: readonly TrainProgress[] };

/** A finished run, as the page gets it. */
export interface TabRun {
  name: string;
  config: SaeConfig;
  metrics: SaeMetrics;
  /** Of training, over all its parts. */
  seconds: number;
  reused: boolean;
  failures: ImageFailure[];
  /** What its features see: crops of the busiest ones, or why there are none. */
  inView: InView;
}

export interface TabRunInfo extends RunInfo {
  /** Being trained now, by this tab or another one. */
  busy: boolean;
}

export type Call =
  | { call: 'train'; name: string; request?: TabRequest; checkpointEvery?: number }
  | { call: 'list' }
  | { call: 'delete'; name: string }
  | { call: 'files'; name: string; format: 'zip' | 'safetensors' };

export type ToWorker = ({ id: number } & Call) | { id: number; abort: true };

/** Progress without the whole log: only what is new, and at the beginning what was there. */
export type ProgressMessage =
  | Extract<TabProgress, { stage: 'activations' }>
  | { stage: 'training'; before?: readonly TrainProgress[]; points: TrainProgress[] };

export type ToPage =
  | { id: number; value: unknown }
  | { id: number; error: ErrorData }
  | { id: number; progress: ProgressMessage }
  | { warning: string };
