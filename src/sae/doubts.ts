// What a finished run says against itself. It has ended, its numbers are numbers, and still its user
// should look before going on.
import type { Hyperparameters } from './hyperparameters.js';
import type { TrainProgress } from './types.js';

/** Share of dead latents that is told. */
const MOSTLY_DEAD = 0.9;
/** An L0 this many times its target, or that share of it, has missed it. */
const MISSED = 2;

/** Of the last point of the log, each with its remedy. */
export function doubts(h: Hyperparameters, { fvu, l0, dead }: TrainProgress): string[] {
  const out: string[] = [];
  if (fvu > 1)
    out.push(
      `the SAE reconstructs worse than the mean of the vectors would (FVU ${fvu.toPrecision(3)} at the end): ` +
        `train longer, with another --lr${h.l1 === undefined ? '' : ' or a smaller --l1'}`,
    );
  if (dead > MOSTLY_DEAD * h.dSae)
    out.push(
      `${dead} of ${h.dSae} latents are dead at the end: ` +
        (h.l1 === undefined ? 'choose fewer latents' : 'choose a smaller --l1, fewer latents') +
        ', or --resample',
    );
  if (h.penalty === 'quadratic' && h.targetL0 !== undefined) {
    const times = l0 / h.targetL0;
    if (times > MISSED || times < 1 / MISSED)
      out.push(
        `L0 is ${l0.toPrecision(3)} at the end, its target ${h.targetL0}: ` +
          (times > 1
            ? 'train longer, or with a larger --l1 or --threshold'
            : 'choose a smaller --l1 or --threshold'),
      );
  }
  return out;
}
