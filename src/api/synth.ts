// `synth`: vectors with known features.
import { checkFree, TRUTH_FILE, VECTORS_FILE, writeSynthetic } from '../sae/synth-folder.js';
import { SYNTHETIC_DEFAULTS as DEFAULT, type SyntheticKnobs, synthesize } from '../sae/synthetic.js';
import { CALL_OPTIONS, type CallOptions, open } from './call.js';
import type { OutOption } from './groups.js';
import { checked, type Options } from './options.js';
import type { Platform } from './platform.js';
import { SEED_OPTION } from './seed-option.js';

export const SYNTH_OPTIONS = {
  features: {
    kind: 'integer',
    value: 'N',
    help: 'number of true features',
    min: 1,
    default: DEFAULT.features,
  },
  'd-in': { kind: 'integer', value: 'D', help: 'width of a vector', min: 1, default: DEFAULT.dIn },
  vectors: { kind: 'integer', value: 'N', help: 'number of vectors', min: 1, default: DEFAULT.vectors },
  active: {
    kind: 'number',
    value: 'A',
    help: 'mean number of active features per vector',
    min: 0,
    default: DEFAULT.active,
  },
  zipf: {
    kind: 'number',
    value: 'Z',
    help: 'feature i fires in proportion to i^-Z; 0: all equally often',
    min: 0,
    default: DEFAULT.zipf,
  },
  correlation: {
    kind: 'number',
    value: 'C',
    help: 'correlation of the firing of the features of one group',
    min: 0,
    max: 1,
    default: DEFAULT.correlation,
  },
  group: { kind: 'integer', value: 'G', help: 'features per group', min: 1, default: DEFAULT.group },
  hierarchy: {
    kind: 'number',
    value: 'H',
    help: 'share of features that fire only with their parent',
    min: 0,
    max: 1,
    default: DEFAULT.hierarchy,
  },
  noise: {
    kind: 'number',
    value: 'S',
    help: 'standard deviation of the noise per dimension',
    min: 0,
    default: DEFAULT.noise,
  },
  magnitude: {
    kind: 'number',
    value: 'M',
    help: 'mean magnitude of an active feature',
    min: 0,
    default: DEFAULT.magnitude,
  },
  spread: {
    kind: 'number',
    value: 'V',
    help: 'standard deviation of the magnitude over its mean',
    min: 0,
    default: DEFAULT.spread,
  },
  offset: {
    kind: 'number',
    value: 'B',
    help: 'length of a constant vector added to all',
    min: 0,
    default: DEFAULT.offset,
  },
  out: { kind: 'text', value: 'DIR', help: 'folder of the set', required: true, object: true },
  ...SEED_OPTION,
} as const satisfies Options;

/** Options of synth(): the knobs of the set (docs/synth.md), each with a default, and its folder. */
export interface SynthCall extends Partial<SyntheticKnobs>, OutOption, CallOptions {}

export interface SynthReport {
  /** Folder, file of the vectors [n, d_in], file of the truth. */
  out: string;
  vectors: string;
  truth: string;
  /** Mean number of active features per vector, as drawn. */
  l0: number;
  /** The same set was there already. */
  reused: boolean;
  knobs: SyntheticKnobs;
  sha256: { vectors: string; truth: string };
}

export async function synth(platform: Platform, options: SynthCall): Promise<SynthReport> {
  const { out, ...knobs } = checked('synth', SYNTH_OPTIONS, options, CALL_OPTIONS);
  const call = await open(platform, options);
  const storage = platform.storage(out);
  await checkFree(storage, knobs);
  await platform.ensureFolder(out);
  call.stages.start('synth');
  const set = await synthesize(call.engine.math, knobs, {
    signal: call.signal,
    onProgress: (done, total) => call.stages.update(done, total, 'vectors'),
  });
  const { l0, reused, ...record } = await writeSynthetic(storage, set);
  const folder = storage.label.replace(/\/$/, '');
  return {
    out: storage.label,
    vectors: `${folder}/${VECTORS_FILE}`,
    truth: `${folder}/${TRUTH_FILE}`,
    l0,
    reused,
    knobs: record.knobs,
    sha256: { vectors: record.vectors.sha256, truth: record.truth.sha256 },
  };
}
