// `bench`: times our kernels and works on this machine.
import { basename, dirname } from 'node:path';
import { machine, nodeEnvironment } from '../bench/environment.node.js';
import { writeBench } from '../bench/report.js';
import { chosen, runSuite, WORKS } from '../bench/suite.js';
import type { BenchResult } from '../bench/types.js';
import type { Build } from '../core/features.js';
import { nodeStorage } from '../formats/storage.node.js';
import { CALL_OPTIONS, type CallOptions } from './call.js';
import { checked, type Options } from './options.js';
import { VERSION } from './version.js';

export const WORK_NAMES = Object.keys(WORKS);

export const BENCH_OPTIONS = {
  only: {
    kind: 'text',
    value: 'A,B,...',
    help: `${WORK_NAMES.join(', ')}, memory, startup, or kernels by name (default: all)`,
  },
  rounds: { kind: 'integer', value: 'N', help: 'rounds of all builds in turn', min: 1, default: 3 },
  ms: { kind: 'integer', value: 'N', help: 'milliseconds of a build in a round', min: 1, default: 60 },
  html: { kind: 'text', value: 'FILE', help: 'also draw a page' },
} as const satisfies Options;

export interface BenchCall extends Pick<CallOptions, 'onProgress' | 'signal'> {
  /** Works, memory, startup or kernels by name, separated by commas; all unless given. */
  only?: string;
  /** Rounds of all builds in turn; 3 unless given. */
  rounds?: number;
  /** Milliseconds of a build in a round; 60 unless given. */
  ms?: number;
  /** File of a page to draw. */
  html?: string;
  /** The build that others are compared with; simd unless given. */
  build?: Build;
  /** What the page says it was made by. */
  commandLine?: string;
}

export async function bench(options: BenchCall = {}): Promise<BenchResult> {
  const o = checked('bench', BENCH_OPTIONS, options, [...CALL_OPTIONS, 'build', 'commandLine']);
  const { signal, onProgress, build, commandLine = 'curvesae bench' } = options;
  const say = (text: string): void => onProgress?.({ event: 'log', text });
  const names = chosen(o.only);
  const environment = await nodeEnvironment({
    version: VERSION,
    timing: { rounds: o.rounds, milliseconds: o.ms },
    build,
    say,
    signal,
  });
  const result = await runSuite(names, environment, machine());
  if (o.html !== undefined) {
    await nodeStorage(dirname(o.html)).write(basename(o.html), await writeBench(result, commandLine));
    say(`${o.html}: open it in a browser`);
  }
  return result;
}
