// Evidence and controls in words, the same wherever they are shown.
import { CRITERION } from './detector.js';
import { EVIDENCE } from './evidence.js';
import type { Control, Controls, Evidence, RandomWeights } from './types.js';

/** By their keys in results. */
export const CONTROL_NAMES: Record<keyof Controls, string> = {
  random: 'random directions, as rare as the features',
  untrained: 'the autoencoder before training',
  pca: 'principal components, both ways round',
  shuffled: 'an autoencoder of shuffled channels',
  randomWeights: 'random directions of the network with random weights',
};

/** Those that were made, by name. */
export const madeControls = (controls: Controls | null | undefined): [string, Control][] =>
  (Object.keys(CONTROL_NAMES) as (keyof Controls)[]).flatMap((key) => {
    const control = controls?.[key];
    return control ? [[`${CONTROL_NAMES[key]}${neuronsText(control)}`, control] as [string, Control]] : [];
  });

/** Of another network, what its own neurons give. */
const neuronsText = (control: Control | RandomWeights): string =>
  'neurons' in control
    ? `, ${control.neurons.detectors} of whose ${control.neurons.of} neurons ${control.neurons.detectors === 1 ? 'is a detector' : 'are detectors'}`
    : '';

export const controlLines = (controls: Controls | null | undefined): string[] =>
  madeControls(controls).map(
    ([name, c]) =>
      `control: ${name} (${c.readOuts}${c.draws > 1 ? `, ${c.draws} draws` : ''}): ${few(c.detectors.mean)} detectors, ${few(c.novel.mean)} that repeat no neuron, ${few(c.agreeing.mean)} of these as photographs say, ${few(c.filledGaps.mean)} gaps filled${c.draws > 1 ? `; p = ${few(c.p)}, ${few(c.pNovel)}, ${few(c.pAgreeing)}, ${few(c.pFilledGaps)}` : ''}`,
  );

/** A whole number, or two digits. */
export const few = (v: number): string => (Number.isInteger(v) ? String(v) : v.toPrecision(2));

/** What the words of evidenceText stand for. */
export const EVIDENCE_TEXT = `Evidence of a feature: positions of photographs that fire it; new, or the neuron that it repeats; the seeds that have it; how far the photographs that fire it run from its orientation; best response to a straight line over that to an arc. Confirmed: it passes all of these (at least ${CRITERION.fires} positions, two thirds of the seeds, at most ${EVIDENCE.naturalDeg}°, below 1); open: it fails none, and something was not measured; refuted: it fails one.`;

/** Why a feature counts, or does not. */
export function evidenceText(e: Evidence): string {
  return [
    `fires ${e.fires} of ${e.vectors}`,
    e.novel ? 'new' : `repeats ${e.nearest.unit} (${e.nearest.orientationDeg.toFixed(0)}°)`,
    ...(e.seeds ? [`seeds ${e.seeds}`] : []),
    ...(e.natural ? [`photographs ${e.natural.errorDeg.toFixed(0)}° off`] : []),
    ...(e.line === null ? [] : [`line/arc ${e.line.toFixed(2)}`]),
    e.standing,
  ].join(', ');
}
