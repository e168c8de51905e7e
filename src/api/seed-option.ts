// The seed, a flag of every command: apart from groups.ts, so that the command line starts without the
// tables of the commands and what they name.
import { DEFAULTS } from '../pipeline/defaults.js';
import type { Options } from './options.js';

export const SEED_OPTION = {
  seed: {
    kind: 'integer',
    value: 'N',
    help: 'seed of every random choice',
    min: 0,
    max: 4294967295,
    default: DEFAULTS.seed,
  },
} as const satisfies Options;
