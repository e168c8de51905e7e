// What a curve study found, against what chance gives, and what is missing: one sentence, the same words
// in the terminal, the report and the explorer.
import { few } from './control-text.js';
import { EVIDENCE, foundBy } from './evidence.js';
import { fillsOf, type Gap, wideGaps } from './gaps.js';
import { SAMPLES } from './options.js';
import type { Controls, CurveResult, Detector } from './types.js';

/** Of a result that has no evidence. */
export const OLDER = 'This result is older than the evidence that features need: repeat the run to have it.';

export interface VerdictFacts {
  curves: CurveResult;
  /** null: not made. */
  controls: Controls | null;
  /** Of the autoencoder, on vectors that training did not see; null without one. */
  fvu: number | null;
  photographs: number;
  /** Autoencoders that were trained, of one seed each. */
  seeds: number;
  /** Orientations drawn; fewer than 720 were interpolated. */
  orientations: number;
}

export function verdict(facts: VerdictFacts): string {
  const { neurons, features } = facts.curves;
  const gaps = neurons.count ? wideGaps(neurons.detectors) : [];
  const found = neuronText(facts.curves, gaps);
  const parts = features
    ? [found, featureText(facts, gaps), conclusion(facts)]
    : [found, ...(neurons.count && facts.photographs < EVIDENCE.photographs ? [fewText(facts)] : [])];
  const missing = missingText(facts);
  return `${parts.join('; ')}${missing.length ? `; missing: ${missing.join(', ')}` : ''}.`;
}

const deg = (v: number): string => `${v.toFixed(0)}°`;
/** Whole, or as many digits as tell it from the bound that it is above. */
const percent = (fvu: number): string => {
  const bound = (100 * EVIDENCE.fvu).toFixed(0);
  const digits = [0, 1, 2, 3].find((n) => Number((100 * fvu).toFixed(n)) > Number(bound)) ?? 4;
  return (100 * fvu).toFixed(digits);
};

/** Of one detector alone, all the rest of the circle. */
const gapText = ({ fromDeg, toDeg, widthDeg }: Gap): string =>
  widthDeg === 360 ? `all but ${deg(fromDeg)}` : `${deg(fromDeg)} to ${deg(toDeg)}`;

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

const fewText = ({ photographs }: VerdictFacts): string =>
  `${plural(photographs, 'photograph')} ${photographs === 1 ? 'is' : 'are'} too few to tell`;

function neuronText({ neurons }: CurveResult, gaps: readonly Gap[]): string {
  if (!neurons.count) return 'No neuron is a curve detector';
  const who = `${plural(neurons.count, 'neuron')} ${neurons.count === 1 ? 'is a curve detector' : 'are curve detectors'}`;
  if (!gaps.length) return `${who} without a wide gap (largest ${deg(neurons.largestGapDeg)})`;
  return `${who} with ${gaps.length === 1 ? 'a wide gap' : `${gaps.length} wide gaps`} (${gaps.map(gapText).join(', ')})`;
}

const novelOf = ({ features }: CurveResult): Detector[] =>
  features?.detectors.filter((d) => d.evidence?.novel) ?? [];

function featureText({ curves, controls }: VerdictFacts, gaps: readonly Gap[]): string {
  const { features, filledGaps = [] } = curves;
  if (!features?.count) return 'no feature is one';
  const novel = novelOf(curves).length;
  const all = plural(features.count, 'curve feature');
  const fill = filledText(gaps.length, filledGaps.length);
  if (!novel) {
    const repeat =
      features.count === 1 ? `the one curve feature repeats a neuron` : `the ${all} all repeat neurons`;
    return `${repeat}${gaps.length ? `${fillsOf(curves.neurons.detectors, features.detectors).length ? ', those in a gap too' : ''}, so ${fill}` : ''}`;
  }
  const random = controls?.random;
  const chance = random
    ? `, where random directions give ${few(random.novel.mean)} (p = ${few(random.pNovel)})${gaps.length ? ` and fill ${few(random.filledGaps.mean)} (p = ${few(random.pFilledGaps)})` : ''}`
    : '';
  return `${features.count === 1 ? 'the one curve feature' : `${novel} of ${all}`} ${novel === 1 ? 'repeats' : 'repeat'} no neuron${gaps.length ? ` and ${novel === 1 ? fill.replace(/^fill /, 'fills ') : fill}` : ''}${chance}`;
}

function filledText(gaps: number, filled: number): string {
  if (!filled)
    return gaps === 1
      ? 'the gap stays open'
      : gaps === 2
        ? 'both gaps stay open'
        : `all ${gaps} gaps stay open`;
  if (filled < gaps) return `fill ${filled} of ${gaps} gaps`;
  return gaps === 1 ? 'fill it' : gaps === 2 ? 'fill both' : 'fill all of them';
}

function conclusion(facts: VerdictFacts): string {
  const { curves, controls, fvu, photographs } = facts;
  if (fvu !== null && fvu > EVIDENCE.fvu)
    return `but the autoencoder leaves ${percent(fvu)} % of the variance unexplained (at most ${100 * EVIDENCE.fvu} %), so its features explain nothing`;
  if (photographs < EVIDENCE.photographs) return `but ${fewText(facts)}`;
  const novel = novelOf(curves);
  if (!novel.length) return 'the autoencoder shows no curve that no neuron shows';
  if (!controls?.random) return 'whether chance gives as many was not measured';
  const { pNovel, pAgreeing, pFilledGaps, agreeing } = controls.random;
  const own = foundBy(curves).agreeing;
  const fills = (curves.filledGaps ?? []).length > 0 && pFilledGaps <= EVIDENCE.p;
  const many = pNovel <= EVIDENCE.p;
  const agree = own > 0 && pAgreeing <= EVIDENCE.p;
  const said = `photographs agree with ${own} of them${own || agreeing.mean ? `, where they agree with ${few(agreeing.mean)} random ones (p = ${few(pAgreeing)})` : ''}`;
  if (!many && !agree && !fills) return `${said}; that is no more than chance gives`;
  const standing = (s: string): number => novel.filter((d) => d.evidence?.standing === s).length;
  const [confirmed, open] = [standing('confirmed'), standing('open')];
  const more = `${said}; ${
    many || agree ? 'that is more than chance gives' : 'that fills more gaps than chance does'
  }`;
  if (confirmed) return `${more}, and ${confirmed} of them ${confirmed === 1 ? 'passes' : 'pass'} every test`;
  return `${more}, but ${open ? `none has passed every test yet (${open} ${open === 1 ? 'fails' : 'fail'} none)` : 'each of them fails a test'}`;
}

/** What would settle more. */
function missingText(facts: VerdictFacts): string[] {
  const { curves, controls, fvu, photographs, seeds, orientations } = facts;
  const missing: string[] = [];
  if (orientations < SAMPLES)
    missing.push(`orientations (${orientations} of ${SAMPLES}, so that counts are interpolated)`);
  if (photographs < EVIDENCE.photographs && fvu !== null && fvu > EVIDENCE.fvu)
    missing.push(`photographs (${photographs})`);
  if (!curves.features?.count) return missing;
  if (seeds < EVIDENCE.seeds) missing.push(seeds === 1 ? 'other seeds (one only)' : `a third seed`);
  if (!controls?.random) missing.push('controls');
  const novel = novelOf(curves);
  if (novel.length && novel.every((d) => d.evidence?.natural === null))
    missing.push('photographs that training did not see');
  return missing;
}
