// Which units of a tap and which features of an SAE a command is asked about.
import { UsageError } from '../core/errors.js';
import { taps } from '../network/taps.js';
import type { Model, TapInfo } from '../network/types.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { formatUnit, parseUnit, type Unit } from '../units/unit.js';
import { unitOfTap } from './checks.js';
import type { OpenedSae } from './open-sae.js';

/** `tap`, or the one that the SAE was trained on. UsageError: it was trained on another tap of this network. */
export function tapOf(
  command: string,
  tap: string | undefined,
  model: Model,
  sae: OpenedSae | undefined,
): string {
  const said = sae?.metadata.hook_name;
  if (tap === undefined) return sae ? sae.tap : DEFAULTS.tap;
  if (typeof said === 'string' && said !== tap && taps(model.description).includes(said))
    throw new UsageError(`${command}: ${sae!.label} was trained on tap ${said}, not ${tap}; leave out --tap`);
  return tap;
}

export interface Chosen extends Unit {
  name: string;
}

/** Those of `units`, all unless given. UsageError: a unit of another tap, a feature that the SAE has not. */
export function chosenUnits(
  command: string,
  units: readonly string[] | undefined,
  model: Model,
  info: TapInfo,
  sae: OpenedSae | undefined,
): Chosen[] {
  const { channels, name: tap } = info;
  const named = (unit: Unit): Chosen => ({ ...unit, name: formatUnit(unit, tap) });
  const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  if (!units)
    return [
      ...count(channels).map((index) => named({ kind: 'neurons', index })),
      ...count(sae?.config.dSae ?? 0).map((index) => named({ kind: 'features', index })),
    ];
  return [...new Set(units)].map((text) => {
    const unit = parseUnit(text);
    if (unit?.kind !== 'features') {
      const { index } = unitOfTap(text, model, info);
      return { kind: 'neurons', index, name: text };
    }
    if (!sae) throw new UsageError(`${command}: '${text}' is a feature of an SAE; give it with --sae`);
    if (unit.index >= sae.config.dSae)
      throw new UsageError(
        `${command}: ${sae.label} has features f0 to f${sae.config.dSae - 1}; '${text}' is none`,
      );
    return named(unit);
  });
}
