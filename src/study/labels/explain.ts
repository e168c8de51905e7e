// Names from a chat model by the protocol of O'Neill et al. 2024 (after Bills et al. 2023): it reads five documents
// on which the feature fires most and five on which it is silent, all of them open to the naming, and says in a few
// words what sets the first apart; then it is shown three and three of the documents held out, one by one, and says
// from -1 to 1 whether the feature fires. Pearson correlation with {1, 0}, and F1 of what is above 0. Temperature 0.
import type { Rng } from '../../core/random.js';
import type { FeatureLabel } from '../../units/labels.js';
import { type Column, type HeldOut, pearson } from './score.js';

const [SHOWN, SCORED] = [5, 3];
const MOST_TEXT = 2000;
const MOST_LABEL = 120;

/** Documents of one feature, by their numbers. */
export interface Chosen {
  top: number[];
  silent: number[];
  heldTop: number[];
  heldSilent: number[];
}

/** One message to the model, its answer; temperature 0. */
export type Ask = (prompt: string) => Promise<string>;

/** undefined where the feature fires on too few documents, or on almost all. */
export function chooseDocuments(fires: Column, { mask }: HeldOut, rng: Rng): Chosen | undefined {
  const order = Array.from(fires.document, (_, i) => i).sort(
    (a, b) => fires.value[b] - fires.value[a] || a - b,
  );
  const top = (held: number, n: number) =>
    order
      .map((i) => fires.document[i])
      .filter((s) => mask[s] === held)
      .slice(0, n);
  const active = new Set(fires.document);
  const silent = (held: number, n: number) => {
    const out = new Set<number>();
    for (let tries = 0; out.size < n && tries < 1000; tries++) {
      const s = rng.below(mask.length);
      if (mask[s] === held && !active.has(s)) out.add(s);
    }
    return [...out];
  };
  const chosen = {
    ...{ top: top(0, SHOWN), silent: silent(0, SHOWN) },
    ...{ heldTop: top(1, SCORED), heldSilent: silent(1, SCORED) },
  };
  return Object.values(chosen).every((list) => list.length >= 2) ? chosen : undefined;
}

export interface Explained extends Pick<FeatureLabel, 'label' | 'f1' | 'pearson'> {
  /** Of the documents held out: those that fire, then the silent ones. */
  predictions: number[];
  /** Answers without a number, which count as 0. */
  unread: number;
}

export async function explain(
  chosen: Chosen,
  text: (document: number) => string,
  ask: Ask,
): Promise<Explained> {
  const cut = (s: number) => text(s).slice(0, MOST_TEXT);
  const label = labelIn(await ask(explainPrompt(chosen.top.map(cut), chosen.silent.map(cut))));
  const documents = [...chosen.heldTop, ...chosen.heldSilent];
  const truth = documents.map((_, i) => Number(i < chosen.heldTop.length));
  const answers: (number | undefined)[] = [];
  for (const s of documents) answers.push(numberIn(await ask(predictPrompt(label, cut(s)))));
  const predictions = answers.map((a) => a ?? 0);
  const right = predictions.filter((p, i) => p > 0 && truth[i] === 1).length;
  const said = predictions.filter((p) => p > 0).length;
  return {
    label,
    f1: (2 * right) / (said + chosen.heldTop.length),
    pearson: pearson(predictions, truth),
    predictions,
    unread: answers.filter((a) => a === undefined).length,
  };
}

const numbered = (texts: readonly string[]): string => texts.map((t, i) => `[${i + 1}]\n${t}`).join('\n\n');

const explainPrompt = (firing: readonly string[], silent: readonly string[]): string =>
  `A unit of a neural network fires on some documents and not on others. Say what the documents on which it fires have in common that the others lack, as specifically as they allow, in at most eight words. Name the subject itself.

Documents on which it fires most:

${numbered(firing)}

Documents on which it does not fire:

${numbered(silent)}

Think briefly, then end with one line: FINAL: <the name>`;

const predictPrompt = (label: string, document: string): string =>
  `A unit of a neural network fires on documents about: ${label}

Document:

${document}

Does it fire on this document? End with one line: PREDICTION: <a number from -1 (surely not) to 1 (surely)>`;

/** What follows the last FINAL:, or the last line. */
export function labelIn(answer: string): string {
  const lines = answer
    .split('\n')
    .map((l) => l.trim())
    .filter(Boolean);
  const final = lines.filter((l) => /^\W*FINAL\W*:/i.test(l)).at(-1);
  const label = final ? final.replace(/^\W*FINAL\W*:\s*/i, '') : (lines.at(-1) ?? '');
  return label.replace(/^["'*\s]+|["'*.\s]+$/g, '').slice(0, MOST_LABEL);
}

/** The number after the last PREDICTION:, or the only number; cut to [-1, 1]. */
export function numberIn(answer: string): number | undefined {
  const NUMBER = /[-+]?\d*\.?\d+/g;
  const after = /PREDICTION\W*?:\s*\**\s*([-+]?\d*\.?\d+)(?![\s\S]*PREDICTION)/i.exec(answer)?.[1];
  const all = answer.match(NUMBER) ?? [];
  const value = Number(after ?? (all.length === 1 ? all[0] : Number.NaN));
  return Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : undefined;
}
