// Where a circuit begins and ends, and how the grids of two taps lie over each other.
import { UsageError } from '../../core/errors.js';
import { checkReach } from '../../network/load.js';
import { cutAt, tailOf } from '../../network/tail.js';
import { baseOf, rectifiedOf, tapInfo } from '../../network/taps.js';
import type { Model, TapInfo } from '../../network/types.js';

/** Whether everything that `read` is computed from passes `tap`. */
function isPassed(model: Model, tap: string, read: string): boolean {
  try {
    tailOf(model, tap, read);
    return true;
  } catch (error) {
    if (error instanceof UsageError) return false;
    throw error;
  }
}

/** The block that a branch ends in; of another tap, itself. */
const wholeOf = ({ description }: Model, tap: string): string => cutAt(description, tap).input;

/** The nearest earlier tap that ends in a ReLU and that the whole block of `tap` is computed from. UsageError: there is none. */
export function tapBefore(model: Model, tap: string): string {
  const { layers } = model.description;
  const whole = wholeOf(model, tap);
  const end = layers.findIndex(({ out }) => out === tap);
  for (const { out } of layers.slice(0, end).reverse())
    if (rectifiedOf(model.description, out).length && isPassed(model, out, whole)) return out;
  throw new UsageError(`no tap lies before '${tap}': nothing but the picture drives it`);
}

/** The nearest later tap that ends in a ReLU and that everything behind it is computed from; undefined: there is none. */
export function tapAfter(model: Model, tap: string): string | undefined {
  const { description, lastTap } = model;
  const order = description.layers.map(({ out }) => out);
  const begin = order.indexOf(wholeOf(model, tap));
  const last = order.indexOf(lastTap);
  return order
    .slice(begin + 1, last + 1)
    .find(
      (out) =>
        rectifiedOf(description, out).length > 0 &&
        wholeOf(model, out) === out &&
        (out === lastTap || isPassed(model, out, lastTap)) &&
        isPassed(model, tap, out),
    );
}

/** UsageError: `tap` is not computed from `from`, or not from it alone. */
export function checkWay(model: Model, from: string, tap: string): void {
  checkReach(model, baseOf(tap), tap);
  const order = model.description.layers.map(({ out }) => out);
  if (order.indexOf(from) >= order.indexOf(tap))
    throw new UsageError(`'${from}' does not lead to '${tap}'; choose an earlier --from or a later --to`);
  tailOf(model, from, tap);
}

/** The logits of a network that classifies and whose weights reach them. */
export function logitsOf({ description, lastTap }: Model): string | undefined {
  const order = description.layers.map(({ out }) => out);
  const at = order.indexOf('logits');
  return description.classes !== undefined && at >= 0 && at <= order.indexOf(lastTap) ? 'logits' : undefined;
}

/** The square of an earlier tap's positions that a position of a later one is computed from. */
export interface Window {
  side: number;
  /** Row and column of its corner, which may lie outside of the map. */
  corner(position: number): { row: number; column: number };
}

export function windowBetween(from: TapInfo, to: TapInfo): Window {
  const side = Math.ceil((to.field - from.field) / from.stride) + 1;
  const first = (i: number): number =>
    Math.round((to.stride * i + to.centre - from.centre) / from.stride - (side - 1) / 2);
  return {
    side,
    corner(position) {
      const column = position % to.width;
      return { row: first((position - column) / to.width), column: first(column) };
    },
  };
}

/** Geometry of both ends. */
export const windowOf = (model: Model, from: string, tap: string): Window =>
  windowBetween(tapInfo(model.description, from), tapInfo(model.description, tap));

/** The position nearest to the map's middle. */
export const middleOf = ({ height, width }: Pick<TapInfo, 'height' | 'width'>): number =>
  (height >> 1) * width + (width >> 1);
