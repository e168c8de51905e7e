// Units as they are written, of a tap and of an SAE that reads it.
import { UsageError } from '../core/errors.js';
import { taps } from '../network/taps.js';
import type { Model, TapInfo } from '../network/types.js';
import { DEFAULTS } from '../pipeline/defaults.js';
import { formatUnit, parseUnit, type Unit } from '../units/unit.js';
import { unitOfTap } from './checks.js';
import type { OpenedSae } from './open-sae.js';

/**
 * `tap`, or the one that the SAE was trained on; undefined without either. UsageError: the SAE was trained on another tap of
 * this network. `flag`: what names the tap.
 */
export function givenTap(
  command: string,
  tap: string | undefined,
  model: Model,
  sae: OpenedSae | undefined,
  flag: string,
): string | undefined {
  if (!sae) return tap;
  if (tap === undefined) return sae.tap;
  const said = sae.metadata.hook_name;
  if (typeof said === 'string' && said !== tap && taps(model.description).includes(said))
    throw new UsageError(
      `${command}: ${sae.label} was trained on tap ${said}, not ${tap}; leave out --${flag}`,
    );
  return tap;
}

/** The same of --tap, with a tap for where neither is given. */
export const tapOf = (
  command: string,
  tap: string | undefined,
  model: Model,
  sae: OpenedSae | undefined,
): string => givenTap(command, tap, model, sae, 'tap') ?? DEFAULTS.tap;

export interface Chosen extends Unit {
  name: string;
}

/** Each once, named as it is written. UsageError: a unit of another tap, a feature that the SAE has not. */
export function chosenUnits(
  command: string,
  units: readonly string[] | string,
  model: Model,
  info: TapInfo,
  sae: Pick<OpenedSae, 'label' | 'config'> | undefined,
): Chosen[] {
  return [...new Set([units].flat())].map((text) => {
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
    return { ...unit, name: formatUnit(unit, info.name) };
  });
}
