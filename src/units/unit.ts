// What a fact is about: a neuron of the tap, or a feature of the autoencoder. One way to write it and one
// to read it.

/** As columns and files are named (docs/formats.md). */
export type Kind = 'neurons' | 'features';
export const KINDS: readonly Kind[] = ['neurons', 'features'];

export interface Unit {
  kind: Kind;
  index: number;
}

/** `f12`; a neuron as `mixed3b_5x5:59` where its tap is given, as `n59` elsewhere. */
export function formatUnit({ kind, index }: Unit, tap?: string): string {
  if (kind === 'features') return `f${index}`;
  return tap === undefined ? `n${index}` : `${tap}:${index}`;
}

/** In sentences: `f12`, `neuron 59`. */
export const unitName = (unit: Unit): string =>
  unit.kind === 'features' ? formatUnit(unit) : `neuron ${unit.index}`;

/**
 * `f12`, `n5`, `mixed3b_5x5:5`, and where `bare` says of which kind, `12`; upper case and space around it
 * do no harm. Undefined for anything else. Whose tap stands before the colon is not looked at
 * (network/taps.ts, parseUnit, knows a description's).
 */
export function parseUnit(text: string, bare?: Kind): Unit | undefined {
  const match = /^(?:(f)|(n)|([^:]+):)?(\d{1,9})$/i.exec(text.trim().slice(0, 100));
  if (!match) return undefined;
  const [, feature, neuron, tap, digits] = match;
  const kind = feature ? 'features' : neuron || tap !== undefined ? 'neurons' : bare;
  return kind && { kind, index: Number(digits) };
}

export const sameUnit = (a: Unit, b: Unit): boolean => a.kind === b.kind && a.index === b.index;

/** What the files of a unit are called, `mixed3b_5x5-59`; undefined: what is written cannot be the name of a file everywhere. */
export function fileStem(unit: string): string | undefined {
  const simple = unit.replace(/:/g, '-');
  return /^[\w-]{1,80}$/.test(simple) && !simple.startsWith('-') ? simple : undefined;
}
